//! Facts of Python projects.

mod app;
mod apps;
mod resolve;
mod script;
mod sources;
