//! What writing would change, and the only code that writes.
//!
//! [`compare`] holds a rendered setup against the disk and the receipt of an earlier run;
//! [`write`](write()) makes the changes, all or none; [`recover`] finishes or undoes a run that was
//! interrupted; [`secrets`] makes the values below `secrets/`.

mod compare;
mod consequences;
mod dotenv;
mod edit;
mod mode;
mod named;
mod place;
mod receipt;
pub mod secrets;
mod settled;
mod tree;
mod write;

pub use compare::{Change, ChangeKind, Choice, Choices, compare};
pub use consequences::consequences;
pub use dotenv::{DotEnv, dotenv};
pub use edit::{decided_edits, edit_change, offered};
pub use named::named_secrets;
pub use receipt::{Receipt, digest, read_receipt};
pub use settled::{SETTLED_FILE, read as read_settled, read_decisions, settled_change};
pub use tree::{replace_tree, write_tree};
pub use write::{Recovered, Stop, recover, write};
