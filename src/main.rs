//! An exit code; everything else is in the library and in `cli/`.

fn main() {}
