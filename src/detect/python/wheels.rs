//! For which versions of Python the locked packages are ready: wheels of a lockfile, by their names.

use std::collections::{BTreeMap, BTreeSet};

/// What the wheels of one package fit.
#[derive(Debug, Default)]
struct Fits {
    /// Some wheel fits every Python 3.
    all: bool,
    /// `abi3`: this minor version and newer ones.
    from: Option<u32>,
    exactly: BTreeSet<u32>,
}

/// The packages of a lockfile that have wheels for Linux, with the versions that those fit.
#[derive(Debug, Default)]
pub struct Wheels {
    packages: BTreeMap<String, Fits>,
}

impl Wheels {
    /// Reads any text that names wheels: uv.lock, poetry.lock, pdm.lock.
    pub fn read(text: &str) -> Self {
        let mut wheels = Wheels::default();
        for (end, _) in text.match_indices(".whl\"") {
            let start = text[..end].rfind(['"', '/']).map_or(0, |at| at + 1);
            wheels.add(&text[start..end]);
        }
        wheels
    }

    /// `asyncpg-0.31.0-cp314-cp314-manylinux_2_28_x86_64`
    fn add(&mut self, name: &str) {
        let mut parts = name.rsplitn(4, '-');
        let (Some(platform), Some(abi), Some(tags), Some(rest)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let fits_linux = platform == "any" || (platform.contains("manylinux") && platform.contains("x86_64"));
        if !fits_linux {
            return;
        }
        let package = rest.split('-').next().unwrap_or(rest).to_ascii_lowercase();
        let fits = self.packages.entry(package).or_default();
        for tag in tags.split('.') {
            let minor = tag.strip_prefix("cp3").and_then(|minor| minor.parse().ok());
            match (tag, minor) {
                (_, Some(minor)) if abi.split('.').any(|abi| abi == "abi3") => {
                    fits.from = Some(fits.from.map_or(minor, |known: u32| known.min(minor)));
                }
                (_, Some(minor)) if abi != "none" => {
                    fits.exactly.insert(minor);
                }
                (tag, _) if tag.starts_with("py3") || tag.starts_with("cp3") => fits.all = true,
                _ => {}
            }
        }
    }

    /// The first package that has wheels, and none for this minor version of Python 3.
    pub fn lacking(&self, minor: u32) -> Option<&str> {
        let fits =
            |fits: &Fits| fits.all || fits.exactly.contains(&minor) || fits.from.is_some_and(|from| from <= minor);
        self.packages.iter().find(|(_, package)| !fits(package)).map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_without_a_wheel_is_named() {
        let lock = r#"
            {file = "asyncpg-0.29.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", hash = ""},
            {file = "asyncpg-0.29.0-cp312-cp312-win_amd64.whl", hash = ""},
            { url = "https://host/x/cryptography-44.0-cp39-abi3-manylinux_2_28_x86_64.whl", hash = "" },
            { url = "https://host/x/fastapi-1.0-py3-none-any.whl" },
            { url = "https://host/x/pywin32-306-cp312-cp312-win_amd64.whl" },
            { url = "https://host/x/uv-1-py3-none-manylinux_2_28_x86_64.whl" },
        "#;
        let wheels = Wheels::read(lock);
        assert_eq!(wheels.lacking(12), None);
        assert_eq!(wheels.lacking(14), Some("asyncpg"));
        assert_eq!(Wheels::read("").lacking(14), None);
    }
}
