//! The image alone, hardened as far as the engine goes, becomes healthy.

use super::Checked;
use crate::verify::container::{Container, Start};
use crate::verify::report::Row;
use crate::verify::run::Run;

pub const ID: &str = "starts";
const TITLE: &str = "starts read-only, no capabilities";

pub fn check(run: &mut Run<'_, '_>, at: usize) -> Checked {
    if run.parts[at].is_job {
        return Ok(None);
    }
    if !run.parts[at].is_built() {
        return Ok(Some(Row::skipped(ID, TITLE, "it was not built")));
    }
    if let Some(missing) = run.start_needed()? {
        return Ok(Some(Row::skipped(ID, TITLE, format!("{missing} did not start"))));
    }
    let name = run.parts[at].service.name.clone();
    run.step(&format!("starts {name} read-only, without capabilities"));
    let part = &run.parts[at];
    let container = match Container::create(run.stand, &part.service, &part.image, true)? {
        Ok(container) => container,
        Err(refused) => return Ok(Some(Row::failed(ID, TITLE, Start::Refused(refused).text()))),
    };
    let start = container.start(&run.stand.engine, run.request.start_limit)?;
    if start.is_well() {
        let worker = if container.ports.is_empty() { ", no port" } else { "" };
        let row = Row::ok(ID, TITLE, format!("{}{worker}", start.text()));
        run.parts[at].alone = Some(container);
        return Ok(Some(row));
    }
    let log = run.log_of(&container.name)?;
    container.remove(&run.stand.engine)?;
    Ok(Some(Row::failed(ID, TITLE, start.text()).hint(hint(&log)).log(log)))
}

fn hint(log: &[String]) -> String {
    let text = log.join("\n").to_lowercase();
    let hint = if text.contains("read-only") || text.contains("erofs") {
        "it writes to the read-only root: give that path to `tmpfs` or a volume in compose.yaml"
    } else if text.contains("eacces") || text.contains("permission denied") {
        "its user may not: give it the path as `tmpfs` or a volume, or a port above 1023"
    } else if log.is_empty() {
        "it wrote nothing: `docker run --rm -it IMAGE` shows what it does"
    } else {
        "the log says why; settings that it needs belong into compose.yaml, secrets into secrets/"
    };
    hint.to_owned()
}
