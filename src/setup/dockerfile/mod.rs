//! A Dockerfile as stages of instructions with line numbers, as BuildKit reads it.
//!
//! Two steps: [`lines`] joins continuations and takes here-documents, [`parse`] reads the
//! instructions. What cannot be read becomes a [`ParseError`] and the next instruction goes on.

mod lines;
mod parse;
mod words;

use std::collections::BTreeMap;

use super::ParseError;
pub use words::substitute;

/// What a Dockerfile says. Reading one never fails: see `errors`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dockerfile {
    pub stages: Vec<Stage>,
    /// ARG before the first FROM, with their defaults.
    pub arguments: Vec<Pair>,
    pub errors: Vec<ParseError>,
}

/// FROM and what follows up to the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    pub line: u32,
    /// An image, or an earlier stage's name, with the defaults of ARG filled in.
    pub base: String,
    pub platform: Option<String>,
    /// Lowercase, as BuildKit compares names.
    pub name: Option<String>,
    pub instructions: Vec<Instruction>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// The line it begins on, from 1.
    pub line: u32,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Run(Run),
    Cmd(Command),
    Entrypoint(Command),
    Copy(Copy),
    Add(Copy),
    Env(Vec<Pair>),
    Arg(Vec<Pair>),
    Label(Vec<Pair>),
    User(String),
    Workdir(String),
    Expose(Vec<String>),
    /// `None`: HEALTHCHECK NONE.
    Healthcheck(Option<Healthcheck>),
    Shell(Vec<String>),
    StopSignal(String),
    Volume(Vec<String>),
    Onbuild(Box<Instruction>),
    Maintainer(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub flags: Vec<Flag>,
    /// Continuation lines joined; without flags and here-documents.
    pub command: Command,
    pub heredocs: Vec<Heredoc>,
    /// Where in a shell form's text each physical line begins, and its number.
    starts: Vec<(usize, u32)>,
}

/// `["a", "b"]` or a text for the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Exec(Vec<String>),
    Shell(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    pub flags: Vec<Flag>,
    pub sources: Vec<String>,
    pub to: String,
    pub heredocs: Vec<Heredoc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Healthcheck {
    pub options: Vec<Flag>,
    pub command: Command,
}

/// `--mount=type=cache,target=/x` is `mount` with the rest as its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    pub name: String,
    pub value: String,
}

/// A name of ENV, ARG or LABEL with its value, quotes taken off; only ARG may have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub name: String,
    pub value: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    pub name: String,
    /// `<<-`: tabs at the beginning of lines are dropped.
    pub tabs: bool,
    /// The name was quoted: variables stay as they are.
    pub quoted: bool,
    pub body: String,
    /// The line its body begins on, from 1.
    pub line: u32,
}

impl Heredoc {
    fn strip<'a>(&self, line: &'a str) -> &'a str {
        if self.tabs { line.trim_start_matches('\t') } else { line }
    }
}

impl Dockerfile {
    pub fn parse(text: &str) -> Self {
        parse::parse(text)
    }

    /// What `docker build` without `--target` gives.
    pub fn final_stage(&self) -> Option<&Stage> {
        self.stages.last()
    }

    /// A stage by its name, the last one of that name.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        let name = name.to_ascii_lowercase();
        self.stages.iter().rev().find(|stage| stage.name.as_deref() == Some(&name))
    }

    /// The stage a FROM or `--from=` of `stage` names, which is always an earlier one.
    pub fn earlier(&self, stage: &Stage, name: &str) -> Option<&Stage> {
        let before = self.stages.iter().position(|other| other.line == stage.line)?;
        let name = name.to_ascii_lowercase();
        let named = self.stages[..before].iter().rev().find(|other| other.name.as_deref() == Some(&name));
        named.or_else(|| name.parse().ok().and_then(|at: usize| self.stages[..before].get(at)))
    }

    /// The stage and those it is built FROM, nearest first; the last one's base is an image.
    pub fn chain<'a>(&'a self, stage: &'a Stage) -> Vec<&'a Stage> {
        let mut chain = vec![stage];
        while let Some(base) = chain.last().and_then(|stage| self.earlier(stage, &stage.base)) {
            chain.push(base);
        }
        chain
    }

    /// The instructions that make the stage's image, base stages first.
    pub fn inherited<'a>(&'a self, stage: &'a Stage) -> impl DoubleEndedIterator<Item = &'a Instruction> {
        self.chain(stage).into_iter().rev().flat_map(|stage| &stage.instructions)
    }

    /// The image the stage stands on in the end.
    pub fn image<'a>(&'a self, stage: &'a Stage) -> &'a str {
        self.chain(stage).last().map_or(stage.base.as_str(), |last| last.base.as_str())
    }

    /// The last USER that holds in the stage, its own or a base stage's.
    pub fn user<'a>(&'a self, stage: &'a Stage) -> Option<(&'a str, u32)> {
        self.inherited(stage).rev().find_map(|instruction| match &instruction.kind {
            Kind::User(user) => Some((user.as_str(), instruction.line)),
            _ => None,
        })
    }

    /// The last HEALTHCHECK that holds in the stage; NONE counts as none.
    pub fn healthcheck<'a>(&'a self, stage: &'a Stage) -> Option<&'a Healthcheck> {
        let last = self.inherited(stage).rev().find_map(|instruction| match &instruction.kind {
            Kind::Healthcheck(check) => Some(check.as_ref()),
            _ => None,
        });
        last.flatten()
    }

    /// The ENTRYPOINT that holds in the stage.
    pub fn entrypoint<'a>(&'a self, stage: &'a Stage) -> Option<&'a Command> {
        self.inherited(stage).rev().find_map(|instruction| match &instruction.kind {
            Kind::Entrypoint(command) => Some(command),
            _ => None,
        })
    }

    /// Values of ENV that hold at the stage's end.
    pub fn environment<'a>(&'a self, stage: &'a Stage) -> BTreeMap<&'a str, &'a str> {
        let mut values = BTreeMap::new();
        for instruction in self.inherited(stage) {
            if let Kind::Env(pairs) = &instruction.kind {
                values.extend(pairs.iter().filter_map(|pair| Some((pair.name.as_str(), pair.value.as_deref()?))));
            }
        }
        values
    }
}

impl Stage {
    pub fn runs(&self) -> impl Iterator<Item = (u32, &Run)> {
        self.instructions.iter().filter_map(|instruction| match &instruction.kind {
            Kind::Run(run) => Some((instruction.line, run)),
            _ => None,
        })
    }

    /// COPY and ADD.
    pub fn copies(&self) -> impl Iterator<Item = (u32, &Copy)> {
        self.instructions.iter().filter_map(|instruction| match &instruction.kind {
            Kind::Copy(copy) | Kind::Add(copy) => Some((instruction.line, copy)),
            _ => None,
        })
    }

    /// The COPY or ADD from the build context.
    pub fn context_copies(&self) -> impl Iterator<Item = (u32, &Copy)> {
        self.copies().filter(|(_, copy)| copy.flag("from").is_none())
    }
}

fn is_shell(program: &str) -> bool {
    ["sh", "bash", "ash"].contains(&program.rsplit('/').next().unwrap_or_default())
}

impl Run {
    /// What a shell runs, each script as its physical lines with their numbers: the command, and
    /// a here-document that is a script itself or is fed to a shell. Line ends stay in the
    /// latter, while the lines of a command belong together.
    pub fn scripts(&self) -> Vec<Vec<(u32, String)>> {
        let mut scripts = Vec::new();
        let mut feeds_shell = false;
        match &self.command {
            Command::Exec(words) => {
                let text = match words.as_slice() {
                    [program, flag, script, ..]
                        if is_shell(program) && flag.starts_with('-') && flag.ends_with('c') =>
                    {
                        script.clone()
                    }
                    words => words.join(" "),
                };
                scripts.push(vec![(self.starts.first().map_or(1, |(_, line)| *line), text)]);
            }
            Command::Shell(text) => {
                let first = text.split_whitespace().next().unwrap_or_default();
                feeds_shell = first.starts_with("<<") || is_shell(first);
                let ends = self.starts.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
                let parts = self.starts.iter().zip(ends);
                scripts.push(
                    parts.filter_map(|((from, line), to)| Some((*line, text.get(*from..to)?.to_owned()))).collect(),
                );
            }
        }
        for heredoc in self.heredocs.iter().filter(|_| feeds_shell) {
            let lines = heredoc.body.split_inclusive('\n').zip(heredoc.line..);
            scripts.push(lines.map(|(text, line)| (line, text.to_owned())).collect());
        }
        scripts
    }

    /// The command and the here-documents as one text.
    pub fn text(&self) -> String {
        let mut text = match &self.command {
            Command::Exec(words) => words.join(" "),
            Command::Shell(text) => text.clone(),
        };
        for heredoc in &self.heredocs {
            text.push('\n');
            text.push_str(&heredoc.body);
        }
        text
    }

    /// The values of `--mount=`, each as its `key=value` fields.
    pub fn mounts(&self) -> impl Iterator<Item = BTreeMap<&str, &str>> {
        self.flags
            .iter()
            .filter(|flag| flag.name == "mount")
            .map(|flag| flag.value.split(',').map(|field| field.split_once('=').unwrap_or((field, ""))).collect())
    }
}

impl Copy {
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().find(|flag| flag.name == name).map(|flag| flag.value.as_str())
    }
}

#[cfg(test)]
mod tests;
