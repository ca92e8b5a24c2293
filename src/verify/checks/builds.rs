//! The image builds.

use std::time::Instant;

use super::Checked;
use crate::verify::container::seconds;
use crate::verify::engine::{SHORT, tail};
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
            // compose writes it to stdout, docker to stderr
            let progress = format!("{}\n{}", output.stdout, output.stderr);
            let detail = if output.timed_out {
                format!("not built after {}", seconds(limit))
            } else {
                "the build failed".to_owned()
            };
            return Ok(Some(
                Row::failed(ID, TITLE, detail).log(said(&progress).unwrap_or_else(|| output.tail(LOG_LINES))),
            ));
        }
        row = Some(Row::ok(ID, TITLE, seconds(begin.elapsed())));
    }
    let image = run.stand.engine.docker(&["image", "inspect", &tag], SHORT)?.json()[0].take();
    run.parts[at].image = image;
    Ok(row)
}

/// What the step that failed wrote, without its numbers and times and without npm's advertising;
/// BuildKit's own summary after it would push that out of the last lines.
fn said(progress: &str) -> Option<Vec<String>> {
    let step = progress.lines().find_map(|line| line.strip_prefix('#')?.split_once(" ERROR:").map(|(step, _)| step))?;
    let begin = format!("#{step} ");
    let of_step = progress.lines().filter_map(|line| line.strip_prefix(&begin)).filter_map(|rest| {
        let (time, text) = rest.split_once(' ')?;
        time.parse::<f64>().ok().map(|_| text)
    });
    let lines: Vec<&str> = of_step.filter(|text| !text.starts_with("npm notice")).collect();
    let last = tail(&lines.join("\n"), LOG_LINES);
    (!last.is_empty()).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failed_steps_own_words_are_shown() {
        let progress = "#11 [deps 2/2] RUN npm ci\n#11 3.1 added 90 packages\n#13 [build 2/2] RUN npm run build\n\
                        #13 2.9 src/a.ts(1,14): error TS2322: no\n#13 3.0 npm notice new version\n\
                        #13 ERROR: process \"npm run build\" did not complete\n------\nDockerfile:37\n";
        assert_eq!(said(progress).unwrap(), ["src/a.ts(1,14): error TS2322: no"]);
        assert_eq!(said("no such image"), None);
    }
}
