//! What a condition of a file of settings comes out as, while the build runs it: names of the
//! environment are not set but `NODE_ENV=production` and the one that is tried.

use oxc_ast::ast::*;

use super::exported::{Around, MAX_DEPTH, Reading};
use super::scope::path_of;

/// A value as far as conditions ask.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Known {
    Text(String),
    Flag(bool),
    /// `undefined`, `null`, and a name of the environment that is not set.
    Nothing,
    /// An object, a function: something.
    Thing,
    Unknown,
}

impl Known {
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Known::Text(text) => Some(!text.is_empty()),
            Known::Flag(flag) => Some(*flag),
            Known::Nothing => Some(false),
            Known::Thing => Some(true),
            Known::Unknown => None,
        }
    }
}

impl Around<'_, '_, '_> {
    /// Whether it is a parameter that nobody in the file gives a value.
    pub(super) fn is_unbound(&self, expression: &Expression<'_>) -> bool {
        let Expression::Identifier(name) = expression.get_inner_expression() else { return false };
        let mut place = Some(self);
        while let Some(here) = place {
            if let Some(bound) = here.scope.parameters.get(name.name.as_str()) {
                return bound.is_none();
            }
            place = here.outer;
        }
        false
    }
}

impl Reading<'_> {
    pub(super) fn truth<'t, 'a>(&self, expression: &'t Expression<'a>, around: &Around<'_, 't, 'a>) -> Option<bool> {
        if let Some(name) = environment_name(expression) {
            self.ask(name, "1");
        }
        self.known(expression, around).truth()
    }

    fn ask(&self, name: &str, value: &str) {
        if name != "NODE_ENV" {
            self.asked.borrow_mut().insert((name.to_owned(), value.to_owned()));
        }
    }

    pub(super) fn known<'t, 'a>(&self, expression: &'t Expression<'a>, around: &Around<'_, 't, 'a>) -> Known {
        if around.depth > MAX_DEPTH {
            return Known::Unknown;
        }
        let around = &Around { depth: around.depth + 1, ..*around };
        if let Some(name) = environment_name(expression) {
            return match self.set {
                _ if name == "NODE_ENV" => Known::Text("production".to_owned()),
                Some((set, value)) if set == name => Known::Text(value.clone()),
                _ => Known::Nothing,
            };
        }
        match expression.get_inner_expression() {
            Expression::StringLiteral(text) => Known::Text(text.value.to_string()),
            Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
                let text = template.quasis.first().and_then(|quasi| quasi.value.cooked);
                text.map_or(Known::Unknown, |text| Known::Text(text.to_string()))
            }
            Expression::BooleanLiteral(flag) => Known::Flag(flag.value),
            Expression::NullLiteral(_) => Known::Nothing,
            Expression::NumericLiteral(number) => Known::Text(number.value.to_string()),
            Expression::ObjectExpression(_)
            | Expression::ArrayExpression(_)
            | Expression::ArrowFunctionExpression(_)
            | Expression::FunctionExpression(_) => Known::Thing,
            Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::LogicalNot => {
                self.truth(&unary.argument, around).map_or(Known::Unknown, |truth| Known::Flag(!truth))
            }
            Expression::ConditionalExpression(choice) => match self.truth(&choice.test, around) {
                Some(true) => self.known(&choice.consequent, around),
                Some(false) => self.known(&choice.alternate, around),
                None => Known::Unknown,
            },
            Expression::LogicalExpression(logical) => match (logical.operator, self.truth(&logical.left, around)) {
                (LogicalOperator::And, Some(false)) | (LogicalOperator::Or, Some(true)) => {
                    self.known(&logical.left, around)
                }
                (LogicalOperator::And, Some(true)) | (LogicalOperator::Or, Some(false)) => {
                    self.known(&logical.right, around)
                }
                (LogicalOperator::Coalesce, _) => match self.known(&logical.left, around) {
                    Known::Nothing => self.known(&logical.right, around),
                    other => other,
                },
                (_, None) => Known::Unknown,
            },
            Expression::BinaryExpression(both) => self.compared(both, around),
            Expression::CallExpression(call) if path_of(&call.callee).as_deref() == Some("Boolean") => {
                let argument = call.arguments.first().and_then(Argument::as_expression);
                argument.and_then(|argument| self.truth(argument, around)).map_or(Known::Unknown, Known::Flag)
            }
            Expression::Identifier(name) => self.known_name(name, around),
            _ => Known::Unknown,
        }
    }

    fn compared<'t, 'a>(&self, both: &'t BinaryExpression<'a>, around: &Around<'_, 't, 'a>) -> Known {
        let equal = match both.operator {
            BinaryOperator::StrictEquality | BinaryOperator::Equality => true,
            BinaryOperator::StrictInequality | BinaryOperator::Inequality => false,
            _ => return Known::Unknown,
        };
        let (left, right) = (self.known(&both.left, around), self.known(&both.right, around));
        for (side, other) in [(&both.left, &right), (&both.right, &left)] {
            if let (Some(name), Known::Text(value)) = (environment_name(side), other) {
                self.ask(name, value);
            }
        }
        match (left, right) {
            (Known::Unknown | Known::Thing, _) | (_, Known::Unknown | Known::Thing) => Known::Unknown,
            (left, right) => Known::Flag((left == right) == equal),
        }
    }

    fn known_name<'t, 'a>(&self, name: &'t IdentifierReference<'a>, around: &Around<'_, 't, 'a>) -> Known {
        // next/constants, whatever they are imported by
        let phase = match name.name.as_str() {
            "undefined" => return Known::Nothing,
            "PHASE_DEVELOPMENT_SERVER" => "phase-development-server",
            "PHASE_PRODUCTION_BUILD" => "phase-production-build",
            "PHASE_PRODUCTION_SERVER" => "phase-production-server",
            "PHASE_EXPORT" => "phase-export",
            "PHASE_TEST" => "phase-test",
            _ => "",
        };
        if !phase.is_empty() {
            return Known::Text(phase.to_owned());
        }
        let mut place = Some(around);
        while let Some(here) = place {
            if let Some(bound) = here.scope.parameters.get(name.name.as_str()) {
                return match (bound, here.outer) {
                    (Some(argument), Some(outer)) => self.known(argument, &Around { depth: around.depth, ..*outer }),
                    _ if name.name == "phase" => Known::Text("phase-production-build".to_owned()),
                    _ => Known::Unknown,
                };
            }
            if let Some(sets) = here.scope.sets.get(name.name.as_str()) {
                return match sets.as_slice() {
                    [set] if set.conditions.is_empty() => {
                        self.known(set.value, &Around { depth: around.depth, ..*here })
                    }
                    _ => Known::Unknown,
                };
            }
            if here.scope.functions.contains_key(name.name.as_str()) {
                return Known::Thing;
            }
            place = here.outer;
        }
        Known::Unknown
    }
}

/// `X` of `process.env.X`.
pub(super) fn environment_name<'e>(expression: &'e Expression<'_>) -> Option<&'e str> {
    match expression.get_inner_expression() {
        Expression::StaticMemberExpression(member) if path_of(&member.object).as_deref() == Some("process.env") => {
            Some(member.property.name.as_str())
        }
        Expression::ComputedMemberExpression(member) if path_of(&member.object).as_deref() == Some("process.env") => {
            match &member.expression {
                Expression::StringLiteral(text) => Some(text.value.as_str()),
                _ => None,
            }
        }
        _ => None,
    }
}
