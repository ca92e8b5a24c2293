//! Facts of Python projects.

mod app;
mod apps;
mod hints;
mod known;
mod listen;
mod models;
mod reads;
mod resolve;
mod script;
mod sources;
