//! What differs from stack to stack: what only Node, Next.js, Python or Go has.

use std::fmt;

use super::{Argv, EnvName, Evidence, Found, ImageRef, Line, Name, Next, Workspace};
use crate::paths::RelPath;

/// What differs from stack to stack.
#[allow(clippy::large_enum_variant, reason = "a handful per run")]
#[derive(Debug, Clone)]
pub enum Stack {
    Node(Node),
    Next(Node, Next),
    FastApi(Python, FastApi),
    Go(Go),
}

impl Stack {
    /// The word that `when` in a template asks for.
    pub fn id(&self) -> &'static str {
        match self {
            Stack::Node(_) => "node",
            Stack::Next(..) => "next",
            Stack::FastApi(..) => "fastapi",
            Stack::Go(_) => "go",
        }
    }

    /// Folders beside its own that a component with a greater build context is built from.
    pub fn beside(&self) -> &[RelPath] {
        match self {
            Stack::FastApi(python, _) => &python.members,
            Stack::Go(go) => &go.beside,
            Stack::Node(_) | Stack::Next(..) => &[],
        }
    }

    /// What holds for every Node project, Next.js among them.
    pub fn node(&self) -> Option<&Node> {
        match self {
            Stack::Node(node) | Stack::Next(node, _) => Some(node),
            Stack::FastApi(..) | Stack::Go(_) => None,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Node {
    pub packages: Found<Packages>,
    pub typescript: bool,
    /// The folder that the build writes, relative to the component.
    pub output: Option<RelPath>,
    /// A dependency that breaks on musl or needs build tools: why a glibc base is used.
    pub needs_glibc: Option<Evidence>,
    /// The dependencies that install compiles, with tools that only `deps` has.
    pub compiles: Vec<(Line, Evidence)>,
    /// Commands that write code before the build: `prisma generate`.
    pub generates: Vec<Argv>,
    /// The build script runs them itself.
    pub build_generates: bool,
    /// What they write and production needs besides its packages, relative to the component.
    pub generated: Vec<RelPath>,
    /// A framework that builds a server of its own: `Nuxt`.
    pub framework: Option<Line>,
    /// All packages that production needs lie in the output.
    pub self_contained: bool,
    /// Folders that the server of development writes, relative to the component.
    pub writes: Vec<RelPath>,
    /// It is a member of a workspace, from whose root it is installed and built.
    pub workspace: Option<Workspace>,
}

#[derive(Debug, Clone)]
pub struct Python {
    pub packages: Found<Packages>,
    /// What the package manager is told by variables while it installs.
    pub install_environment: Vec<(EnvName, Line)>,
    /// Files that only the install for development reads, besides the manifests.
    pub development_manifests: Vec<RelPath>,
    /// Something is installed for development only.
    pub has_development: bool,
    /// Debian packages that build a library without a wheel, and those that it needs to run.
    pub build_packages: Vec<Name>,
    pub run_packages: Vec<Name>,
    /// debugpy runs it in development.
    pub debugger: bool,
    /// debugpy is among the project's own packages.
    pub has_debugger: bool,
    /// Folders where modules are looked for besides the component's own: `src`.
    pub module_folders: Vec<RelPath>,
    /// Other members of its workspace that it requires, relative to the build context: installed too.
    pub members: Vec<RelPath>,
    /// The project is installed too: its code asks what is installed for its own version.
    pub own: Option<OwnPackage>,
}

/// A project that is a distribution itself.
#[derive(Debug, Clone)]
pub struct OwnPackage {
    pub evidence: Evidence,
    /// Files besides the sources that its build reads, relative to the component.
    pub reads: Vec<RelPath>,
    /// Its version is asked of git, which the build does not see.
    pub asks_git: bool,
}

/// What only FastAPI has.
#[derive(Debug, Clone)]
pub struct FastApi {
    /// Module and variable as a server is told: `app.main:app`.
    pub app: Found<Line>,
}

#[derive(Debug, Clone)]
pub struct Go {
    pub module: Line,
    /// The package with `func main`, relative to the module: `./cmd/server`.
    pub main: Found<RelPath>,
    /// go.sum is there; a module without dependencies has none.
    pub has_sum: bool,
    pub vendored: bool,
    /// It links C.
    pub cgo: Option<Cgo>,
    /// String variables that the linker sets.
    pub stamps: Vec<Stamp>,
    /// Some of its modules are on no public proxy.
    pub private: Option<Private>,
    /// Folders of other modules that it is built from, relative to the build context.
    pub beside: Vec<RelPath>,
    /// Files that tell which modules it needs, relative to the build context.
    pub manifests: Vec<RelPath>,
    /// It is built by the rules of the go.work in the build context.
    pub in_workspace: bool,
}

/// A string variable that the linker sets to an argument of the build.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// `main.version`, `example.com/shop/internal/build.Version`; nothing a shell would change.
    pub symbol: Line,
    /// `VERSION` or `REVISION`.
    pub argument: &'static str,
    pub evidence: Evidence,
}

/// Modules that are fetched from where they are kept, with credentials.
#[derive(Debug, Clone)]
pub struct Private {
    /// As `GOPRIVATE` has them; empty: not known which.
    pub patterns: Vec<String>,
    /// By SSH; otherwise by HTTPS.
    pub ssh: bool,
    pub evidence: Evidence,
}

/// Why a Go program needs C, and which.
#[derive(Debug, Clone)]
pub struct Cgo {
    /// C++ is among it.
    pub cpp: bool,
    pub evidence: Evidence,
}

/// A language runtime in one version, with the images that have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Runtime {
    /// `Node`, `Go`.
    pub name: String,
    /// As the image tag has it: `26`, `1.27`.
    pub version: String,
    /// The image to build and (unless distroless) run on.
    pub image: ImageRef,
    /// The same on glibc with a small Debian.
    pub slim: ImageRef,
    /// What the hardest image runs on.
    pub distroless: Option<ImageRef>,
    /// Package managers in the image: what `rm -rf` takes.
    pub package_managers: Vec<String>,
    /// `YYYY-MM-DD`
    pub end_of_life: String,
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// A package manager with all that a Dockerfile needs of it; commands are single shell lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Packages {
    /// The preset's id: `pnpm`, `yarn-berry`.
    pub id: String,
    /// As people write it: `pnpm`, `yarn`.
    pub name: String,
    /// As in `packageManager`, or what the lockfile needs: `12.21.0`, `10`.
    pub version: Option<String>,
    pub lockfile: Option<RelPath>,
    /// Brings the manager into the image, if the base lacks it.
    pub setup: Option<String>,
    /// Files that the install reads, relative to the build context.
    pub manifests: Vec<RelPath>,
    /// Those among them that the install changes, for as long as it runs, by `prepare` before it.
    pub edited: Vec<RelPath>,
    pub prepare: Option<String>,
    /// The folder of its cache in the image.
    pub cache: String,
    /// Installs what production needs, exactly as locked.
    pub install_production: String,
    /// Installs everything, exactly as locked.
    pub install: String,
}

impl fmt::Display for Packages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.version {
            Some(version) => write!(f, " {version}"),
            None => Ok(()),
        }
    }
}
