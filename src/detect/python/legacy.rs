//! Requirements that no lockfile and no list has: those of setup.py and setup.cfg. They are a
//! program's, which is not run, so the project is refused with what writes them down.

use super::super::{Context, Unfit};
use super::requirement::Requirement;
use super::script::{Script, Value};
use crate::facts::Evidence;
use crate::paths::RelPath;

/// A project whose FastAPI stands there only.
pub fn unfit(context: &Context<'_>, path: &RelPath) -> Option<Unfit> {
    let found = of_setup_py(context, path).map(|evidence| ("setup.py", evidence));
    let (name, evidence) = found.or_else(|| Some(("setup.cfg", of_setup_cfg(context, path)?)))?;
    let what = format!(
        "a FastAPI project whose requirements stand in {name} alone; `uv pip compile {name} -o requirements.txt` writes a list that an image can install"
    );
    Some(Unfit { path: path.clone(), saw: format!("found {}: {what}", evidence.place()), evidence })
}

fn is_fastapi(text: &str) -> bool {
    Requirement::parse(text).is_some_and(|found| matches!(found.name.as_str(), "fastapi" | "fastapi-slim"))
}

fn of_setup_py(context: &Context<'_>, path: &RelPath) -> Option<Evidence> {
    let source = context.project.read(&path.join("setup.py").ok()?)?;
    let script = Script::parse(&source).ok()?;
    let call = script.calls.iter().find(|call| call.name() == "setup")?;
    let mut value = call.keyword("install_requires")?;
    if let Value::Name(name) = value {
        value = &script.bindings.iter().rev().find(|binding| binding.name == *name)?.value;
    }
    let Value::List(items) = value else { return None };
    let required = items.iter().filter_map(Value::text).find(|text| is_fastapi(text))?;
    let line = source.lines().find(|(_, line)| line.contains(required)).map_or(call.line, |(line, _)| line);
    Some(Evidence::at(source.path(), line, required, "install_requires"))
}

fn of_setup_cfg(context: &Context<'_>, path: &RelPath) -> Option<Evidence> {
    let source = context.project.read(&path.join("setup.cfg").ok()?)?;
    let mut is_list = false;
    source.lines().find_map(|(line, text)| {
        let item = match text.split_once('=').filter(|_| !text.starts_with(char::is_whitespace)) {
            Some((name, first)) => {
                is_list = name.trim() == "install_requires";
                first
            }
            None => text,
        };
        is_list &= !text.starts_with('[');
        (is_list && is_fastapi(item.trim())).then(|| Evidence::at(source.path(), line, item.trim(), "install_requires"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::project;

    fn saw(file: &str, text: &str) -> String {
        let main = "from fastapi import FastAPI\napp = FastAPI()\n";
        project(&[(file, text), ("main.py", main)]).detect().unwrap().unfit[0].saw.clone()
    }

    #[test]
    fn requirements_of_a_program_are_refused_with_what_writes_them_down() {
        for (file, text, line) in [
            (
                "setup.py",
                "from setuptools import setup\nsetup(name='a', install_requires=['uvicorn', 'fastapi>=0.1'])\n",
                2,
            ),
            (
                "setup.py",
                "import setuptools\nneeds = [\n  'FastAPI[standard]',\n]\nsetuptools.setup(install_requires=needs)\n",
                3,
            ),
            ("setup.cfg", "[options]\ninstall_requires =\n    uvicorn\n    fastapi\n[x]\n", 4),
        ] {
            let found = saw(file, text);
            assert!(found.starts_with(&format!("found {file}:{line}: a FastAPI project")), "{found}");
            assert!(found.contains("uv pip compile"), "{found}");
        }
        let other = "from setuptools import setup\nsetup(install_requires=['django'], description='like fastapi')\n";
        assert!(saw("setup.py", other).contains("a Python project without FastAPI"));
    }
}
