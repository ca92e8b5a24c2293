//! The user that runs it cannot change its own code: no file of it, and no program.

use super::Checked;
use crate::verify::layers::Kind;
use crate::verify::report::Row;
use crate::verify::run::Part;
use crate::verify::run::Run;

pub const ID: &str = "code";
const TITLE: &str = "cannot change its own code";

pub fn check(run: &mut Run<'_, '_>, at: usize) -> Checked {
    let Some(found) = writable(&run.parts[at]) else { return Ok(None) };
    Ok(Some(match found {
        None => Row::ok(ID, TITLE, ""),
        Some(path) => Row::failed(ID, TITLE, format!("{path} can be changed by the user that runs it"))
            .hint("copy it as root, without `--chown`; give its user only the folders that it writes to"),
    }))
}

/// The first file of the app's own, or program, that the user may write. `None`: the image was not
/// looked into, or its user is no number.
fn writable(part: &Part) -> Option<Option<String>> {
    let layers = part.layers.as_ref()?;
    let merged = layers.merged();
    let workdir = part.image["Config"]["WorkingDir"].as_str().unwrap_or("/").trim_end_matches('/');
    let user = part.service.user.as_deref().or(part.image["Config"]["User"].as_str())?;
    let (uid, gid) = user.split_once(':').unwrap_or((user, user));
    let (uid, gid): (u64, u64) = (uid.parse().ok()?, gid.parse().ok()?);
    let mounted = part.service.mounted_paths();
    let is_mounted = |path: &str| mounted.iter().any(|mount| path == mount || path.starts_with(&format!("{mount}/")));
    let found = merged.iter().find(|(path, entry)| {
        let own = !workdir.is_empty() && path.starts_with(&format!("{workdir}/"));
        let program = entry.kind == Kind::File && entry.mode & 0o111 != 0;
        let may = (entry.uid == uid && entry.mode & 0o200 != 0)
            || (entry.gid == gid && entry.mode & 0o020 != 0)
            || (entry.mode & 0o002 != 0 && entry.mode & 0o1000 == 0);
        entry.kind == Kind::File && (own || program) && may && !is_mounted(path) && !path.starts_with("/tmp/")
    });
    Some(found.map(|(path, _)| (*path).to_owned()))
}
