//! dockwright reads an existing project and gives it hardened container files; then it proves them.
//!
//! The library decides and never asks, prints or parses arguments; `cli/` (declared by `main.rs`
//! alone) does only that. Modules import downwards, in the order they are listed here:
//!
//! - [`paths`]: a relative path that cannot leave its root
//! - [`child`]: a program that is started, read and ended with all it started
//! - [`project`]: a read-only, bounded view of the user's folder
//! - [`facts`]: what can be known of a component, each fact with its evidence
//! - [`presets`]: curated choices as TOML: policies, runtimes, package managers, backing services
//! - [`decisions`]: what a person, a flag or a file settled, and in which order they count
//! - [`detect`]: a file per question about the project
//! - [`catalog`]: templates from the binary, a folder or git, and the check each must pass; the only
//!   code that runs git
//! - [`setup`]: the container files as a model, rendered or found
//! - [`render`]: components and template to a setup
//! - [`audit`]: rules over a setup, and what they find
//! - [`apply`]: what writing would change, and the only code that writes
//! - [`draft`]: (project, catalog, decisions) to everything a run would do; read this first
//! - [`verify`]: builds and runs a setup on the user's engine; the only code that runs containers

pub mod apply;
pub mod audit;
pub mod catalog;
pub mod child;
pub mod decisions;
pub mod detect;
pub mod draft;
pub mod facts;
pub mod paths;
pub mod presets;
pub mod project;
pub mod render;
pub mod setup;
pub mod verify;
