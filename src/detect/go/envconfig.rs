//! What kelseyhightower/envconfig reads: the names of fields, those around them in front.

use super::super::settings::Read;
use super::calls::{Call, Constants};
use super::code::GoFile;
use super::reads::read;
use super::structs::{Field, Of, Struct, handed, reached, walk};
use super::tags::{get, insisting, snake};

/// What the structs handed to `Process` name, untagged fields too; where one cannot be followed
/// to its type, what stands in tags.
pub fn reads(structs: &[Struct<'_>], files: &[&GoFile], calls: &[Call<'_>], constants: &Constants) -> Vec<Read> {
    let is_process = |call: &&Call<'_>| call.is("envconfig.Process") || call.is("envconfig.MustProcess");
    let prefix = |call: &Call<'_>| {
        let tokens = call.arguments.first()?;
        // an empty prefix is one too
        tokens.first()?.literal().map(str::to_owned).or_else(|| constants.text(call.file, tokens))
    };
    let is_used = |file: &GoFile| file.imports_from("github.com/kelseyhightower/envconfig").is_some();
    let processes: Vec<&Call<'_>> = calls.iter().filter(is_process).filter(|call| is_used(call.file)).collect();
    let (mut found, mut lost) = (Vec::new(), processes.is_empty());
    for call in &processes {
        match (handed(structs, files, call, 1), prefix(call)) {
            (Some(root), Some(prefix)) => fields(structs, root, &prefix, true, &mut found),
            _ => lost = true,
        }
    }
    if !lost {
        return found;
    }
    // the prefix that they are all read with
    let mut prefixes = processes.iter().map(|call| prefix(call));
    let first = prefixes.next().unwrap_or_else(|| Some(String::new()));
    let Some(prefix) = first.filter(|first| prefixes.all(|other| other.as_ref() == Some(first))) else { return found };
    let is_tagged = |of: &Struct<'_>| {
        of.has(&|field| get(&field.tag, &["envconfig"]).is_some() || (is_used(of.file) && says_more(field)))
    };
    let seeds: Vec<&Struct<'_>> = structs.iter().filter(|of| is_tagged(of)).collect();
    let inner = reached(structs, &seeds);
    for root in seeds.into_iter().filter(|of| !inner.contains(&of.key())) {
        fields(structs, root, &prefix, false, &mut found);
    }
    found
}

fn says_more(field: &Field<'_>) -> bool {
    get(&field.tag, &["default", "required", "split_words"]).is_some()
}

fn fields(structs: &[Struct<'_>], root: &Struct<'_>, prefix: &str, all: bool, found: &mut Vec<Read>) {
    let around = |prefix: &str, field: &Field<'_>| match field.name {
        Some(_) => key(prefix, field),
        // an embedded type's fields are the outer's own
        None => prefix.to_owned(),
    };
    walk(structs, root, prefix, &around, &mut |file, prefix, field, is_struct| {
        let is_ignored = get(&field.tag, &["ignored"]) == Some("true");
        let is_exported = field.name.is_some_and(|name| name.starts_with(char::is_uppercase));
        let is_told = get(&field.tag, &["envconfig"]).is_some() || says_more(field);
        let counts = is_told || (all && !matches!(field.of, Of::Other));
        if is_struct || is_ignored || !is_exported || !counts {
            return;
        }
        let default = get(&field.tag, &["default"]).map(str::to_owned);
        let read = read(file, &key(prefix, field), field.line, "struct field".to_owned(), default);
        found.extend(read.map(|read| insisting(read, get(&field.tag, &["required"]) == Some("true"))));
    });
}

fn key(prefix: &str, field: &Field<'_>) -> String {
    let name = field.name.unwrap_or_default();
    let name = match get(&field.tag, &["envconfig"]) {
        Some(name) => name.to_owned(),
        None if get(&field.tag, &["split_words"]) == Some("true") => snake(name),
        None => name.to_owned(),
    };
    let joined = if prefix.is_empty() { name } else { format!("{prefix}_{name}") };
    joined.to_ascii_uppercase()
}
