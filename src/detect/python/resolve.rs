//! What a name means: followed through assignments and imports, from file to file.

use std::collections::BTreeSet;

use super::script::{Binding, Class, Function, Import, Scope, Value};
use super::sources::Sources;
use crate::paths::RelPath;

/// Steps from file to file.
const MAX_STEPS: u32 = 8;

/// What a name means, with the place of its file in the sources.
#[derive(Debug, Clone, Copy)]
pub enum Meaning<'s> {
    Value(usize, &'s Binding),
    Function(usize, &'s Function),
    Class(usize, &'s Class),
    /// A file of the project as a module.
    Module(usize),
}

impl Meaning<'_> {
    /// The place of its file.
    pub fn at(&self) -> usize {
        match self {
            Meaning::Value(at, _) | Meaning::Function(at, _) | Meaning::Class(at, _) | Meaning::Module(at) => *at,
        }
    }

    /// From 1.
    pub fn line(&self) -> u32 {
        match self {
            Meaning::Value(_, binding) => binding.line,
            Meaning::Function(_, function) => function.line,
            Meaning::Class(_, class) => class.line,
            Meaning::Module(_) => 1,
        }
    }

    /// The same thing, however it was reached.
    pub fn is(&self, other: &Meaning<'_>) -> bool {
        let kind = |one: &Meaning<'_>| matches!(one, Meaning::Module(_));
        self.at() == other.at() && self.line() == other.line() && kind(self) == kind(other)
    }
}

impl Sources {
    /// What a dotted name means in a file, as seen from a scope. `None`: not of this project.
    pub fn meaning(&self, at: usize, name: &str, scope: &Scope) -> Option<Meaning<'_>> {
        self.follow(at, name, scope, 0)
    }

    fn follow(&self, at: usize, name: &str, scope: &Scope, steps: u32) -> Option<Meaning<'_>> {
        if steps > MAX_STEPS {
            return None;
        }
        if let Scope::Function(function) = scope
            && let Some(found) = self.in_function(at, name, function, steps)
        {
            return Some(found);
        }
        if let Some(found) = self.in_module(at, name, steps) {
            return Some(found);
        }
        let (first, rest) = name.split_once('.')?;
        // `import a.b` and then `a.b.c`
        let whole = self.scripts[at].1.imports.iter().filter(|import| import.name.is_none() && import.level == 0);
        let inner = whole.filter_map(|import| {
            let rest = name.strip_prefix(import.module.as_str())?.strip_prefix('.')?;
            let module = self.module(at, 0, &import.module).filter(|module| *module != at)?;
            self.follow(module, rest, &Scope::Module, steps + 1)
        });
        if let Some(found) = inner.into_iter().next() {
            return Some(found);
        }
        match self.follow(at, first, scope, steps + 1)? {
            Meaning::Module(module) => self.follow(module, rest, &Scope::Module, steps + 1),
            // an attribute of an object: what its class gives `self.x`
            Meaning::Value(there, binding) => {
                let class = binding.value.call().and_then(|call| {
                    match self.follow(there, &call.callee, &binding.scope, steps + 1)? {
                        Meaning::Class(at, class) => Some((at, class)),
                        _ => None,
                    }
                })?;
                self.attribute(class.0, class.1, rest)
            }
            _ => None,
        }
    }

    /// `self.x` as some method of the class sets it.
    pub fn attribute(&self, at: usize, class: &Class, name: &str) -> Option<Meaning<'_>> {
        let (_, script) = &self.scripts[at];
        let own = format!("self.{name}");
        let found = script.bindings.iter().find(|binding| {
            let Scope::Function(function) = &binding.scope else { return false };
            let of_class = function.strip_prefix(&class.name).is_some_and(|rest| rest.starts_with('.'));
            of_class && binding.name == own
        })?;
        Some(Meaning::Value(at, found))
    }

    fn in_function(&self, at: usize, name: &str, function: &str, steps: u32) -> Option<Meaning<'_>> {
        let (_, script) = &self.scripts[at];
        let here = Scope::Function(function.to_owned());
        if let Some(binding) = script.bindings.iter().rev().find(|one| one.name == name && one.scope == here) {
            return Some(Meaning::Value(at, binding));
        }
        if let Some(import) = script.imports.iter().rev().find(|one| one.local == name && one.scope == here) {
            return self.imported(at, import, steps + 1);
        }
        let (outer, _) = function.rsplit_once('.')?;
        self.in_function(at, name, outer, steps)
    }

    /// The last thing that gives a module its name.
    fn in_module(&self, at: usize, name: &str, steps: u32) -> Option<Meaning<'_>> {
        let (_, script) = &self.scripts[at];
        let outside = |scope: &Scope| !matches!(scope, Scope::Function(_));
        let binding = script.bindings.iter().rev().find(|one| one.name == name && outside(&one.scope));
        let function = script.functions.iter().rev().find(|one| one.name == name && outside(&one.scope));
        let class = script.class(name);
        let import = script.imports.iter().rev().find(|one| one.local == name && outside(&one.scope));
        let mut found = [
            binding.map(|one| (one.line, Some(Meaning::Value(at, one)))),
            function.map(|one| (one.line, Some(Meaning::Function(at, one)))),
            class.map(|one| (one.line, Some(Meaning::Class(at, one)))),
            import.map(|one| (one.line, None)),
        ];
        found.sort_by_key(|one| one.as_ref().map_or(0, |(line, _)| *line));
        let own = match found[3] {
            Some((_, Some(meaning))) => Some(meaning),
            Some((_, None)) => import.and_then(|import| self.imported(at, import, steps + 1)),
            None => None,
        };
        own.or_else(|| self.starred(at, name, steps + 1))
    }

    /// `from x import *`
    fn starred(&self, at: usize, name: &str, steps: u32) -> Option<Meaning<'_>> {
        if steps > MAX_STEPS {
            return None;
        }
        let stars = self.scripts[at].1.imports.iter().filter(|import| import.name.as_deref() == Some("*"));
        let modules = stars.filter_map(|import| self.module(at, import.level, &import.module));
        modules.filter(|module| *module != at).find_map(|module| self.in_module(module, name, steps + 1))
    }

    fn imported(&self, at: usize, import: &Import, steps: u32) -> Option<Meaning<'_>> {
        if steps > MAX_STEPS {
            return None;
        }
        let Some(name) = &import.name else {
            let is_first = import.local == import.module.split('.').next().unwrap_or("");
            let module = if is_first { import.local.as_str() } else { import.module.as_str() };
            return self.module(at, 0, module).map(Meaning::Module);
        };
        let of_module = || {
            let module = self.module(at, import.level, &import.module)?;
            if module == at { None } else { self.in_module(module, name, steps + 1) }
        };
        let submodule = || {
            let dot = if import.module.is_empty() { "" } else { "." };
            self.module(at, import.level, &format!("{}{dot}{name}", import.module)).map(Meaning::Module)
        };
        of_module().or_else(submodule)
    }

    /// The file of a module that a file imports.
    pub fn module(&self, at: usize, level: u32, module: &str) -> Option<usize> {
        let (file, _) = &self.scripts[at];
        if level > 0 {
            let mut folder = file.parent()?;
            for _ in 1..level {
                folder = folder.parent()?;
            }
            return self.module_below(&folder, module);
        }
        let first = module.split('.').next()?;
        let mut roots = self.roots(file);
        // an installed project lies in `src`
        roots.extend(self.folder.join("src").ok());
        roots.extend(
            self.scripts
                .iter()
                .filter_map(|(file, _)| file.parent())
                .filter(|folder| {
                    // whatever folder holds the first part, as `PYTHONPATH` may have it
                    folder.file_name() == first && self.is_package(folder)
                })
                .filter_map(|folder| folder.parent()),
        );
        roots.iter().find_map(|root| self.module_below(root, module))
    }

    /// `root/a/b.py` or `root/a/b/__init__.py` of `a.b`.
    pub fn module_below(&self, root: &RelPath, module: &str) -> Option<usize> {
        let path = module.replace('.', "/");
        let file = |text: String| root.join(&text).ok().and_then(|file| self.place(&file));
        if path.is_empty() {
            return file("__init__.py".to_owned());
        }
        file(format!("{path}/__init__.py")).or_else(|| file(format!("{path}.py")))
    }

    /// Folders that may be on the path for a file, in the order in which they are tried: the first
    /// above its packages (as fastapi-cli has it), then those above that within the component,
    /// then those below.
    pub fn roots(&self, file: &RelPath) -> Vec<RelPath> {
        let Some(own) = file.parent() else { return Vec::new() };
        let mut above: Vec<RelPath> = Vec::new();
        let mut at = Some(own);
        while let Some(folder) = at {
            if !folder.is_below(&self.folder) {
                break;
            }
            at = folder.parent();
            above.push(folder);
        }
        let first = above.iter().position(|folder| !self.is_package(folder)).unwrap_or(above.len().saturating_sub(1));
        let inner = above.drain(..first.min(above.len())).collect::<Vec<_>>();
        above.extend(inner.into_iter().rev());
        above
    }

    /// The dotted name of a file below a root; `None` where it has none.
    pub fn dotted(&self, file: &RelPath, root: &RelPath) -> Option<String> {
        let inner = file.strip(root)?;
        let path = inner.as_str().strip_suffix(".py")?;
        let path = path.strip_suffix("/__init__").unwrap_or(path);
        let is_name = |part: &str| {
            part.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
                && part.chars().all(|c| c.is_alphanumeric() || c == '_')
        };
        (path != "__init__" && path.split('/').all(is_name)).then(|| path.replace('/', "."))
    }

    /// Module and root of a file, so that its own imports work: of the folders that may be on the
    /// path the one below which most of them are found, the first of equals.
    pub fn module_of(&self, at: usize) -> Option<(String, RelPath)> {
        let (file, _) = &self.scripts[at];
        let reached = self.reached(at);
        let depth = |folder: &RelPath| folder.parts().count();
        let mut best: Option<(usize, String, RelPath)> = None;
        for root in self.roots(file) {
            let Some(module) = self.dotted(file, &root) else { continue };
            let mut found = 0;
            let mut is_possible = true;
            for one in &reached {
                let (other, script) = &self.scripts[*one];
                for import in &script.imports {
                    if import.level > 0 {
                        // `from ..x import y` needs that many packages above it
                        let above = other.parent().map_or(0, |folder| depth(&folder)) as i64 - depth(&root) as i64;
                        is_possible &= !other.is_below(&root) || above >= i64::from(import.level);
                    } else if self.module_below(&root, &import.module).is_some() || self.is_namespace(&root, import) {
                        found += 1;
                    }
                }
            }
            if is_possible && best.as_ref().is_none_or(|(most, ..)| found > *most) {
                best = Some((found, module, root));
            }
        }
        best.map(|(_, module, root)| (module, root))
    }

    /// `from app import main` where `app` has no `__init__.py`.
    fn is_namespace(&self, root: &RelPath, import: &Import) -> bool {
        let name = import.name.as_deref().unwrap_or("");
        !name.is_empty() && self.module_below(root, &format!("{}.{name}", import.module)).is_some()
    }

    /// The files that a file imports, and those that they import, with itself.
    pub fn reached(&self, at: usize) -> BTreeSet<usize> {
        let (mut seen, mut open) = (BTreeSet::from([at]), vec![at]);
        while let Some(one) = open.pop() {
            for import in &self.scripts[one].1.imports {
                let module = self.module(one, import.level, &import.module);
                let name = import.name.as_deref().unwrap_or("");
                let dot = if import.module.is_empty() { "" } else { "." };
                let inner = self.module(one, import.level, &format!("{}{dot}{name}", import.module));
                for next in [module, inner].into_iter().flatten() {
                    if seen.insert(next) {
                        open.push(next);
                    }
                }
            }
        }
        seen
    }

    /// A value followed through names: the last value, with its file and scope.
    pub fn resolve<'s>(&'s self, at: usize, value: &'s Value, scope: &'s Scope) -> (usize, &'s Value, &'s Scope) {
        let mut now = (at, value, scope);
        for _ in 0..MAX_STEPS {
            let Value::Name(name) = now.1 else { break };
            match self.meaning(now.0, name, now.2) {
                // `port = port` is nothing to follow
                Some(Meaning::Value(at, binding)) if binding.value != *now.1 => {
                    now = (at, &binding.value, &binding.scope);
                }
                _ => break,
            }
        }
        now
    }
}
