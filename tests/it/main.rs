//! Integration tests: one crate, a module per concern.

mod apply;
mod architecture;
mod authors;
mod combinations;
mod components;
mod gallery;
mod hostile;
mod init;
mod pulls;
mod readme;
mod repositories;
mod robust;
mod rules;
mod services;
mod templates;
mod truth;
mod wizard;
