//! Integration tests: one crate, a module per concern.

mod architecture;
mod combinations;
mod templates;
