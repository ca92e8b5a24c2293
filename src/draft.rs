//! (project, catalog, decisions) to a [`Draft`]: everything a run would do. Made again after
//! every decision; pure but for bounded reads, and takes milliseconds.
