//! No process of it runs as root, and its user is a number.

use super::Checked;
use crate::verify::engine::SHORT;
use crate::verify::report::Row;
use crate::verify::run::Run;

pub const ID: &str = "user";

pub fn check(run: &mut Run<'_, '_>, at: usize) -> Checked {
    let Some(container) = run.parts[at].alone.clone() else { return Ok(None) };
    let part = &run.parts[at];
    let of_image = part.image["Config"]["User"].as_str().unwrap_or_default();
    let user = part.service.user.as_deref().unwrap_or(of_image);
    let top = run.stand.engine.docker(&["top", &container.name, "-eo", "uid,pid,args"], SHORT)?;
    let title = format!("runs as {}", if user.is_empty() { "root" } else { user });
    if let Some(process) = root_process(&top.stdout) {
        let hint = "add `USER 1001:1001` (any number but 0) as last USER of the Dockerfile";
        return Ok(Some(Row::failed(ID, title, format!("`{process}` runs as root")).hint(hint)));
    }
    for (place, user) in [("USER", of_image), ("`user` in compose.yaml", user)] {
        if !is_numeric(user) {
            let detail = if user.is_empty() {
                "the image has no USER".to_owned()
            } else {
                format!("{place} is the name `{user}`: orchestrators cannot tell that it is not root")
            };
            return Ok(Some(Row::failed(ID, title, detail).hint("write it as numbers: `USER 1001:1001`")));
        }
    }
    Ok(Some(Row::ok(ID, title, "")))
}

/// `1001` or `1001:1001`.
fn is_numeric(user: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match user.split_once(':') {
        Some((user, group)) => number(user) && number(group),
        None => number(user),
    }
}

/// The command of the first process with user 0 in a list of `uid pid args`.
fn root_process(top: &str) -> Option<String> {
    let is_root = |line: &&str| matches!(line.split_whitespace().next(), Some("0" | "root"));
    let line = top.lines().skip(1).find(is_root)?;
    let command: Vec<&str> = line.split_whitespace().skip(2).collect();
    Some(command.join(" ").chars().take(60).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_numbers() {
        assert!(is_numeric("1001") && is_numeric("65532:65532"));
        assert!(!is_numeric("node") && !is_numeric("") && !is_numeric("1001:app"));
    }

    #[test]
    fn a_process_of_root_is_found() {
        let top = "UID   PID  COMMAND\n1001  11   /sbin/docker-init -- node\n0     12   sh -c cron";
        assert_eq!(root_process(top).as_deref(), Some("sh -c cron"));
        assert_eq!(root_process("UID PID COMMAND\n1001 11 node"), None);
    }
}
