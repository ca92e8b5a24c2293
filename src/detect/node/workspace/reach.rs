//! What a component reaches through the members that it needs: their client libraries, the names
//! that they read.

use super::super::super::Context;
use super::super::super::settings::Read;
use super::super::manifest::Manifest;
use super::super::sources::Sources;
use super::super::{prisma, reads as code_reads};
use crate::facts::Evidence;
use crate::paths::RelPath;

/// The members that a component has in production; none where it is no member itself.
fn reached(context: &Context<'_>, path: &RelPath) -> Vec<RelPath> {
    let Some(workspace) = super::of(context, path) else { return Vec::new() };
    let Some(member) = workspace.member(path) else { return Vec::new() };
    let needs = workspace.needs(member).into_iter().filter(|need| need.in_production);
    needs.map(|need| need.member.path.clone()).collect()
}

/// A library among the dependencies of a component or of a member that it needs, or what Prisma's
/// schema there says.
pub fn dependency(context: &Context<'_>, path: &RelPath, manifest: &Manifest, library: &str) -> Option<Evidence> {
    let of = |path: &RelPath, manifest: &Manifest| match manifest.dependency(library) {
        Some(member) => Some(manifest.evidence(member)),
        None => prisma::database(context, path, library),
    };
    of(path, manifest).or_else(|| {
        let workspace = super::of(context, path)?;
        reached(context, path).iter().find_map(|path| of(path, &workspace.member(path)?.manifest))
    })
}

/// The names that a component and the members that it needs read.
pub fn reads(context: &Context<'_>, path: &RelPath, code: &Sources) -> Vec<Read> {
    let mut found: Vec<Read> = code_reads::reads(code).into_iter().chain(prisma::reads(context, path)).collect();
    for member in reached(context, path) {
        found.extend(code_reads::reads(&Sources::read(context, &member)));
        found.extend(prisma::reads(context, &member));
    }
    found
}
