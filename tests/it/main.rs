//! Integration tests: one crate, a module per concern.

mod apply;
mod architecture;
mod combinations;
mod components;
mod gallery;
mod init;
mod readme;
mod rules;
mod services;
mod templates;
mod wizard;
