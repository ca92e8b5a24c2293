//! Integration tests: one crate, a module per concern.

mod apply;
mod architecture;
mod combinations;
mod init;
mod rules;
mod templates;
mod wizard;
