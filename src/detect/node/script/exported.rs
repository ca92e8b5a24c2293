//! What a file exports as its default, key by key: through variables, wrappers, spreads,
//! conditions and functions that return it. For files of settings that a program loads.
//!
//! Nothing runs. What cannot be followed is [`Said::Unclear`], never "not set".

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use oxc_ast::ast::*;
use oxc_span::GetSpan;

use super::known::{Known, environment_name};
use super::scope::{Condition, Scope, body_of, path_of};
use crate::project::Source;

/// Settings of people nest little.
pub(super) const MAX_DEPTH: u32 = 60;

/// What the exported object says under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A text, or a flag as `true` and `false`; the line counts from 1.
    Is(String, u32),
    NotSet,
    /// It is set, or may be, to something that only running the file tells.
    Unclear(u32),
}

/// The default export of one file.
#[derive(Debug, Clone, Default)]
pub struct Exported {
    /// The wanted keys while no name of the environment is set but `NODE_ENV=production`.
    pub said: BTreeMap<String, Said>,
    /// The same with one name of the environment set to a value that the file asks for.
    pub with: Vec<(Variable, BTreeMap<String, Said>)>,
    /// Behind the `{` of the only object that it can be, in bytes: where a key could be added.
    pub object: Option<usize>,
}

/// A name of the environment and its value.
pub type Variable = (String, String);

/// Reads the wanted keys of a parsed file. `tries` are values to try for a name of the environment
/// that is a key's value as it is.
pub fn read(program: &Program<'_>, source: &Source, keys: &[&str], tries: &[&str]) -> Exported {
    let scope = Scope::of(&program.body);
    let asked = RefCell::default();
    let objects = RefCell::default();
    let all = |set: Option<&Variable>| -> BTreeMap<String, Said> {
        let reading = Reading { source, tries, set, asked: &asked, objects: &objects };
        keys.iter().map(|key| ((*key).to_owned(), reading.default_export(&scope, key))).collect()
    };
    let said = all(None);
    let object = { objects.borrow() }.iter().next().copied().filter(|_| objects.borrow().len() == 1);
    let variables: BTreeSet<Variable> = asked.borrow().clone();
    let with = variables.into_iter().map(|variable| (variable.clone(), all(Some(&variable))));
    let with = with.filter(|(_, with)| *with != said).collect();
    Exported { said, with, object }
}

/// The scopes around an expression, the innermost first.
#[derive(Clone, Copy)]
pub(super) struct Around<'s, 't, 'a> {
    pub(super) scope: &'s Scope<'t, 'a>,
    pub(super) outer: Option<&'s Around<'s, 't, 'a>>,
    pub(super) depth: u32,
    /// It is spread into another object, or one of several.
    pub(super) part: bool,
}

pub(super) struct Reading<'r> {
    source: &'r Source,
    tries: &'r [&'r str],
    pub(super) set: Option<&'r Variable>,
    pub(super) asked: &'r RefCell<BTreeSet<Variable>>,
    objects: &'r RefCell<BTreeSet<usize>>,
}

impl Reading<'_> {
    fn line(&self, of: &impl GetSpan) -> u32 {
        self.source.line_of(of.span().start as usize)
    }

    fn default_export<'t, 'a>(&self, scope: &Scope<'t, 'a>, key: &str) -> Said {
        let around = Around { scope, outer: None, depth: 0, part: false };
        if let Some(function) = scope.default_function {
            return self.returned(&function.params, body_of(function), &[], key, &around);
        }
        ["default", "module.exports", "exports.default"]
            .iter()
            .find_map(|name| self.set_to(name, key, None, &around))
            .unwrap_or(Said::Unclear(1))
    }

    /// What a name was last set to before a place in the file.
    fn set_to<'t, 'a>(&self, name: &str, key: &str, before: Option<u32>, around: &Around<'_, 't, 'a>) -> Option<Said> {
        let sets = around.scope.sets.get(name)?;
        let sets = sets.iter().rev().filter(|set| before.is_none_or(|before| set.at <= before));
        let mut maybe: Option<Said> = None;
        for set in sets {
            match self.holds(&set.conditions, around) {
                Some(false) => {}
                Some(true) => {
                    let said = self.lookup(set.value, key, around);
                    return Some(maybe.map_or(said.clone(), |other| merged(other, said)));
                }
                None => {
                    let said = self.lookup(set.value, key, &Around { part: true, ..*around });
                    maybe = Some(maybe.map_or(said.clone(), |other| merged(other, said)));
                }
            }
        }
        maybe
    }

    /// Whether all conditions hold; `None` where only running tells.
    fn holds<'t, 'a>(&self, conditions: &[Condition<'t, 'a>], around: &Around<'_, 't, 'a>) -> Option<bool> {
        let mut all = Some(true);
        for condition in conditions {
            let holds = match condition {
                Condition::Unknown => None,
                Condition::Test(test, wanted) => self.truth(test, around).map(|truth| truth == *wanted),
            };
            match holds {
                Some(false) => return Some(false),
                None => all = None,
                Some(true) => {}
            }
        }
        all
    }

    /// What an object, or whatever becomes one, says under a key.
    fn lookup<'t, 'a>(&self, expression: &'t Expression<'a>, key: &str, around: &Around<'_, 't, 'a>) -> Said {
        let unclear = || Said::Unclear(self.line(expression));
        if around.depth > MAX_DEPTH {
            return unclear();
        }
        let around = &Around { depth: around.depth + 1, ..*around };
        match expression.get_inner_expression() {
            Expression::ObjectExpression(object) => self.in_object(object, key, around),
            Expression::Identifier(name) => self.in_name(name, key, around),
            Expression::CallExpression(call) => self.in_call(call, key, around),
            Expression::ArrowFunctionExpression(arrow) => self.in_arrow(arrow, &[], key, around),
            Expression::FunctionExpression(function) => {
                self.returned(&function.params, body_of(function), &[], key, around)
            }
            Expression::ConditionalExpression(choice) => match self.truth(&choice.test, around) {
                Some(true) => self.lookup(&choice.consequent, key, around),
                Some(false) => self.lookup(&choice.alternate, key, around),
                None => {
                    let part = &Around { part: true, ..*around };
                    merged(self.lookup(&choice.consequent, key, part), self.lookup(&choice.alternate, key, part))
                }
            },
            Expression::LogicalExpression(logical) => {
                let truth = self.truth(&logical.left, around);
                match (logical.operator, truth) {
                    (LogicalOperator::And, Some(true))
                    | (LogicalOperator::Or | LogicalOperator::Coalesce, Some(false)) => {
                        self.lookup(&logical.right, key, around)
                    }
                    (LogicalOperator::And, Some(false)) => Said::NotSet,
                    (LogicalOperator::And, None) => {
                        merged(Said::NotSet, self.lookup(&logical.right, key, &Around { part: true, ..*around }))
                    }
                    (_, Some(true)) => self.lookup(&logical.left, key, around),
                    (_, None) => unclear(),
                }
            }
            Expression::AwaitExpression(wait) => self.lookup(&wait.argument, key, around),
            Expression::SequenceExpression(list) => {
                list.expressions.last().map_or_else(unclear, |last| self.lookup(last, key, around))
            }
            Expression::AssignmentExpression(assignment) => self.lookup(&assignment.right, key, around),
            Expression::StaticMemberExpression(_) => {
                let before = Some(expression.span().start);
                let found = path_of(expression).and_then(|path| self.set_to(&path, key, before, around));
                found.unwrap_or_else(unclear)
            }
            Expression::NullLiteral(_) | Expression::BooleanLiteral(_) => Said::NotSet,
            _ => unclear(),
        }
    }

    fn in_object<'t, 'a>(&self, object: &'t ObjectExpression<'a>, key: &str, around: &Around<'_, 't, 'a>) -> Said {
        if !around.part {
            self.objects.borrow_mut().insert(object.span.start as usize + 1);
        }
        let mut maybe: Option<Said> = None;
        for property in object.properties.iter().rev() {
            match property {
                ObjectPropertyKind::ObjectProperty(property) => match property.key.static_name() {
                    Some(name) if name == key => {
                        let said = self.said(&property.value, self.line(&**property), around);
                        return maybe.map_or(said.clone(), |other| merged(other, said));
                    }
                    _ => {}
                },
                ObjectPropertyKind::SpreadProperty(spread) => {
                    let said = self.lookup(&spread.argument, key, &Around { part: true, ..*around });
                    match said {
                        Said::NotSet => {}
                        Said::Is(..) => return maybe.map_or(said.clone(), |other| merged(other, said)),
                        Said::Unclear(_) => maybe = Some(said),
                    }
                }
            }
        }
        maybe.unwrap_or(Said::NotSet)
    }

    /// A key's value.
    fn said<'t, 'a>(&self, value: &'t Expression<'a>, line: u32, around: &Around<'_, 't, 'a>) -> Said {
        if let Some(name) = environment_name(value) {
            let tries = self.tries.iter().map(|value| (name.to_owned(), (*value).to_owned()));
            self.asked.borrow_mut().extend(tries);
        }
        match self.known(value, around) {
            Known::Text(text) => Said::Is(text, line),
            Known::Flag(flag) => Said::Is(flag.to_string(), line),
            Known::Nothing => Said::NotSet,
            Known::Thing | Known::Unknown => Said::Unclear(line),
        }
    }

    fn in_name<'t, 'a>(&self, name: &'t IdentifierReference<'a>, key: &str, around: &Around<'_, 't, 'a>) -> Said {
        let mut place = Some(around);
        // within one scope what stands later has not happened yet
        let mut before = Some(name.span.start);
        while let Some(here) = place {
            let here_at_depth = &Around { depth: around.depth, part: around.part, ..*here };
            if let Some(bound) = here.scope.parameters.get(name.name.as_str()) {
                return match (bound, here.outer) {
                    (Some(argument), Some(outer)) => {
                        self.lookup(argument, key, &Around { depth: around.depth, part: around.part, ..*outer })
                    }
                    _ => Said::NotSet,
                };
            }
            let member = format!("{}.{key}", name.name);
            let changed = here.scope.sets.get(&member).and_then(|_| self.member_set(&member, before, here_at_depth));
            if let Some(said) = changed {
                return said;
            }
            if let Some(said) = self.set_to(name.name.as_str(), key, before, here_at_depth) {
                return said;
            }
            if let Some(function) = here.scope.functions.get(name.name.as_str()) {
                return self.returned(&function.params, body_of(function), &[], key, here_at_depth);
            }
            place = here.outer;
            before = None;
        }
        if name.name == "undefined" { Said::NotSet } else { Said::Unclear(self.line(name)) }
    }

    /// `config.output = 'standalone'` behind the object itself.
    fn member_set<'t, 'a>(&self, member: &str, before: Option<u32>, around: &Around<'_, 't, 'a>) -> Option<Said> {
        let set =
            around.scope.sets.get(member)?.iter().rev().find(|set| before.is_none_or(|before| set.at <= before))?;
        match self.holds(&set.conditions, around) {
            Some(true) => Some(self.said(set.value, self.line(set.value), around)),
            Some(false) => None,
            None => Some(Said::Unclear(self.line(set.value))),
        }
    }

    fn in_call<'t, 'a>(&self, call: &'t CallExpression<'a>, key: &str, around: &Around<'_, 't, 'a>) -> Said {
        let arguments: Vec<&'t Expression<'a>> = call.arguments.iter().filter_map(Argument::as_expression).collect();
        match call.callee.get_inner_expression() {
            Expression::Identifier(name) => {
                if let Some(said) = self.called(name, &arguments, key, around) {
                    return said;
                }
            }
            Expression::ArrowFunctionExpression(arrow) => return self.in_arrow(arrow, &arguments, key, around),
            callee if path_of(callee).as_deref() == Some("Object.assign") => {
                let part = &Around { part: true, ..*around };
                let says = arguments.iter().rev().map(|argument| self.lookup(argument, key, part));
                return says.into_iter().find(|said| *said != Said::NotSet).unwrap_or(Said::NotSet);
            }
            _ => {}
        }
        // a wrapper passes on what it is given: the first thing that can be an object
        let is_object = |argument: &&&'t Expression<'a>| {
            !matches!(
                argument.get_inner_expression(),
                Expression::ArrayExpression(_)
                    | Expression::StringLiteral(_)
                    | Expression::NumericLiteral(_)
                    | Expression::BooleanLiteral(_)
                    | Expression::ArrowFunctionExpression(_)
                    | Expression::FunctionExpression(_)
            )
        };
        // `withX(config)(phase)`: what is called last is given what Next.js gives
        let is_curried = matches!(call.callee.get_inner_expression(), Expression::CallExpression(_));
        let is_given = |argument: &&Expression<'a>| is_curried && around.is_unbound(argument);
        let arguments: Vec<&Expression<'a>> = arguments.into_iter().filter(|argument| !is_given(argument)).collect();
        match arguments.iter().find(is_object).or(arguments.first()) {
            Some(argument) => self.lookup(argument, key, around),
            None => match call.callee.get_inner_expression() {
                Expression::CallExpression(inner) if !inner.arguments.is_empty() => self.in_call(inner, key, around),
                _ => Said::Unclear(self.line(call)),
            },
        }
    }

    /// A call of a function of the same file.
    fn called<'t, 'a>(
        &self,
        name: &'t IdentifierReference<'a>,
        arguments: &[&'t Expression<'a>],
        key: &str,
        around: &Around<'_, 't, 'a>,
    ) -> Option<Said> {
        let mut place = Some(around);
        while let Some(here) = place {
            if let Some(function) = here.scope.functions.get(name.name.as_str()) {
                return Some(self.returned(&function.params, body_of(function), arguments, key, around));
            }
            if let Some(set) = here.scope.sets.get(name.name.as_str()).and_then(|sets| sets.last()) {
                return match set.value.get_inner_expression() {
                    Expression::ArrowFunctionExpression(arrow) => Some(self.in_arrow(arrow, arguments, key, around)),
                    Expression::FunctionExpression(function) => {
                        Some(self.returned(&function.params, body_of(function), arguments, key, around))
                    }
                    _ => None,
                };
            }
            place = here.outer;
        }
        None
    }

    fn in_arrow<'t, 'a>(
        &self,
        arrow: &'t ArrowFunctionExpression<'a>,
        arguments: &[&'t Expression<'a>],
        key: &str,
        around: &Around<'_, 't, 'a>,
    ) -> Said {
        match &arrow.body {
            ArrowFunctionBody::FunctionBody(body) => {
                self.returned(&arrow.params, Some(body.statements.as_slice()), arguments, key, around)
            }
            body => {
                let mut scope = Scope::default();
                scope.bind(&arrow.params, arguments);
                let inner = Around { scope: &scope, outer: Some(around), depth: around.depth + 1, part: around.part };
                body.as_expression().map_or(Said::Unclear(self.line(arrow)), |value| self.lookup(value, key, &inner))
            }
        }
    }

    /// What a function returns.
    fn returned<'t, 'a>(
        &self,
        parameters: &'t FormalParameters<'a>,
        body: Option<&'t [Statement<'a>]>,
        arguments: &[&'t Expression<'a>],
        key: &str,
        around: &Around<'_, 't, 'a>,
    ) -> Said {
        let unclear = Said::Unclear(self.line(parameters));
        let Some(body) = body.filter(|_| around.depth < MAX_DEPTH) else { return unclear };
        let mut scope = Scope::of(body);
        scope.bind(parameters, arguments);
        let inner = Around { scope: &scope, outer: Some(around), depth: around.depth + 1, part: around.part };
        let mut maybe: Option<Said> = None;
        for (value, conditions) in &scope.returns {
            match self.holds(conditions, &inner) {
                Some(false) => {}
                Some(true) => {
                    let said = self.lookup(value, key, &inner);
                    return maybe.map_or(said.clone(), |other| merged(other, said));
                }
                None => {
                    let said = self.lookup(value, key, &Around { part: true, ..inner });
                    maybe = Some(maybe.map_or(said.clone(), |other| merged(other, said)));
                }
            }
        }
        maybe.unwrap_or(unclear)
    }
}

/// Two possible answers as one.
fn merged(one: Said, other: Said) -> Said {
    match (&one, &other) {
        (Said::Is(a, _), Said::Is(b, _)) if a == b => one,
        (Said::NotSet, Said::NotSet) => one,
        (Said::Is(_, line), _) | (_, Said::Is(_, line)) | (Said::Unclear(line), _) | (_, Said::Unclear(line)) => {
            Said::Unclear(*line)
        }
    }
}
