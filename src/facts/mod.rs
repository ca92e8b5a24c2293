//! What can be known of a component, each fact with its evidence. Only types and how they read;
//! detectors in [`crate::detect`] fill them.

mod component;
mod evidence;
mod setting;
mod values;

pub use component::{
    BackingService, Component, FactView, FastApi, Go, Next, Node, Packages, Place, Probe, Runtime, Stack,
};
pub use evidence::{Confidence, Evidence, Found, Warning};
pub use setting::{Fill, Part, Reads, Setting, SettingKind};
pub use values::{Argv, EnvName, HttpPath, ImageRef, Line, Name, Port, ValueError};
