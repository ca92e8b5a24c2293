//! Expressions as far as a detector follows them.

use std::collections::BTreeSet;

use oxc_ast::ast::{
    Argument, BinaryOperator, CallExpression, ChainElement, Expression, LogicalOperator, NewExpression,
    ObjectExpression, ObjectPropertyKind, UnaryOperator,
};
use oxc_span::GetSpan;

use crate::project::Source;

/// Deeper values are [`Value::Other`].
const MAX_DEPTH: u32 = 24;
const MAX_ENTRIES: usize = 500;

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    /// A whole number.
    Number(u64),
    Flag(bool),
    /// `port`, `config.port`, `this.port`
    Name(String),
    /// `process.env.X`
    Env(String),
    /// `process.env` itself.
    Environment,
    Object(Vec<Entry>),
    List(Vec<Value>),
    Call(Box<Call>),
    /// `a || b`, `a ?? b`, `c ? a : b`
    Either(Box<Value>, Box<Value>),
    /// A template or a sum of texts.
    Joined(Vec<Value>),
    Function,
    Other,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub value: Value,
    /// From 1.
    pub line: u32,
}

/// A call or `new`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `app.get`, `new Hono`, `app.route().get`
    pub callee: String,
    /// The call whose result it is called on.
    pub receiver: Option<Box<Call>>,
    pub arguments: Vec<Value>,
    /// From 1.
    pub line: u32,
}

impl Call {
    /// The last part of the callee: `get` of `app.get`.
    pub fn name(&self) -> &str {
        self.callee.rsplit('.').next().unwrap_or(&self.callee)
    }

    /// What it is called on: `app` of `app.get`; empty for a function.
    pub fn object(&self) -> &str {
        self.callee.rsplit_once('.').map_or("", |(object, _)| object)
    }
}

impl Value {
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key of an object.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Object(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// A text, number or flag as one would write it in the environment.
    pub fn literal(&self) -> Option<String> {
        match self {
            Value::Text(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Flag(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// The name in the environment that it is, through conversions as in `Number(process.env.X)`.
    pub fn env_name(&self) -> Option<&str> {
        match self {
            Value::Env(name) => Some(name),
            Value::Either(first, _) => first.env_name(),
            Value::Call(call) => call.arguments.first()?.env_name(),
            _ => None,
        }
    }
}

/// Turns the parser's expressions into values.
pub struct Reader<'s> {
    pub source: &'s Source,
    /// Names that stand for `process.env`.
    pub environments: BTreeSet<String>,
}

impl Reader<'_> {
    pub fn line(&self, offset: u32) -> u32 {
        self.source.line_of(offset as usize)
    }

    pub fn value(&self, expression: &Expression<'_>) -> Value {
        self.read(expression, 0)
    }

    pub fn call(&self, call: &CallExpression<'_>) -> Call {
        self.read_call(call, 0)
    }

    pub fn construct(&self, new: &NewExpression<'_>) -> Call {
        self.read_new(new, 0)
    }

    pub fn object(&self, object: &ObjectExpression<'_>) -> Value {
        self.read_object(object, 0)
    }

    /// Whether it is `process.env` or a name for it.
    pub fn is_environment(&self, expression: &Expression<'_>) -> bool {
        match expression.get_inner_expression() {
            Expression::Identifier(name) => self.environments.contains(name.name.as_str()),
            Expression::StaticMemberExpression(member) => member.property.name == "env" && is_process(&member.object),
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::StaticMemberExpression(member) => {
                    member.property.name == "env" && is_process(&member.object)
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn read(&self, expression: &Expression<'_>, depth: u32) -> Value {
        if depth > MAX_DEPTH {
            return Value::Other;
        }
        let deeper = |expression: &Expression<'_>| self.read(expression, depth + 1);
        if self.is_environment(expression) {
            return Value::Environment;
        }
        match expression.get_inner_expression() {
            Expression::StringLiteral(text) => Value::Text(text.value.to_string()),
            Expression::NumericLiteral(number) if number.value >= 0.0 && number.value.fract() == 0.0 => {
                Value::Number(number.value as u64)
            }
            Expression::BooleanLiteral(flag) => Value::Flag(flag.value),
            Expression::TemplateLiteral(template) => {
                let text = |at: usize| {
                    let cooked = template.quasis.get(at).and_then(|quasi| quasi.value.cooked);
                    Value::Text(cooked.map(|text| text.to_string()).unwrap_or_default())
                };
                if template.expressions.is_empty() {
                    return text(0);
                }
                let mut parts = vec![text(0)];
                for (at, expression) in template.expressions.iter().take(MAX_ENTRIES).enumerate() {
                    parts.extend([deeper(expression), text(at + 1)]);
                }
                parts.retain(|part| part.text() != Some(""));
                Value::Joined(parts)
            }
            Expression::BinaryExpression(sum) if sum.operator == BinaryOperator::Addition => {
                let mut parts = match deeper(&sum.left) {
                    Value::Joined(parts) => parts,
                    other => vec![other],
                };
                parts.push(deeper(&sum.right));
                Value::Joined(parts)
            }
            Expression::LogicalExpression(logical) if logical.operator != LogicalOperator::And => {
                Value::Either(Box::new(deeper(&logical.left)), Box::new(deeper(&logical.right)))
            }
            Expression::ConditionalExpression(choice) => {
                Value::Either(Box::new(deeper(&choice.consequent)), Box::new(deeper(&choice.alternate)))
            }
            Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::UnaryPlus => deeper(&unary.argument),
            Expression::AwaitExpression(wait) => deeper(&wait.argument),
            Expression::AssignmentExpression(assignment) => deeper(&assignment.right),
            Expression::CallExpression(call) => Value::Call(Box::new(self.read_call(call, depth + 1))),
            Expression::NewExpression(new) => Value::Call(Box::new(self.read_new(new, depth + 1))),
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => Value::Call(Box::new(self.read_call(call, depth + 1))),
                element => element
                    .as_member_expression()
                    .map_or(Value::Other, |member| self.member(member.object(), member.static_property_name(), depth)),
            },
            Expression::ObjectExpression(object) => self.read_object(object, depth),
            Expression::ArrayExpression(array) => {
                let elements = array.elements.iter().take(MAX_ENTRIES);
                Value::List(elements.map(|element| element.as_expression().map_or(Value::Other, deeper)).collect())
            }
            Expression::Identifier(name) => Value::Name(name.name.to_string()),
            Expression::StaticMemberExpression(member) => {
                self.member(&member.object, Some(member.property.name.as_str()), depth)
            }
            Expression::ComputedMemberExpression(member) => {
                self.member(&member.object, member.static_property_name().as_deref(), depth)
            }
            Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_) => Value::Function,
            _ => Value::Other,
        }
    }

    fn read_object(&self, object: &ObjectExpression<'_>, depth: u32) -> Value {
        let deeper = |expression: &Expression<'_>| self.read(expression, depth + 1);

        let mut entries = Vec::new();
        for property in object.properties.iter().take(MAX_ENTRIES) {
            match property {
                ObjectPropertyKind::ObjectProperty(property) => {
                    let Some(key) = property.key.static_name() else { continue };
                    let line = self.line(property.span.start);
                    entries.push(Entry { key: key.into_owned(), value: deeper(&property.value), line });
                }
                ObjectPropertyKind::SpreadProperty(spread) => {
                    if let Value::Object(inner) = deeper(&spread.argument) {
                        entries.extend(inner);
                    }
                }
            }
        }
        Value::Object(entries)
    }

    fn member(&self, object: &Expression<'_>, property: Option<&str>, depth: u32) -> Value {
        let Some(property) = property else { return Value::Other };
        if self.is_environment(object) {
            return Value::Env(property.to_owned());
        }
        match self.path(object, depth + 1) {
            (path, None) if path != "?" => Value::Name(format!("{path}.{property}")),
            (_, Some(call)) => {
                // a part of a call's result: `require('./config').port`
                Value::Call(Box::new(Call {
                    callee: format!("{}().{property}", call.callee),
                    arguments: Vec::new(),
                    line: call.line,
                    receiver: Some(call),
                }))
            }
            _ => Value::Other,
        }
    }

    /// A callee as written, and the call whose result it begins with.
    fn path(&self, expression: &Expression<'_>, depth: u32) -> (String, Option<Box<Call>>) {
        if depth > MAX_DEPTH {
            return ("?".to_owned(), None);
        }
        let of = |object: &Expression<'_>, property: &str| {
            let (path, call) = self.path(object, depth + 1);
            (format!("{path}.{property}"), call)
        };
        match expression.get_inner_expression() {
            Expression::Identifier(name) => (name.name.to_string(), None),
            Expression::ThisExpression(_) => ("this".to_owned(), None),
            Expression::StaticMemberExpression(member) => of(&member.object, member.property.name.as_str()),
            Expression::ComputedMemberExpression(member) => {
                of(&member.object, member.static_property_name().as_deref().unwrap_or("?"))
            }
            Expression::PrivateFieldExpression(member) => of(&member.object, member.field.name.as_str()),
            Expression::CallExpression(call) => self.on(self.read_call(call, depth + 1)),
            Expression::NewExpression(new) => self.on(self.read_new(new, depth + 1)),
            Expression::AwaitExpression(wait) => self.path(&wait.argument, depth + 1),
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => self.on(self.read_call(call, depth + 1)),
                element => match element.as_member_expression() {
                    Some(member) => of(member.object(), member.static_property_name().unwrap_or("?")),
                    None => ("?".to_owned(), None),
                },
            },
            _ => ("?".to_owned(), None),
        }
    }

    fn on(&self, call: Call) -> (String, Option<Box<Call>>) {
        (format!("{}()", call.callee), Some(Box::new(call)))
    }

    fn read_call(&self, call: &CallExpression<'_>, depth: u32) -> Call {
        let (callee, receiver) = self.path(&call.callee, depth + 1);
        // the line of the last word: a chain of calls spans many
        let line = match call.callee.get_inner_expression() {
            Expression::StaticMemberExpression(member) => member.property.span.start,
            other => other.span().start,
        };
        Call { callee, receiver, arguments: self.arguments(&call.arguments, depth), line: self.line(line) }
    }

    fn read_new(&self, new: &NewExpression<'_>, depth: u32) -> Call {
        let (callee, receiver) = self.path(&new.callee, depth + 1);
        let line = self.line(new.span.start);
        Call { callee: format!("new {callee}"), receiver, arguments: self.arguments(&new.arguments, depth), line }
    }

    fn arguments(&self, arguments: &[Argument<'_>], depth: u32) -> Vec<Value> {
        let read = |argument: &Argument<'_>| {
            argument.as_expression().map_or(Value::Other, |expression| self.read(expression, depth + 1))
        };
        arguments.iter().take(MAX_ENTRIES).map(read).collect()
    }
}

fn is_process(expression: &Expression<'_>) -> bool {
    match expression.get_inner_expression() {
        Expression::Identifier(name) => matches!(name.name.as_str(), "process" | "Bun"),
        Expression::StaticMemberExpression(member) => {
            member.property.name == "process" && member.object.is_specific_id("globalThis")
        }
        _ => false,
    }
}
