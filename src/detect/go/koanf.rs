//! Names that koanf reads: its keys behind the prefix of its provider of the environment.

use super::super::settings::Read;
use super::calls::{Call, Constants};
use super::code::GoFile;
use super::reads::read;

/// The variables behind koanf's keys, where its callback makes `mail.host` of `PREFIX_MAIL_HOST`.
pub fn reads(files: &[&GoFile], calls: &[Call<'_>], constants: &Constants) -> Vec<Read> {
    let is_koanf = |file: &&GoFile| file.imports_from("github.com/knadh/koanf").is_some();
    if !files.iter().any(is_koanf) {
        return Vec::new();
    }
    let provider = |call: &&Call<'_>| call.is("env.Provider") || call.is("env.ProviderWithValue");
    let Some(provider) = calls.iter().find(provider) else { return Vec::new() };
    let text = |call: &Call<'_>, at: usize| call.arguments.get(at).and_then(|tokens| constants.text(call.file, tokens));
    let lowers = provider.arguments.iter().flat_map(|tokens| tokens.iter()).any(|token| token.is_word("ToLower"));
    let Some(prefix) = text(provider, 0).filter(|_| lowers) else { return Vec::new() };
    let keys = calls.iter().filter(|call| is_getter(call.name()) && is_instance(&call.receiver()));
    let found = keys.filter_map(|call| {
        let key = text(call, 0)?;
        let name = format!("{prefix}{}", key.replace('.', "_")).to_ascii_uppercase();
        let found = read(call.file, &name, call.line, format!("koanf key `{key}`"), None)?;
        Some(Read { required: call.name().starts_with("Must"), ..found })
    });
    found.collect()
}

/// `k`, `ko`, or what is named after the library.
fn is_instance(receiver: &str) -> bool {
    let last = receiver.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(last.as_str(), "k" | "ko") || last.ends_with("koanf")
}

fn is_getter(name: &str) -> bool {
    let kind = name.strip_prefix("Must").unwrap_or(name);
    matches!(kind, "Bool" | "Bytes" | "Duration" | "Float64" | "Int" | "Int64" | "String" | "Strings")
}
