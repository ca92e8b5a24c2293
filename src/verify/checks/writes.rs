//! Nothing that it tried to write was refused by the read-only root: what a run with a writable
//! root changes, and what the log of the hardened run complains of.

use std::time::Duration;

use super::Checked;
use super::answers::health_path;
use crate::verify::container::{Container, host_port};
use crate::verify::engine::SHORT;
use crate::verify::http;
use crate::verify::report::Row;
use crate::verify::run::Run;

pub const ID: &str = "writes";
const TITLE: &str = "wrote nothing that the read-only root refuses";
/// For what is written with the first answers.
const SETTLE: Duration = Duration::from_millis(500);

pub fn check(run: &mut Run<'_, '_>, at: usize) -> Checked {
    let Some(alone) = run.parts[at].alone.clone() else { return Ok(None) };
    let part = &run.parts[at];
    let workdir = part.image["Config"]["WorkingDir"].as_str().unwrap_or_default().trim_end_matches('/').to_owned();
    let complaints = complaints(&alone.logs(&run.stand.engine)?, &workdir);
    let part = &run.parts[at];
    let (service, image, asked) = (part.service.clone(), part.image.clone(), health_path(part));
    run.step(&format!("looks what {} writes", service.name));
    let mut paths = Vec::new();
    if let Ok(container) = Container::create(run.stand, &service, &image, false)? {
        let start = container.start(&run.stand.engine, run.request.start_limit)?;
        if start.is_well() {
            let inspected = container.inspect(&run.stand.engine)?;
            if let Some(port) = container.ports.first().and_then(|port| host_port(&inspected, *port)) {
                http::get(port, asked.as_deref().unwrap_or("/"));
                http::get(port, "/");
            }
            run.stand.engine.pause(SETTLE)?;
            let diff = run.stand.engine.docker(&["diff", &container.name], SHORT)?.stdout;
            paths = refused(&diff, &service.mounted_paths());
        }
        container.remove(&run.stand.engine)?;
    }
    if paths.is_empty() && complaints.is_empty() {
        return Ok(Some(Row::ok(ID, TITLE, "")));
    }
    let user = service.user.as_deref().or(image["Config"]["User"].as_str()).unwrap_or("0:0").to_owned();
    let (uid, gid) = user.split_once(':').unwrap_or((&user, &user));
    let first = paths.first().or(complaints.first()).cloned().unwrap_or_default();
    let folder = first.rsplit_once('/').map_or("", |(folder, _)| folder);
    let hint = if folder.is_empty() || folder == workdir {
        // a tmpfs there would hide the code
        "let it write into a folder of its own, and give that folder to `tmpfs` or a volume in compose.yaml".to_owned()
    } else {
        format!(
            "give it the place in compose.yaml: `tmpfs: [\"{folder}:uid={uid},gid={gid}\"]`, or a volume if it must last"
        )
    };
    let mut lines: Vec<String> = paths.iter().map(|path| format!("{path} was written")).collect();
    lines.extend(complaints.iter().map(|path| format!("{path} was refused")));
    lines.dedup();
    lines.truncate(5);
    Ok(Some(Row::failed(ID, TITLE, lines.join("\n")).hint(hint)))
}

/// Files that were added or changed outside of what is mounted; folders only where they are new.
fn refused(diff: &str, mounted: &[String]) -> Vec<String> {
    let changed: Vec<(&str, &str)> = diff.lines().filter_map(|line| line.split_once(' ')).collect();
    let is_parent = |path: &str| changed.iter().any(|(_, other)| other.starts_with(&format!("{path}/")));
    let paths = changed.iter().filter(|(kind, path)| {
        let ours = mounted.iter().any(|mount| path == mount || path.starts_with(&format!("{mount}/")));
        // mount points appear where something is mounted
        let point = mounted.iter().any(|mount| mount.starts_with(&format!("{path}/")));
        // the engine's own
        let engine = ["/etc/", "/run/secrets", "/dev", "/proc", "/sys"].iter().any(|own| path.starts_with(own))
            // `--init` puts it into /sbin, which is /usr/sbin in Debian
            || path.ends_with("/docker-init");
        *kind != "D" && !ours && !point && !engine && !matches!(*path, "/etc" | "/run") && !is_parent(path)
    });
    paths.map(|(_, path)| (*path).to_owned()).collect()
}

/// Paths in lines that complain of a read-only file system or a missing permission to write;
/// relative ones are below the working folder.
fn complaints(log: &str, workdir: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for line in log.lines() {
        let lower = line.to_ascii_lowercase();
        let read_only = lower.contains("erofs") || lower.contains("read-only file system");
        let denied = lower.contains("permission denied") || lower.contains("eacces");
        let writes = ["mkdir", "open", "write", "unlink", "rename", "create"].iter().any(|word| lower.contains(word));
        if !(read_only || (denied && writes)) {
            continue;
        }
        let words = line.split(|c: char| c.is_whitespace() || "'\"`,;()[]".contains(c));
        let path =
            words.map(|word| word.trim_end_matches([':', '.'])).find(|word| word.starts_with('/') && word.len() > 1);
        let quoted = || line.split('\'').nth(1).map(|path| format!("{workdir}/{}", path.trim_start_matches("./")));
        let path = path.map(str::to_owned).or_else(quoted).unwrap_or("a file".to_owned());
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mounted_and_the_engines_own_do_not_count() {
        let diff = "C /app\nA /app/logs\nA /app/logs/x.log\nC /tmp\nA /tmp/a\nC /run\nA /run/secrets\nA /run/secrets/db\nC /usr\nC /usr/sbin\nA /usr/sbin/docker-init\n";
        assert_eq!(refused(diff, &["/tmp".to_owned(), "/run/secrets/db".to_owned()]), ["/app/logs/x.log"]);
    }

    #[test]
    fn complaints_name_their_path() {
        let log = "Error: EROFS: read-only file system, mkdir '/app/logs'\nopen /data/x: permission denied\nok\n";
        assert_eq!(complaints(log, "/app"), ["/app/logs", "/data/x"]);
        assert_eq!(complaints("EACCES: permission denied, open 'visits.log'", "/app"), ["/app/visits.log"]);
        assert!(complaints("user lacks permission, denied by policy", "/app").is_empty());
    }
}
