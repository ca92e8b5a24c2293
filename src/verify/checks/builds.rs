//! The image builds.

use std::time::Instant;

use super::Checked;
use crate::verify::container::seconds;
use crate::verify::engine::SHORT;
use crate::verify::report::Row;
use crate::verify::run::{LOG_LINES, Run};

pub const ID: &str = "builds";
const TITLE: &str = "builds";

pub fn check(run: &mut Run<'_, '_>, at: usize) -> Checked {
    let service = run.parts[at].service.clone();
    let tag = run.stand.image_of(&service);
    let mut row = None;
    if let Some(build) = &service.build {
        run.step(&format!("builds {}", service.name));
        let begin = Instant::now();
        let limit = run.request.build_limit;
        let output = if run.stand.has_compose() {
            run.stand.compose(&["build", &service.name], limit)?
        } else {
            let context = build.context.display().to_string();
            let file = build.context.join(&build.dockerfile).display().to_string();
            run.stand.engine.docker(&["build", "--file", &file, "--tag", &tag, &context], limit)?
        };
        if !output.ok() {
            let detail = if output.timed_out {
                format!("not built after {}", seconds(limit))
            } else {
                "the build failed".to_owned()
            };
            return Ok(Some(Row::failed(ID, TITLE, detail).log(output.tail(LOG_LINES))));
        }
        row = Some(Row::ok(ID, TITLE, seconds(begin.elapsed())));
    }
    let image = run.stand.engine.docker(&["image", "inspect", &tag], SHORT)?.json()[0].take();
    run.parts[at].image = image;
    Ok(row)
}
