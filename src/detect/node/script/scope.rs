//! What the names of one function or file are set to, and under which conditions.

use std::collections::BTreeMap;

use oxc_ast::ast::*;
use oxc_span::GetSpan;

/// When something happens.
#[derive(Clone, Copy)]
pub enum Condition<'t, 'a> {
    /// Where the test comes out as this.
    Test(&'t Expression<'a>, bool),
    /// In a loop or the like.
    Unknown,
}

pub struct Set<'t, 'a> {
    pub value: &'t Expression<'a>,
    /// Where it has happened, in bytes: its end.
    pub at: u32,
    pub conditions: Vec<Condition<'t, 'a>>,
}

/// The names of one body of statements, those of the functions in it left out.
#[derive(Default)]
pub struct Scope<'t, 'a> {
    /// `config`, `config.output`, `module.exports`, `default`
    pub sets: BTreeMap<String, Vec<Set<'t, 'a>>>,
    pub functions: BTreeMap<String, &'t Function<'a>>,
    pub default_function: Option<&'t Function<'a>>,
    /// Names of parameters with what they are given; `None` where nobody knows.
    pub parameters: BTreeMap<String, Option<&'t Expression<'a>>>,
    pub returns: Vec<(&'t Expression<'a>, Vec<Condition<'t, 'a>>)>,
    conditions: Vec<Condition<'t, 'a>>,
}

impl<'t, 'a> Scope<'t, 'a> {
    pub fn of(statements: &'t [Statement<'a>]) -> Self {
        let mut scope = Scope::default();
        scope.walk(statements);
        scope
    }

    /// Gives parameters the arguments of a call.
    pub fn bind(&mut self, parameters: &FormalParameters<'_>, arguments: &[&'t Expression<'a>]) {
        for (at, item) in parameters.items.iter().enumerate() {
            if let Some(name) = item.pattern.get_identifier_name() {
                self.parameters.insert(name.to_string(), arguments.get(at).copied());
            } else if let BindingPattern::ObjectPattern(pattern) = &item.pattern {
                let names = pattern.properties.iter().filter_map(|property| property.value.get_identifier_name());
                self.parameters.extend(names.map(|name| (name.to_string(), None)));
            }
        }
    }

    fn walk(&mut self, statements: &'t [Statement<'a>]) {
        let before = self.conditions.len();
        for statement in statements {
            self.statement(statement);
            // `if (x) return a;`: what follows happens where x is not
            if let Statement::IfStatement(choice) = statement
                && choice.alternate.is_none()
                && ends(&choice.consequent)
            {
                self.conditions.push(Condition::Test(&choice.test, false));
            }
        }
        self.conditions.truncate(before);
    }

    fn under(&mut self, condition: Condition<'t, 'a>, statement: &'t Statement<'a>) {
        self.conditions.push(condition);
        self.statement(statement);
        self.conditions.pop();
    }

    fn statement(&mut self, statement: &'t Statement<'a>) {
        match statement {
            Statement::BlockStatement(block) => self.walk(&block.body),
            Statement::IfStatement(choice) => {
                self.under(Condition::Test(&choice.test, true), &choice.consequent);
                if let Some(alternate) = &choice.alternate {
                    self.under(Condition::Test(&choice.test, false), alternate);
                }
            }
            Statement::TryStatement(attempt) => self.walk(&attempt.block.body),
            Statement::ForStatement(each) => self.under(Condition::Unknown, &each.body),
            Statement::ForOfStatement(each) => self.under(Condition::Unknown, &each.body),
            Statement::ForInStatement(each) => self.under(Condition::Unknown, &each.body),
            Statement::WhileStatement(each) => self.under(Condition::Unknown, &each.body),
            Statement::SwitchStatement(choice) => {
                self.conditions.push(Condition::Unknown);
                for case in &choice.cases {
                    self.walk(&case.consequent);
                }
                self.conditions.pop();
            }
            Statement::ReturnStatement(back) => {
                if let Some(value) = &back.argument {
                    self.returns.push((value, self.conditions.clone()));
                }
            }
            Statement::ExpressionStatement(statement) => self.expression(&statement.expression),
            Statement::VariableDeclaration(list) => self.variables(list),
            Statement::FunctionDeclaration(function) => self.function(function),
            Statement::ExportNamedDeclaration(export) => {
                for specifier in &export.specifiers {
                    // `export { config as default }`
                    if specifier.exported.name() == "default" {
                        let local = specifier.local.name().to_string();
                        self.copy(&local, "default");
                    }
                }
            }
            Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(function) => self.default_function = Some(function),
                other => {
                    if let Some(value) = other.as_expression() {
                        self.set("default".to_owned(), value);
                    }
                }
            },
            _ => {}
        }
    }

    fn variables(&mut self, list: &'t VariableDeclaration<'a>) {
        for declarator in &list.declarations {
            if let (Some(name), Some(value)) = (declarator.id.get_identifier_name(), &declarator.init) {
                self.set(name.to_string(), value);
            }
        }
    }

    fn function(&mut self, function: &'t Function<'a>) {
        if let Some(id) = &function.id {
            self.functions.insert(id.name.to_string(), function);
        }
    }

    fn expression(&mut self, expression: &'t Expression<'a>) {
        if let Expression::AssignmentExpression(assignment) = expression.get_inner_expression() {
            let name = match &assignment.left {
                AssignmentTarget::AssignmentTargetIdentifier(name) => Some(name.name.to_string()),
                AssignmentTarget::StaticMemberExpression(member) => {
                    path_of(&member.object).map(|object| format!("{object}.{}", member.property.name))
                }
                _ => None,
            };
            if let Some(name) = name {
                self.set(name, &assignment.right);
            }
        }
    }

    fn set(&mut self, name: String, value: &'t Expression<'a>) {
        let set = Set { value, at: value.span().end, conditions: self.conditions.clone() };
        self.sets.entry(name).or_default().push(set);
    }

    fn copy(&mut self, from: &str, to: &str) {
        let sets = self.sets.get(from).into_iter().flatten();
        let copies = sets.map(|set| Set { value: set.value, at: set.at, conditions: set.conditions.clone() }).collect();
        self.sets.insert(to.to_owned(), copies);
    }
}

/// Whether a statement always returns or throws.
fn ends(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ReturnStatement(_) | Statement::ThrowStatement(_) => true,
        Statement::BlockStatement(block) => block.body.last().is_some_and(ends),
        _ => false,
    }
}

/// `a.b.c` as written.
pub fn path_of(expression: &Expression<'_>) -> Option<String> {
    match expression.get_inner_expression() {
        Expression::Identifier(name) => Some(name.name.to_string()),
        Expression::StaticMemberExpression(member) => {
            Some(format!("{}.{}", path_of(&member.object)?, member.property.name))
        }
        _ => None,
    }
}

/// The statements of a function; none of one that is only declared.
pub(super) fn body_of<'t, 'a>(function: &'t Function<'a>) -> Option<&'t [Statement<'a>]> {
    function.body.as_ref().map(|body| body.statements.as_slice())
}
