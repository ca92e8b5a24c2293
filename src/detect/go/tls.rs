//! Client libraries that refuse a server without TLS unless they are told.

use super::super::Context;
use super::super::settings::Read;
use super::program::Program;
use crate::facts::{EnvName, Part};

/// Names that say it where neither an address nor another name of the program does.
pub fn told(context: &Context<'_>, program: &Program<'_>, reads: &[Read]) -> Vec<Read> {
    let presets =
        context.presets.services.values().filter_map(|preset| Some((preset, preset.insists_on_tls.as_ref()?)));
    let told = presets.filter_map(|(preset, insists)| {
        let file = program.files.iter().find(|file| file.imports_from(&insists.go).is_some())?;
        let import = file.imports_from(&insists.go)?;
        let names = |part: Part| preset.names.get(&part).into_iter().flatten();
        let mut saying = names(Part::Url).chain(names(Part::Tls));
        if saying.any(|name| reads.iter().any(|read| read.name.as_str() == name)) {
            return None;
        }
        let evidence = file.evidence(import.line, format!("`{}` insists on TLS otherwise", insists.go));
        Some(Read { name: EnvName::new(&insists.name).ok()?, evidence, default: None, required: false, holds: None })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    fn names(code: &str) -> Vec<String> {
        let main =
            format!("package main\n\nimport (\n\"os\"\n_ \"github.com/lib/pq\"\n)\n\nfunc main() {{ {code} }}\n");
        let go_mod = "module a\nrequire github.com/lib/pq v1.12.3\n";
        let settings = &project(&[("go.mod", go_mod), ("main.go", &main)]).detect().unwrap().components[0].settings;
        settings.iter().map(|setting| setting.name.to_string()).collect()
    }

    #[test]
    fn parts_of_an_address_need_pgsslmode_and_a_whole_one_says_it() {
        assert_eq!(names("os.Getenv(\"DB_HOST\")"), ["DB_HOST", "PGSSLMODE"]);
        assert_eq!(names("os.Getenv(\"DATABASE_URL\")"), ["DATABASE_URL"]);
        assert_eq!(names("os.Getenv(\"DB_HOST\"); os.Getenv(\"DB_SSL_MODE\")"), ["DB_HOST", "DB_SSL_MODE"]);
        let usual = ["DATABASE_URL", "PGDATABASE", "PGHOST", "PGPASSWORD", "PGSSLMODE", "PGUSER"];
        assert_eq!(names(""), usual);
    }
}
