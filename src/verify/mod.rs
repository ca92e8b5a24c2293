//! Builds and runs a setup on the user's engine, and reports one row per check.
