//! Expressions as far as a detector follows them.

use ruff_python_ast::{
    BoolOp, Expr, ExprCall, FStringPart, InterpolatedStringElement, Number, Operator, StringLiteralValue,
};
use ruff_python_parser::parse_expression;
use ruff_text_size::Ranged;

use super::Scope;
use crate::project::Source;

/// Deeper values are [`Value::Other`].
const MAX_DEPTH: u32 = 24;
const MAX_ENTRIES: usize = 500;

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    /// A whole number.
    Number(u64),
    /// As written: `0.5`.
    Fraction(String),
    Flag(bool),
    None,
    /// `...`
    Ellipsis,
    /// `port`, `settings.port`, `self.port`
    Name(String),
    Call(Box<Call>),
    /// A list, tuple or set.
    List(Vec<Value>),
    /// Entries with a literal text as key.
    Dict(Vec<(String, Value)>),
    /// `a[b]`; of `Annotated[a, b]` the index is a list.
    Index(Box<Value>, Box<Value>),
    /// `a or b`, `a if c else b`, `str | None`
    Either(Box<Value>, Box<Value>),
    /// An f-string or a sum of texts.
    Joined(Vec<Value>),
    /// `a / b`: a path below another.
    Below(Box<Value>, Box<Value>),
    Other,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `FastAPI`, `app.get`, `get_settings().get`
    pub callee: String,
    /// The call on whose result it is called.
    pub receiver: Option<Box<Call>>,
    pub arguments: Vec<Value>,
    pub keywords: Vec<(String, Value)>,
    /// What `or` puts in its place.
    pub fallback: Option<Value>,
    /// From 1.
    pub line: u32,
    pub scope: Scope,
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

    pub fn keyword(&self, name: &str) -> Option<&Value> {
        self.keywords.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// An argument by its name, or by its place from 0.
    pub fn argument(&self, name: &str, place: usize) -> Option<&Value> {
        self.keyword(name).or_else(|| self.arguments.get(place))
    }
}

impl Value {
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn name(&self) -> Option<&str> {
        match self {
            Value::Name(name) => Some(name),
            _ => None,
        }
    }

    pub fn call(&self) -> Option<&Call> {
        match self {
            Value::Call(call) => Some(call),
            _ => None,
        }
    }

    /// A text, number or flag as one would write it in the environment.
    pub fn literal(&self) -> Option<String> {
        match self {
            Value::Text(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Fraction(number) => Some(number.clone()),
            Value::Flag(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// The value of a key of a dict, or of a call as in `dict(a=1)`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Dict(entries) => entries.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value),
            Value::Call(call) => call.keyword(key),
            _ => None,
        }
    }
}

/// Turns the parser's expressions into values.
pub struct Reader<'s> {
    pub source: &'s Source,
}

impl Reader<'_> {
    pub fn line(&self, node: &impl Ranged) -> u32 {
        self.source.line_of(node.start().to_usize())
    }

    pub fn value(&self, expression: &Expr, scope: &Scope) -> Value {
        self.read(expression, scope, 0)
    }

    pub fn call(&self, call: &ExprCall, scope: &Scope) -> Call {
        self.read_call(call, scope, 0)
    }

    /// A type: as a value, with what stands in quotes read too.
    pub fn annotation(&self, expression: &Expr, scope: &Scope) -> Value {
        match expression {
            Expr::StringLiteral(text) => match parse_expression(text.value.to_str()) {
                // positions in the text mean nothing in the file; types hold no calls that are asked for
                Ok(parsed) => self.read(parsed.expr(), scope, 1),
                Err(_) => Value::Other,
            },
            other => self.value(other, scope),
        }
    }

    /// `a.b.c` as written, `a().b` through calls; `None` for anything else.
    pub fn path(&self, expression: &Expr) -> Option<String> {
        let mut parts: Vec<&str> = Vec::new();
        let mut at = expression;
        for _ in 0..MAX_DEPTH {
            match at {
                Expr::Name(name) => {
                    parts.push(name.id.as_str());
                    parts.reverse();
                    return Some(parts.join("."));
                }
                Expr::Attribute(attribute) => {
                    parts.push(attribute.attr.as_str());
                    at = &attribute.value;
                }
                _ => return None,
            }
        }
        None
    }

    fn read(&self, expression: &Expr, scope: &Scope, depth: u32) -> Value {
        if depth > MAX_DEPTH {
            return Value::Other;
        }
        let deeper = |expression: &Expr| self.read(expression, scope, depth + 1);
        let boxed = |expression: &Expr| Box::new(deeper(expression));
        let list = |elements: &[Expr]| Value::List(elements.iter().take(MAX_ENTRIES).map(deeper).collect());
        match expression {
            Expr::StringLiteral(text) => Value::Text(text_of(&text.value)),
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(number) => number.as_u64().map_or(Value::Other, Value::Number),
                Number::Float(number) => Value::Fraction(number.to_string()),
                Number::Complex { .. } => Value::Other,
            },
            Expr::BooleanLiteral(flag) => Value::Flag(flag.value),
            Expr::NoneLiteral(_) => Value::None,
            Expr::EllipsisLiteral(_) => Value::Ellipsis,
            Expr::FString(text) => {
                let mut parts = Vec::new();
                for part in text.value.iter().take(MAX_ENTRIES) {
                    match part {
                        FStringPart::Literal(literal) => parts.push(Value::Text(literal.value.to_string())),
                        FStringPart::FString(inner) => {
                            parts.extend(inner.elements.iter().take(MAX_ENTRIES).map(|element| match element {
                                InterpolatedStringElement::Literal(literal) => Value::Text(literal.value.to_string()),
                                InterpolatedStringElement::Interpolation(inner) => deeper(&inner.expression),
                            }))
                        }
                    }
                }
                Value::Joined(parts)
            }
            Expr::BinOp(sum) => match sum.op {
                Operator::Add => {
                    let mut parts = match deeper(&sum.left) {
                        Value::Joined(parts) => parts,
                        other => vec![other],
                    };
                    parts.push(deeper(&sum.right));
                    Value::Joined(parts)
                }
                Operator::Div => Value::Below(boxed(&sum.left), boxed(&sum.right)),
                Operator::BitOr => Value::Either(boxed(&sum.left), boxed(&sum.right)),
                _ => Value::Other,
            },
            Expr::BoolOp(choice) if choice.op == BoolOp::Or => {
                let mut values = choice.values.iter().take(MAX_ENTRIES).rev().map(deeper);
                let last = values.next().unwrap_or(Value::Other);
                values.fold(last, |rest, value| Value::Either(Box::new(value), Box::new(rest)))
            }
            Expr::If(choice) => Value::Either(boxed(&choice.body), boxed(&choice.orelse)),
            Expr::Await(wait) => deeper(&wait.value),
            Expr::Named(named) => deeper(&named.value),
            Expr::Call(call) => Value::Call(Box::new(self.read_call(call, scope, depth + 1))),
            Expr::List(elements) => list(&elements.elts),
            Expr::Tuple(elements) => list(&elements.elts),
            Expr::Set(elements) => list(&elements.elts),
            Expr::Dict(dict) => {
                let mut entries = Vec::new();
                for item in dict.items.iter().take(MAX_ENTRIES) {
                    match &item.key {
                        Some(Expr::StringLiteral(key)) => entries.push((text_of(&key.value), deeper(&item.value))),
                        Some(_) => {}
                        None => {
                            if let Value::Dict(inner) = deeper(&item.value) {
                                entries.extend(inner);
                            }
                        }
                    }
                }
                Value::Dict(entries)
            }
            Expr::Subscript(index) => Value::Index(boxed(&index.value), boxed(&index.slice)),
            Expr::Name(_) => self.path(expression).map_or(Value::Other, Value::Name),
            Expr::Attribute(attribute) => match self.path(expression) {
                Some(path) => Value::Name(path),
                // a part of a call's result: `get_settings().port`
                None => match self.callee(&attribute.value, scope, depth + 1) {
                    (callee, Some(receiver)) => Value::Call(Box::new(Call {
                        callee: format!("{callee}.{}", attribute.attr.as_str()),
                        arguments: Vec::new(),
                        keywords: Vec::new(),
                        fallback: None,
                        line: receiver.line,
                        scope: scope.clone(),
                        receiver: Some(receiver),
                    })),
                    _ => Value::Other,
                },
            },
            _ => Value::Other,
        }
    }

    /// A callee as written, and the call whose result it begins with.
    fn callee(&self, expression: &Expr, scope: &Scope, depth: u32) -> (String, Option<Box<Call>>) {
        if depth > MAX_DEPTH {
            return ("?".to_owned(), None);
        }
        match expression {
            Expr::Name(name) => (name.id.to_string(), None),
            Expr::Attribute(attribute) => {
                let (path, call) = self.callee(&attribute.value, scope, depth + 1);
                (format!("{path}.{}", attribute.attr.as_str()), call)
            }
            Expr::Call(call) => {
                let call = self.read_call(call, scope, depth + 1);
                (format!("{}()", call.callee), Some(Box::new(call)))
            }
            Expr::Await(wait) => self.callee(&wait.value, scope, depth + 1),
            _ => ("?".to_owned(), None),
        }
    }

    fn read_call(&self, call: &ExprCall, scope: &Scope, depth: u32) -> Call {
        let (callee, receiver) = self.callee(&call.func, scope, depth + 1);
        // the line of the last word: a chain of calls spans many
        let line = match &*call.func {
            Expr::Attribute(attribute) => self.line(&attribute.attr),
            other => self.line(other),
        };
        let read = |expression: &Expr| self.read(expression, scope, depth + 1);
        let mut keywords = Vec::new();
        for keyword in call.arguments.keywords.iter().take(MAX_ENTRIES) {
            match &keyword.arg {
                Some(name) => keywords.push((name.to_string(), read(&keyword.value))),
                None => match read(&keyword.value) {
                    Value::Dict(entries) => keywords.extend(entries),
                    other => keywords.push(("**".to_owned(), other)),
                },
            }
        }
        let arguments = call.arguments.args.iter().take(MAX_ENTRIES).map(read).collect();
        Call { callee, receiver, arguments, keywords, fallback: None, line, scope: scope.clone() }
    }
}

fn text_of(text: &StringLiteralValue) -> String {
    text.to_str().to_owned()
}
