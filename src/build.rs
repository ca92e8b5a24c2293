//! Makes cargo notice new files in the folders that are embedded into the binary.

fn main() {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=presets");
}
