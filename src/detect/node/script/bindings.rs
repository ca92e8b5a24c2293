//! What names stand for: taken out of objects, and imported.

use oxc_ast::ast::{BindingPattern, BindingProperty, Expression, ObjectPattern};

use super::value::Value;
use super::visit::Visitor;
use super::{Call, Import};

impl Visitor<'_> {
    /// `{ a, b: c = 1 }` as names there, names here and defaults.
    pub fn bindings(&self, pattern: &ObjectPattern<'_>) -> Vec<(String, String, Option<Value>, u32)> {
        let read = |property: &BindingProperty<'_>| {
            let there = property.key.static_name()?.into_owned();
            let (here, default) = match &property.value {
                BindingPattern::BindingIdentifier(name) => (name.name.to_string(), None),
                BindingPattern::AssignmentPattern(assignment) => {
                    let name = assignment.left.get_identifier_name()?.to_string();
                    (name, Some(self.reader.value(&assignment.right)))
                }
                _ => return None,
            };
            Some((there, here, default, property.span.start))
        };
        pattern.properties.iter().filter_map(read).collect()
    }

    pub fn destructure(&mut self, pattern: &ObjectPattern<'_>, value: &Value) {
        for (there, here, default, offset) in self.bindings(pattern) {
            match value {
                Value::Environment => {
                    self.read(&there, offset, default.as_ref().and_then(Value::literal));
                    let read = Value::Env(there);
                    let value = match default {
                        Some(default) => Value::Either(Box::new(read), Box::new(default)),
                        None => read,
                    };
                    self.set(&here, value);
                }
                Value::Name(process) if process == "process" && there == "env" => {
                    self.reader.environments.insert(here);
                }
                Value::Name(name) => self.set(&here, Value::Name(format!("{name}.{there}"))),
                Value::Call(call) => {
                    let part = Call {
                        callee: format!("{}().{there}", call.callee),
                        receiver: Some(call.clone()),
                        arguments: Vec::new(),
                        line: call.line,
                    };
                    self.set(&here, Value::Call(Box::new(part)));
                }
                _ => {}
            }
        }
    }

    /// `require('x')` and `import('x')`, through `.default` and the like: specifier and member.
    pub fn required(&self, expression: &Expression<'_>) -> Option<(String, Option<String>)> {
        match expression.get_inner_expression() {
            Expression::CallExpression(call) => Some((call.common_js_require()?.value.to_string(), None)),
            Expression::AwaitExpression(wait) => self.required(&wait.argument),
            Expression::ImportExpression(import) => match &import.source {
                Expression::StringLiteral(text) => Some((text.value.to_string(), None)),
                _ => None,
            },
            Expression::StaticMemberExpression(member) => {
                let (specifier, None) = self.required(&member.object)? else { return None };
                Some((specifier, Some(member.property.name.to_string())))
            }
            _ => None,
        }
    }

    pub fn import(&mut self, specifier: &str, names: Vec<(String, String)>, offset: u32) {
        if matches!(specifier, "process" | "node:process" | "bun" | "$env/dynamic/private") {
            let env = names.iter().filter(|(there, _)| there == "env");
            self.reader.environments.extend(env.map(|(_, here)| here.clone()));
        }
        let line = self.reader.line(offset);
        self.script.imports.push(Import { specifier: specifier.to_owned(), names, line });
    }
}
