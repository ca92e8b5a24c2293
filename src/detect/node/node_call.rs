//! A call of `node` taken apart: options, the file, its arguments.

/// Options whose value is the next word.
const WITH_VALUE: &[&str] = &[
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "-C",
    "--conditions",
    "--title",
    "--input-type",
    "--env-file",
    "--env-file-if-exists",
    "--watch-path",
    "--max-old-space-size",
    "--stack-trace-limit",
];
/// Options that load a module before the file.
const LOADS: &[&str] = &["-r", "--require", "--import", "--loader", "--experimental-loader"];

/// `node ..` as it stays for production.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeCall {
    /// The whole command, without what was dropped.
    pub words: Vec<String>,
    /// The file; none where code is given instead.
    pub entry: Option<String>,
    /// Packages that `-r` and its like load; files are not among them.
    pub modules: Vec<String>,
    pub watches: bool,
    pub tests: bool,
    /// Options that were dropped: files of settings, debuggers.
    pub dropped: Vec<String>,
}

/// `None` where it is not `node`, or there is no file.
pub fn read(words: &[String]) -> Option<NodeCall> {
    let (first, mut rest) = words.split_first()?;
    if first != "node" && first != "nodejs" {
        return None;
    }
    let mut call = NodeCall { words: vec!["node".to_owned()], ..NodeCall::default() };
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        if !word.starts_with('-') {
            call.words.push(word.clone());
            call.words.extend(rest.iter().cloned());
            call.entry = Some(word.clone());
            return Some(call);
        }
        if ["-e", "--eval", "-p", "--print"].contains(&word.as_str()) {
            call.words.push(word.clone());
            call.words.extend(rest.iter().cloned());
            return Some(call);
        }
        let (name, mut value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let mut own = vec![word.clone()];
        if value.is_none()
            && WITH_VALUE.contains(&name)
            && let Some((next, after)) = rest.split_first()
        {
            own.push(next.clone());
            value = Some(next.clone());
            rest = after;
        }
        match name {
            "--env-file" | "--env-file-if-exists" | "--inspect" | "--inspect-brk" | "--inspect-wait" => {
                call.dropped.push(own.join(" "));
                continue;
            }
            "--watch" | "--watch-path" | "--watch-preserve-output" => call.watches = true,
            "--test" => call.tests = true,
            _ => {}
        }
        if LOADS.contains(&name)
            && let Some(module) = value.filter(|module| !module.starts_with(['.', '/']) && !module.contains(':'))
        {
            call.modules.push(module);
        }
        call.words.extend(own);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str) -> NodeCall {
        read(&text.split(' ').map(str::to_owned).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn files_of_settings_and_debuggers_are_dropped() {
        for text in ["node --env-file=.env x.js", "node --env-file-if-exists .env x.js", "node --inspect=0.0.0.0 x.js"]
        {
            assert_eq!((call(text).words.join(" ").as_str(), call(text).dropped.len()), ("node x.js", 1), "{text}");
        }
    }

    #[test]
    fn the_file_is_told_from_values_of_options() {
        let found = call("node -r dotenv/config --import=tsx --max-old-space-size=100 dist/x.js --port 1");
        assert_eq!(found.entry.as_deref(), Some("dist/x.js"));
        assert_eq!(found.modules, ["dotenv/config", "tsx"]);
        assert!(found.words.ends_with(&["--port".to_owned(), "1".to_owned()]));
        assert!(call("node --watch x.js").watches);
        assert_eq!(call("node -e 1").entry, None);
        assert_eq!(read(&["node".to_owned()]), None);
    }
}
