//! What next.config says, read without running it.

use super::super::Context;
use super::super::node::manifest::Manifest;
use super::super::node::script::{self, Exported, Said, Script};
use crate::facts::{EnvName, Evidence, Line};
use crate::paths::RelPath;
use crate::project::Source;

/// In the order in which Next.js looks for them.
const FILES: &[&str] = &["next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs", "next.config.mts"];
const TRACING_ROOT: &str = "outputFileTracingRoot";
const KEYS: &[&str] = &["output", "distDir", "basePath", TRACING_ROOT];
const STANDALONE: &str = "standalone";
const DIST: &str = ".next";

/// The configuration of one app.
pub struct Config {
    /// Relative to the component.
    pub file: Option<RelPath>,
    /// Where there is a file: how it shows in evidence.
    source: Option<std::rc::Rc<Source>>,
    exported: Exported,
    /// Packages that it imports.
    imports: Vec<String>,
    /// The file does not parse.
    unreadable: bool,
}

impl Config {
    pub fn read(context: &Context<'_>, path: &RelPath) -> Self {
        let found = FILES.iter().find_map(|name| {
            let source = context.project.read(&path.join(name).ok()?)?;
            Some((RelPath::new(name).ok()?, source))
        });
        let Some((file, source)) = found else {
            return Config {
                file: None,
                source: None,
                exported: Exported::default(),
                imports: Vec::new(),
                unreadable: false,
            };
        };
        let exported = script::exported(&source, KEYS, &[STANDALONE]);
        let imports = Script::parse(&source).map(|script| script.imports).unwrap_or_default();
        let imports = imports.into_iter().map(|import| import.specifier).collect();
        let unreadable = exported.is_none();
        Config { file: Some(file), source: Some(source), exported: exported.unwrap_or_default(), imports, unreadable }
    }

    fn said(&self, key: &str) -> Said {
        match (&self.source, self.exported.said.get(key)) {
            (None, _) => Said::NotSet,
            (Some(_), Some(said)) => said.clone(),
            (Some(_), None) => Said::Unclear(1),
        }
    }

    fn at(&self, line: u32, because: &str) -> Evidence {
        match &self.source {
            Some(source) => script::evidence(source, line, because),
            None => Evidence::none("no next.config"),
        }
    }

    /// Whether it builds a folder of static pages, and where it says so.
    pub fn exports(&self) -> Option<Evidence> {
        match self.said("output") {
            Said::Is(output, line) if output == "export" => Some(self.at(line, "output: 'export'")),
            _ => None,
        }
    }

    /// `output: 'standalone'`: `Ok` where it is known, with the reason; `Err` where it is not.
    pub fn standalone(&self) -> Result<(bool, Evidence), Evidence> {
        if self.unreadable {
            return Err(self.at(1, "cannot be read as JavaScript or TypeScript"));
        }
        match self.said("output") {
            Said::Is(output, line) if output == STANDALONE => Ok((true, self.at(line, "output: 'standalone'"))),
            Said::Is(_, line) => Ok((false, self.at(line, "another output"))),
            Said::NotSet => match (self.standalone_with(), &self.source) {
                (Some((variable, line)), _) => {
                    Ok((true, self.at(line, &format!("standalone where {}={}", variable.0, variable.1))))
                }
                (None, Some(source)) => Ok((false, Evidence::file(source.path(), "no `output: 'standalone'`"))),
                (None, None) => Ok((false, Evidence::none("no next.config"))),
            },
            Said::Unclear(line) => Err(self.at(line, "only running it tells its output")),
        }
    }

    /// A name of the environment that makes it standalone.
    fn standalone_with(&self) -> Option<(&script::Variable, u32)> {
        self.exported.with.iter().find_map(|(variable, said)| match said.get("output") {
            Some(Said::Is(output, line)) if output == STANDALONE => Some((variable, *line)),
            _ => None,
        })
    }

    /// What to set while building, so that it is standalone.
    pub fn variable(&self) -> Option<(EnvName, Line)> {
        if self.said("output") != Said::NotSet {
            return None;
        }
        let ((name, value), _) = self.standalone_with()?;
        Some((EnvName::new(name).ok()?, Line::new(value).ok()?))
    }

    /// `distDir`, where it is a plain folder of the component's.
    pub fn dist(&self) -> RelPath {
        let said = match self.said("distDir") {
            Said::Is(dist, _) => RelPath::new(dist.trim_start_matches("./")).ok().filter(|dist| !dist.is_root()),
            _ => None,
        };
        said.unwrap_or_else(|| RelPath::new(DIST).expect("a relative path"))
    }

    /// Whether `outputFileTracingRoot` is a folder above the app's, directly or by a name of the
    /// same file: a monorepo's root, which an app on its own has not.
    pub fn traced_from_above(&self) -> Option<Evidence> {
        let source = self.source.as_ref()?;
        let after = |line: &str, word: &str| {
            let rest = line.split("//").next()?.split_once(word)?.1;
            Some(rest.trim_start().trim_start_matches([':', '=']).trim().trim_end_matches(',').to_owned())
        };
        let mut lines = source.lines();
        let (at, value) = lines.find_map(|(at, line)| Some((at, after(line, "outputFileTracingRoot")?)))?;
        let is_name = !value.is_empty() && value.chars().all(|c| c.is_alphanumeric() || c == '_');
        let value = match is_name {
            true => source.lines().find_map(|(_, line)| after(line, &format!("const {value} "))).unwrap_or(value),
            false => value,
        };
        value.contains("..").then(|| self.at(at, "files are traced from above the app"))
    }

    /// Whether standalone output begins at the app's own folder although it is a member of a
    /// workspace, at whose root it begins otherwise: `outputFileTracingRoot: __dirname`.
    pub fn traces_own_folder(&self) -> bool {
        let (Said::Is(_, line) | Said::Unclear(line)) = self.said(TRACING_ROOT) else { return false };
        let text = self.source.as_ref().map(|source| source.line(line).to_owned()).unwrap_or_default();
        text.contains(TRACING_ROOT) && !text.contains("..") && ["dirname", "cwd()"].iter().any(|own| text.contains(own))
    }

    /// What stands before every path: `/docs`, or nothing.
    pub fn base_path(&self) -> Option<String> {
        match self.said("basePath") {
            Said::Is(base, _) => Some(base.trim_end_matches('/').to_owned()),
            Said::NotSet => Some(String::new()),
            Said::Unclear(_) => None,
        }
    }

    /// Whether reading it takes what production lacks: the compiler of TypeScript before 16, plugins
    /// that are packages of development, files beside it.
    pub fn needs_build(&self, manifest: &Manifest, major: Option<u64>) -> bool {
        let Some(file) = &self.file else { return false };
        let is_typescript = matches!(file.extension(), Some("ts" | "mts")) && major.is_some_and(|major| major < 16);
        let lacks = |specifier: &String| {
            let parts = if specifier.starts_with('@') { 2 } else { 1 };
            let package = specifier.splitn(parts + 1, '/').take(parts).collect::<Vec<_>>().join("/");
            specifier.starts_with('.') || (manifest.dependency(&package).is_none() && !is_built_in(specifier))
        };
        is_typescript || self.imports.iter().any(lacks)
    }

    /// The whole text with `output: 'standalone'`, where it can be put in for sure.
    pub fn edited(&self) -> Option<(RelPath, String)> {
        let line = "output: 'standalone',";
        let (Some(file), Some(source)) = (&self.file, &self.source) else {
            let text = format!("/** @type {{import('next').NextConfig}} */\nexport default {{\n  {line}\n}};\n");
            return Some((RelPath::new("next.config.mjs").ok()?, text));
        };
        let at = self.exported.object.filter(|_| self.said("output") == Said::NotSet)?;
        let (before, after) = (source.text().get(..at)?, source.text().get(at..)?);
        let rest = after.trim_start_matches([' ', '\t']);
        let text = if rest.starts_with(['\n', '\r']) {
            // as its neighbours are indented
            let next = rest.lines().nth(1).unwrap_or("");
            let indent: String = next.chars().take_while(|c| c.is_whitespace()).collect();
            let indent = if next.trim().starts_with('}') || indent.is_empty() { format!("{indent}  ") } else { indent };
            format!("{before}\n{indent}{line}{after}")
        } else if rest.starts_with('}') {
            format!("{before} output: 'standalone' {rest}")
        } else {
            format!("{before} {line} {rest}")
        };
        Some((file.clone(), text))
    }
}

fn is_built_in(specifier: &str) -> bool {
    specifier.starts_with("node:")
        || ["path", "fs", "url", "module", "os", "crypto", "child_process", "util", "process", "fs/promises"]
            .contains(&specifier)
        || specifier == "next"
        || specifier.starts_with("next/")
}

#[cfg(test)]
mod tests;
