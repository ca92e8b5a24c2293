//! What can be known of a component, each fact with its evidence. Only types and how they read;
//! detectors in [`crate::detect`] fill them.

mod component;
mod evidence;
mod setting;
mod stack;
mod values;

pub use component::{BackingService, Component, FactView, Place, Probe};
pub use evidence::{Confidence, Evidence, Found, Warning};
pub use setting::{Fill, Part, Reads, Setting, SettingKind};
pub use stack::{Cgo, FastApi, Go, Next, Node, Packages, Python, Runtime, Stack};
pub use values::{Argv, EnvName, HttpPath, ImageRef, Line, Name, Port, ValueError};
