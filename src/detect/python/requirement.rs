//! One requirement as PEP 508 writes it: `uvicorn[standard]>=0.30 ; python_version > "3.9"`.

/// A required distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Normalized: lowercase, `-` for runs of `-_.`.
    pub name: String,
    pub extras: Vec<String>,
    /// A URL or a path after `@`.
    pub from: Option<String>,
}

impl Requirement {
    /// `None` where the text names no distribution.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.split(" #").next().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if name.is_empty() || name.starts_with(['-', '.']) {
            return None;
        }
        let rest = rest.trim_start();
        let (extras, rest) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((extras, rest)) => {
                (extras.split(',').map(|extra| normalized(extra.trim())).collect(), rest.trim_start())
            }
            None => (Vec::new(), rest),
        };
        let from = rest.strip_prefix('@').map(|from| from.trim().to_owned());
        let known = rest.is_empty() || from.is_some() || rest.starts_with(['=', '<', '>', '~', '!', '(', '\\']);
        known.then(|| Requirement { name: normalized(name), extras, from })
    }
}

/// As PEP 503 compares names.
pub fn normalized(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if "-_.".contains(c) {
            if !text.ends_with('-') {
                text.push('-');
            }
        } else {
            text.push(c.to_ascii_lowercase());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_extras_are_taken_out() {
        let parse = |text: &str| Requirement::parse(text).map(|found| format!("{} {:?}", found.name, found.extras));
        assert_eq!(parse("FastAPI[standard] >= 0.115 # web").unwrap(), "fastapi [\"standard\"]");
        assert_eq!(
            parse("uvicorn[standard, extra_x]==0.30; python_version<'4'").unwrap(),
            "uvicorn [\"standard\", \"extra-x\"]"
        );
        assert_eq!(parse("psycopg2.binary").unwrap(), "psycopg2-binary []");
        assert_eq!(parse("idna==3.7 \\").unwrap(), "idna []");
        assert_eq!(Requirement::parse("own @ file:../own").unwrap().from.as_deref(), Some("file:../own"));
        for none in ["", "-r base.txt", "--hash=sha256:0", "./own", "https://host/x.whl", "two words"] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}
