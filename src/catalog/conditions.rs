//! `when` of a template: an expression over what was detected, before anything is decided by a
//! template.

use std::collections::BTreeMap;

use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior};

use crate::facts::Component;

/// Instructions one expression may take.
const FUEL: u64 = 10_000;
/// The stacks, each a name that is true or false.
pub const STACKS: &[&str] = &["node", "next", "fastapi", "go"];
/// The other names of an expression; each fact's key is one besides, with its value as text.
pub const NAMES: &[&str] = &["stack", "path", "services", "settings"];

/// Whether `when` holds for a component. A fact that is absent or still open is false.
///
/// # Errors
/// The expression cannot be read, or does not end.
pub fn holds(when: &str, component: &Component) -> Result<bool, String> {
    let environment = environment();
    let compiled = environment.compile_expression(when).map_err(|error| error.to_string())?;
    let value = compiled.eval(values(component)).map_err(|error| error.to_string())?;
    Ok(value.is_true())
}

/// The names that an expression uses.
///
/// # Errors
/// It cannot be read.
pub fn names(when: &str) -> Result<Vec<String>, String> {
    let environment = environment();
    let compiled = environment.compile_expression(when).map_err(|error| error.to_string())?;
    let mut names: Vec<String> = compiled.undeclared_variables(false).into_iter().collect();
    names.sort();
    Ok(names)
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    environment
}

fn values(component: &Component) -> Value {
    let id = component.stack.id();
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    for fact in component.facts() {
        values.insert(fact.key.to_owned(), fact.value.map_or_else(|| Value::from(()), Value::from));
    }
    values.extend(STACKS.iter().map(|stack| ((*stack).to_owned(), Value::from(*stack == id))));
    let of = |names: Vec<String>| Value::from(names);
    values.insert("stack".to_owned(), Value::from(id));
    values.insert("path".to_owned(), Value::from(component.path.as_str()));
    values.insert("services".to_owned(), of(component.services.iter().map(|service| service.id.clone()).collect()));
    values.insert("settings".to_owned(), of(component.settings.iter().map(|one| one.name.to_string()).collect()));
    Value::from(values)
}
