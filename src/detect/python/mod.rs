//! Facts of Python projects.

mod app;
mod apps;
mod known;
mod models;
mod reads;
mod resolve;
mod script;
mod sources;
