//! The rules, a file each. One addition is a file here, a line in [`RULES`] and a case below
//! `tests/rules/`.

mod capabilities;
mod compose_v1;
mod dependencies_before_source;
mod dev_dependencies;
mod end_of_life_base;
mod floating_base_image;
mod large_base;
mod multi_stage;
mod no_healthcheck;
mod no_limits;
mod no_restart;
mod non_numeric_user;
mod not_service_healthy;
mod open_backend;
mod package_cache;
pub(super) mod root_user;
mod secret_in_environment;
mod secret_in_image;
mod syntax;
mod thin_dockerignore;
mod writable_root;

use super::Rule;
use super::images::ImageName;
use crate::setup::compose::Service;

/// All rules, sorted by id.
pub static RULES: &[&Rule] = &[
    &capabilities::RULE,
    &compose_v1::RULE,
    &dependencies_before_source::RULE,
    &dev_dependencies::RULE,
    &end_of_life_base::RULE,
    &floating_base_image::RULE,
    &large_base::RULE,
    &multi_stage::RULE,
    &no_healthcheck::RULE,
    &no_limits::RULE,
    &no_restart::RULE,
    &non_numeric_user::RULE,
    &not_service_healthy::RULE,
    &open_backend::RULE,
    &package_cache::RULE,
    &root_user::RULE,
    &secret_in_environment::RULE,
    &secret_in_image::RULE,
    &syntax::RULE,
    &thin_dockerignore::RULE,
    &writable_root::RULE,
];

/// Whether a service runs somebody else's database, cache or queue.
fn is_backing(service: &Service) -> bool {
    let image = service.image().and_then(|(name, _)| ImageName::parse(name));
    service.build().is_none() && image.is_some_and(|image| image.is_backing())
}
