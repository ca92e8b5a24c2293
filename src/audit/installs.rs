//! Commands that install packages, whichever manager.

use super::shell::ShellCommand;

/// Who installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    Npm,
    Yarn,
    Pnpm,
    Bun,
    Pip,
    Poetry,
    Uv,
    Go,
    Composer,
    Bundler,
    Apt,
    Apk,
    Dnf,
}

/// A command that installs.
#[derive(Debug, Clone, Copy)]
pub struct Install<'a> {
    pub manager: Manager,
    /// What the project's manifest lists, not packages that the command names.
    pub project: bool,
    pub command: &'a ShellCommand,
    pub arguments: &'a [String],
}

impl Install<'_> {
    pub fn flag(&self, names: &[&str]) -> bool {
        self.arguments.iter().any(|word| names.contains(&word.as_str()))
    }

    /// `npm ci`, as it was written.
    pub fn shown(&self) -> String {
        let program = if self.manager == Manager::Pip { "pip" } else { self.command.program().0 };
        let verbs = self.arguments.iter().filter(|word| !word.starts_with('-')).take(match self.manager {
            Manager::Go => 2,
            _ => 1,
        });
        let words: Vec<&str> = [program].into_iter().chain(verbs.map(String::as_str)).collect();
        words.join(" ")
    }
}

/// Reads a command as an install; `None` if it is none.
pub fn install(command: &ShellCommand) -> Option<Install<'_>> {
    let (mut program, mut arguments) = command.program();
    if program.starts_with("python") && arguments.starts_with(&["-m".to_owned(), "pip".to_owned()]) {
        program = "pip";
        arguments = &arguments[2..];
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let (verb, named) = (words.first().copied().unwrap_or_default(), words.len() > 1);
    let global = arguments.iter().any(|word| ["-g", "--global", "--location=global"].contains(&word.as_str()));
    let (manager, project) = match (program, verb) {
        ("npm", "ci" | "clean-install" | "i" | "install" | "add") => (Manager::Npm, !global && !named),
        ("yarn", "" | "install") if !asks(arguments) => (Manager::Yarn, true),
        ("yarn", "add" | "global") => (Manager::Yarn, false),
        ("pnpm", "i" | "install" | "ci") => (Manager::Pnpm, !global && !named),
        ("pnpm", "add") => (Manager::Pnpm, false),
        ("bun", "i" | "install") => (Manager::Bun, !named),
        ("pip" | "pip3", "install") => {
            let listed = |word: &String| word.starts_with("-r") || word.starts_with("--requirement");
            (Manager::Pip, arguments.iter().any(listed))
        }
        ("poetry", "install" | "sync") => (Manager::Poetry, true),
        ("uv", "sync") => (Manager::Uv, true),
        ("uv", "pip") => (Manager::Uv, false),
        ("go", "mod") if words.get(1) == Some(&"download") => (Manager::Go, true),
        ("composer", "install" | "i") => (Manager::Composer, true),
        ("bundle", "install") => (Manager::Bundler, true),
        ("apt-get" | "apt" | "aptitude", "install") => (Manager::Apt, false),
        ("apk", "add") => (Manager::Apk, false),
        ("dnf" | "yum" | "microdnf", "install") => (Manager::Dnf, false),
        _ => return None,
    };
    Some(Install { manager, project, command, arguments })
}

/// `yarn --version` and the like.
fn asks(arguments: &[String]) -> bool {
    arguments.iter().any(|word| ["--version", "-v", "--help", "-h"].contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installs_are_known_and_told_apart() {
        let read = |text: &str| {
            let command = ShellCommand { line: 1, words: text.split(' ').map(str::to_owned).collect() };
            install(&command).map(|install| (install.manager, install.project))
        };
        assert_eq!(read("npm ci --omit=dev"), Some((Manager::Npm, true)));
        assert_eq!(read("npm install -g pnpm@9"), Some((Manager::Npm, false)));
        assert_eq!(read("yarn --frozen-lockfile"), Some((Manager::Yarn, true)));
        assert_eq!(read("python3 -m pip install -r requirements.txt"), Some((Manager::Pip, true)));
        assert_eq!(read("apt-get install -y curl"), Some((Manager::Apt, false)));
        for other in ["npm run build", "yarn --version", "go build", "apt-get update"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
