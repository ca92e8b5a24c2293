//! What can be known of a component, each fact with its evidence. Only types and how they read;
//! detectors in [`crate::detect`] fill them.

mod component;
mod evidence;
mod migration;
mod next;
mod setting;
mod stack;
mod values;
mod workspace;
mod written;

pub use component::{Among, BackingService, Component, FactView, Place, Probe};
pub use evidence::{Confidence, Evidence, Found, Warning};
pub use migration::{Migration, MigrationPlace, MigrationTool, MigrationValue, ToolSource};
pub use next::{Edit, Next};
pub use setting::{BuildStep, Fill, Part, Reads, Setting, SettingKind};
pub use stack::{Cgo, FastApi, Go, Node, OwnPackage, Packages, Private, Python, Runtime, Stack, Stamp};
pub use values::{Argv, EnvName, HttpPath, ImageRef, Line, Name, Port, ValueError};
pub use workspace::{Needed, Workspace};
pub use written::{DATA, Holding, Written};
