//! dockwright on a real engine: real apps that know nothing of it are set up, built, run and looked at.
//!
//! Not part of `cargo test`, which needs only Rust. Run by name: `cargo test --test engine`. Without
//! an engine that answers every test fails; none is skipped. Each scenario works on a copy of an app
//! in a temporary folder, under a compose project of its own, and removes what it started.

mod apps;
mod bake;
mod clones;
mod context;
mod data;
mod development;
mod engine;
mod failures;
mod frameworks;
mod leaks;
mod migrations;
mod next;
mod proofs;
mod readme;
mod reproducible;
