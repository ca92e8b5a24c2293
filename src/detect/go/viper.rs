//! Names that viper reads: `BindEnv`, or every key once `AutomaticEnv` is called.

use std::collections::BTreeMap;

use super::super::settings::Read;
use super::calls::{Call, Constants};
use super::code::GoFile;
use super::reads::read;

/// The variables behind viper's keys.
pub fn reads(files: &[&GoFile], calls: &[Call<'_>], constants: &Constants) -> Vec<Read> {
    if !files.iter().any(|file| file.imports_from("github.com/spf13/viper").is_some()) {
        return Vec::new();
    }
    let named = |name: &'static str| calls.iter().filter(move |call| call.name() == name);
    let text = |call: &Call<'_>, at: usize| call.arguments.get(at).and_then(|tokens| constants.text(call.file, tokens));
    let prefix =
        named("SetEnvPrefix").find_map(|call| text(call, 0)).map(|prefix| format!("{prefix}_")).unwrap_or_default();
    let replaced: String = named("SetEnvKeyReplacer")
        .flat_map(|call| call.arguments.iter().flat_map(|tokens| tokens.iter()))
        .filter_map(|token| token.literal())
        .filter(|text| matches!(*text, "." | "-"))
        .collect();
    let variable = |key: &str| {
        let key: String = key.chars().map(|c| if replaced.contains(c) { '_' } else { c }).collect();
        format!("{prefix}{key}").to_ascii_uppercase()
    };
    let defaults: BTreeMap<String, String> =
        named("SetDefault").filter_map(|call| Some((text(call, 0)?.to_ascii_lowercase(), text(call, 1)?))).collect();
    let default = |key: &str| defaults.get(&key.to_ascii_lowercase()).cloned();
    let mut found = Vec::new();
    for call in named("BindEnv") {
        let Some(key) = text(call, 0) else { continue };
        match call.arguments.len() {
            1 => found.extend(read(call.file, &variable(&key), call.line, "viper.BindEnv".to_owned(), default(&key))),
            count => {
                for name in (1..count).filter_map(|at| text(call, at)) {
                    found.extend(read(call.file, &name, call.line, "viper.BindEnv".to_owned(), default(&key)));
                }
            }
        }
    }
    if named("AutomaticEnv").next().is_some() {
        for call in calls.iter().filter(|call| is_getter(call.name()) && is_viper(call)) {
            let Some(key) = text(call, 0) else { continue };
            found.extend(read(call.file, &variable(&key), call.line, format!("viper key `{key}`"), default(&key)));
        }
    }
    found
}

/// Called on the package or on a variable that is named after it: `c.Get("user")` is not.
fn is_viper(call: &Call<'_>) -> bool {
    let receiver = call.receiver().to_ascii_lowercase();
    let last = receiver.rsplit('.').next().unwrap_or("");
    last == "v" || last == "vp" || last.ends_with("viper") || last.starts_with("viper")
}

fn is_getter(name: &str) -> bool {
    matches!(
        name,
        "Get"
            | "GetString"
            | "GetInt"
            | "GetInt32"
            | "GetInt64"
            | "GetUint"
            | "GetBool"
            | "GetDuration"
            | "GetStringSlice"
            | "GetFloat64"
            | "IsSet"
            | "SetDefault"
    )
}
