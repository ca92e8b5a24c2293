//! Integration tests: one crate, a module per concern.

mod apply;
mod architecture;
mod combinations;
mod templates;
