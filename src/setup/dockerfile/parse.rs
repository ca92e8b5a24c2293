//! From logical lines to instructions and stages.

use super::lines::{self, Logical};
use super::words::{self, command, list, list_or_words, pairs};
use super::{Command, Copy, Dockerfile, Healthcheck, Instruction, Kind, Pair, Run, Stage};
use crate::setup::ParseError;

pub(super) fn parse(text: &str) -> Dockerfile {
    let (lines, errors) = lines::split(text);
    let mut file = Dockerfile { errors, ..Dockerfile::default() };
    for logical in lines {
        let line = logical.line();
        if let Err(what) = take(&mut file, &logical) {
            file.errors.push(ParseError { line, what });
        }
    }
    if file.stages.is_empty() {
        file.errors.push(ParseError { line: 1, what: "there is no FROM".to_owned() });
    }
    file.errors.sort_by_key(|error| error.line);
    file
}

fn take(file: &mut Dockerfile, logical: &Logical) -> Result<(), String> {
    let (keyword, from) = keyword(&logical.text);
    let rest = &logical.text[from..];
    if keyword == "FROM" {
        file.stages.push(stage(logical.line(), rest, &file.arguments)?);
        return Ok(());
    }
    let kind = instruction(&keyword, rest, from, logical).map_err(|what| format!("{keyword}: {what}"))?;
    match (file.stages.last_mut(), kind) {
        (None, Kind::Arg(pairs)) => {
            // a default may name an earlier argument
            for Pair { name, value } in pairs {
                let value = value.map(|value| words::substitute(&value, &|name| known(&file.arguments, name)));
                file.arguments.push(Pair { name, value });
            }
        }
        (None, _) => return Err(format!("{keyword} stands before the first FROM")),
        (Some(stage), kind) => stage.instructions.push(Instruction { line: logical.line(), kind }),
    }
    Ok(())
}

/// The first word in capitals, and where what follows begins.
fn keyword(text: &str) -> (String, usize) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let from = text.len() - text[end..].trim_start().len();
    (text[..end].to_ascii_uppercase(), from)
}

/// The default of an argument, the last one given.
fn known<'a>(arguments: &'a [Pair], name: &str) -> Option<&'a str> {
    arguments.iter().rev().find(|pair| pair.name == name)?.value.as_deref()
}

fn stage(line: u32, text: &str, arguments: &[Pair]) -> Result<Stage, String> {
    let (flags, at) = words::flags(text);
    let parts: Vec<&str> = text[at..].split_whitespace().collect();
    let (base, name) = match parts.as_slice() {
        [base] => (*base, None),
        [base, word, name] if word.eq_ignore_ascii_case("as") => (*base, Some(name.to_ascii_lowercase())),
        _ => return Err("FROM: expected `FROM image` or `FROM image AS name`".to_owned()),
    };
    let value = |name: &str| known(arguments, name);
    Ok(Stage {
        line,
        base: words::substitute(base.trim_matches(['"', '\'']), &value),
        platform: flags.into_iter().find(|flag| flag.name == "platform").map(|flag| flag.value),
        name,
        instructions: Vec::new(),
    })
}

/// `from` is where `text` begins in the logical line.
fn instruction(keyword: &str, text: &str, from: usize, logical: &Logical) -> Result<Kind, String> {
    let needed = |text: &str| if text.is_empty() { Err("nothing follows it".to_owned()) } else { Ok(text.to_owned()) };
    Ok(match keyword {
        "RUN" => Kind::Run(run(text, from, logical)?),
        "CMD" => Kind::Cmd(command(&needed(text)?)),
        "ENTRYPOINT" => Kind::Entrypoint(command(&needed(text)?)),
        "COPY" => Kind::Copy(copy(text, logical)?),
        "ADD" => Kind::Add(copy(text, logical)?),
        "ENV" => Kind::Env(pairs(text, true)?),
        "LABEL" => Kind::Label(pairs(text, true)?),
        "ARG" => Kind::Arg(pairs(text, false)?),
        "USER" => Kind::User(needed(text)?),
        "WORKDIR" => Kind::Workdir(needed(text)?),
        "EXPOSE" => Kind::Expose(needed(text)?.split_whitespace().map(str::to_owned).collect()),
        "HEALTHCHECK" => Kind::Healthcheck(healthcheck(text)?),
        "SHELL" => Kind::Shell(list(text).ok_or("expected a JSON list")?),
        "STOPSIGNAL" => Kind::StopSignal(needed(text)?),
        "VOLUME" => Kind::Volume(list_or_words(&needed(text)?)),
        "MAINTAINER" => Kind::Maintainer(needed(text)?),
        "ONBUILD" => onbuild(text, from, logical)?,
        _ => return Err("unknown instruction".to_owned()),
    })
}

fn onbuild(text: &str, from: usize, logical: &Logical) -> Result<Kind, String> {
    let (keyword, at) = keyword(text);
    if ["ONBUILD", "FROM", "MAINTAINER"].contains(&keyword.as_str()) {
        return Err(format!("{keyword} cannot stand behind it"));
    }
    let kind = instruction(&keyword, &text[at..], from + at, logical)?;
    Ok(Kind::Onbuild(Box::new(Instruction { line: logical.line(), kind })))
}

fn run(text: &str, from: usize, logical: &Logical) -> Result<Run, String> {
    let (flags, at) = words::flags(text);
    let rest = &text[at..];
    if rest.is_empty() {
        return Err("nothing follows it".to_owned());
    }
    let begin = from + at;
    let starts = logical.starts.iter().map(|(start, line)| (start.saturating_sub(begin), *line));
    let mut kept: Vec<(usize, u32)> = Vec::new();
    for (start, line) in starts {
        // lines that hold flags only begin where the command does
        if start == 0 {
            kept.clear();
        }
        kept.push((start, line));
    }
    Ok(Run { flags, command: command(rest), heredocs: logical.heredocs.clone(), starts: kept })
}

fn copy(text: &str, logical: &Logical) -> Result<Copy, String> {
    let (flags, at) = words::flags(text);
    let mut sources = list_or_words(&text[at..]);
    let to = sources.pop().ok_or("nothing follows it")?;
    if sources.is_empty() {
        return Err("expected a source and a destination".to_owned());
    }
    if !logical.heredocs.is_empty() {
        sources.retain(|source| !source.contains("<<"));
    }
    Ok(Copy { flags, sources, to, heredocs: logical.heredocs.clone() })
}

fn healthcheck(text: &str) -> Result<Option<Healthcheck>, String> {
    let (options, at) = words::flags(text);
    let (word, from) = keyword(&text[at..]);
    let rest = &text[at + from..];
    match word.as_str() {
        "NONE" if rest.is_empty() => Ok(None),
        "CMD" if !rest.is_empty() => Ok(Some(Healthcheck { options, command: command(rest) })),
        _ => Err("expected `NONE` or `CMD` with a command".to_owned()),
    }
}

impl Command {
    /// The words or the text as one line.
    pub fn line(&self) -> String {
        match self {
            Command::Exec(words) => words.join(" "),
            Command::Shell(text) => text.clone(),
        }
    }
}
