//! One walk over a file's tree that notes its facts.

use std::collections::BTreeMap;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprContext, Parameters, Stmt, StmtClassDef, StmtFunctionDef, StmtIf};
use ruff_text_size::Ranged;

use super::value::{Reader, Value};
use super::{Binding, Class, Field, Function, Import, Lookup, Parameter, Scope, Script};
use crate::project::Source;

/// The facts of a file's statements.
pub fn script(source: &Source, body: &[Stmt]) -> Script {
    let mut walk = Walk {
        reader: Reader { source },
        script: Script::default(),
        scope: Scope::Module,
        names: Vec::new(),
        returned: Vec::new(),
        fallbacks: BTreeMap::new(),
    };
    walk.visit_body(body);
    walk.script
}

struct Walk<'s> {
    reader: Reader<'s>,
    script: Script,
    scope: Scope,
    /// The functions and classes around.
    names: Vec<String>,
    /// What the functions around return.
    returned: Vec<Vec<Value>>,
    /// What `or` puts in the place of the expression that begins there.
    fallbacks: BTreeMap<usize, Value>,
}

impl Walk<'_> {
    fn value(&self, expression: &Expr) -> Value {
        self.reader.value(expression, &self.scope)
    }

    fn annotation(&self, expression: &Expr) -> Value {
        self.reader.annotation(expression, &self.scope)
    }

    fn qualified(&self, name: &str) -> String {
        self.names.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".")
    }

    fn bind(&mut self, target: &Expr, value: Value, annotation: Option<Value>) {
        match (target, value) {
            (Expr::Tuple(targets), Value::List(values)) if targets.elts.len() == values.len() => {
                for (target, value) in targets.elts.iter().zip(values) {
                    self.bind(target, value, None);
                }
            }
            (target, value) => {
                let Some(name) = self.reader.path(target) else { return };
                let line = self.reader.line(target);
                let scope = self.scope.clone();
                self.script.bindings.push(Binding { name, value, annotation, line, scope });
            }
        }
    }

    fn function(&mut self, function: &StmtFunctionDef) {
        let name = self.qualified(function.name.as_str());
        for decorator in &function.decorator_list {
            self.visit_decorator(decorator);
        }
        let decorators = function.decorator_list.iter().map(|decorator| self.value(&decorator.expression)).collect();
        let parameters = self.parameters(&function.parameters);
        self.visit_parameters(&function.parameters);
        let returns = function.returns.as_deref().map(|returns| self.annotation(returns));
        let line = self.reader.line(&function.name);
        let at = self.script.functions.len();
        let scope = std::mem::replace(&mut self.scope, Scope::Function(name.clone()));
        let function_facts =
            Function { name, parameters, returns, returned: Vec::new(), decorators, line, scope: scope.clone() };
        self.script.functions.push(function_facts);
        self.names.push(function.name.to_string());
        self.returned.push(Vec::new());
        self.visit_body(&function.body);
        self.script.functions[at].returned = self.returned.pop().unwrap_or_default();
        self.names.pop();
        self.scope = scope;
    }

    fn parameters(&self, parameters: &Parameters) -> Vec<Parameter> {
        let plain = parameters.iter_non_variadic_params().map(|one| Parameter {
            name: one.parameter.name.to_string(),
            annotation: one.parameter.annotation.as_deref().map(|annotation| self.annotation(annotation)),
            default: one.default.as_deref().map(|default| self.value(default)),
            is_rest: false,
        });
        let rest = parameters.vararg.iter().chain(&parameters.kwarg).map(|one| Parameter {
            name: one.name.to_string(),
            annotation: None,
            default: None,
            is_rest: true,
        });
        plain.chain(rest).collect()
    }

    fn class(&mut self, class: &StmtClassDef) {
        let mut facts = Class {
            name: self.qualified(class.name.as_str()),
            bases: Vec::new(),
            keywords: Vec::new(),
            fields: Vec::new(),
            config: Vec::new(),
            line: self.reader.line(&class.name),
        };
        if let Some(arguments) = &class.arguments {
            let bases = arguments.args.iter().map(|base| match base {
                // `Generic[T]`
                Expr::Subscript(index) => self.reader.path(&index.value),
                other => self.reader.path(other),
            });
            facts.bases = bases.flatten().collect();
            for keyword in &arguments.keywords {
                if let Some(name) = &keyword.arg {
                    facts.keywords.push((name.to_string(), self.value(&keyword.value)));
                }
            }
        }
        for statement in &class.body {
            match statement {
                Stmt::ClassDef(inner) if inner.name.as_str() == "Config" => {
                    for field in inner.body.iter().flat_map(|statement| self.fields(statement)) {
                        facts.config.extend(field.value.map(|value| (field.name, value)));
                    }
                }
                other => facts.fields.extend(self.fields(other)),
            }
        }
        self.script.classes.push(facts);
        self.names.push(class.name.to_string());
        for statement in &class.body {
            match statement {
                // its attributes are no names of the module
                Stmt::Assign(assign) => self.visit_expr(&assign.value),
                Stmt::AnnAssign(assign) => {
                    self.visit_annotation(&assign.annotation);
                    if let Some(value) = &assign.value {
                        self.visit_expr(value);
                    }
                }
                other => self.visit_stmt(other),
            }
        }
        self.names.pop();
    }

    fn fields(&self, statement: &Stmt) -> Vec<Field> {
        let field = |target: &Expr, annotation: Option<&Expr>, value: Option<&Expr>| match target {
            Expr::Name(name) => Some(Field {
                name: name.id.to_string(),
                annotation: annotation.map(|annotation| self.annotation(annotation)),
                value: value.map(|value| self.value(value)),
                line: self.reader.line(target),
            }),
            _ => None,
        };
        match statement {
            Stmt::Assign(assign) => {
                assign.targets.iter().filter_map(|target| field(target, None, Some(&assign.value))).collect()
            }
            Stmt::AnnAssign(assign) => {
                field(&assign.target, Some(&assign.annotation), assign.value.as_deref()).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// `if TYPE_CHECKING` never runs; `if __name__ == "__main__"` runs in one case.
    fn choice(&mut self, choice: &StmtIf) {
        self.visit_expr(&choice.test);
        let path = self.reader.path(&choice.test).unwrap_or_default();
        let is_typing = path.rsplit('.').next() == Some("TYPE_CHECKING");
        let is_program = self.scope == Scope::Module && is_main_test(&choice.test);
        if is_program {
            let scope = std::mem::replace(&mut self.scope, Scope::Program);
            self.visit_body(&choice.body);
            self.scope = scope;
        } else if !is_typing {
            self.visit_body(&choice.body);
        }
        for clause in &choice.elif_else_clauses {
            self.visit_elif_else_clause(clause);
        }
    }

    fn import(&mut self, import: Import) {
        self.script.imports.push(import);
    }
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => return self.function(function),
            Stmt::ClassDef(class) => return self.class(class),
            Stmt::If(choice) => return self.choice(choice),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let module = alias.name.to_string();
                    let first = module.split('.').next().unwrap_or("").to_owned();
                    let local = alias.asname.as_ref().map_or(first, |name| name.to_string());
                    let (line, scope) = (self.reader.line(alias), self.scope.clone());
                    self.import(Import { level: 0, module, name: None, local, line, scope });
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    let name = alias.name.to_string();
                    let local = alias.asname.as_ref().map_or(name.clone(), |name| name.to_string());
                    let module = import.module.as_ref().map_or(String::new(), |module| module.to_string());
                    let (line, scope) = (self.reader.line(alias), self.scope.clone());
                    self.import(Import { level: import.level, module, name: Some(name), local, line, scope });
                }
            }
            Stmt::Assign(assign) => {
                let value = self.value(&assign.value);
                for target in &assign.targets {
                    self.bind(target, value.clone(), None);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let annotation = self.annotation(&assign.annotation);
                    self.bind(&assign.target, self.value(value), Some(annotation));
                }
            }
            Stmt::With(with) => {
                for item in &with.items {
                    if let Some(target) = &item.optional_vars {
                        self.bind(target, self.value(&item.context_expr), None);
                    }
                }
            }
            Stmt::Return(result) => {
                if let (Some(value), false) = (&result.value, self.returned.is_empty()) {
                    let value = self.value(value);
                    self.returned.last_mut().expect("not empty").push(value);
                }
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::BoolOp(choice) if choice.op == BoolOp::Or => {
                if let [first, rest @ ..] = choice.values.as_slice()
                    && let Some(last) = rest.last()
                {
                    self.fallbacks.insert(first.start().to_usize(), self.value(last));
                }
            }
            Expr::Call(call) => {
                let mut facts = self.reader.call(call, &self.scope);
                facts.fallback = self.fallbacks.get(&call.start().to_usize()).cloned();
                self.script.calls.push(facts);
            }
            // `os.environ["X"] = y` reads nothing
            Expr::Subscript(index) if index.ctx == ExprContext::Load => {
                let key = self.value(&index.slice);
                let is_key = matches!(key, Value::Text(_) | Value::Name(_) | Value::Joined(_));
                if let Some(object) = self.reader.path(&index.value).filter(|_| is_key) {
                    let fallback = self.fallbacks.get(&index.start().to_usize()).cloned();
                    let (line, scope) = (self.reader.line(&*index.slice), self.scope.clone());
                    self.script.lookups.push(Lookup { object, key, fallback, line, scope });
                }
            }
            Expr::Named(named) => self.bind(&named.target, self.value(&named.value), None),
            _ => {}
        }
        walk_expr(self, expression);
    }
}

/// `__name__ == "__main__"`, either way round.
fn is_main_test(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else { return false };
    let [other] = &compare.comparators[..] else { return false };
    let sides = [&*compare.left, other];
    compare.ops.first() == Some(&CmpOp::Eq)
        && sides.iter().any(|side| matches!(side, Expr::Name(name) if name.id.as_str() == "__name__"))
        && sides.iter().any(|side| matches!(side, Expr::StringLiteral(text) if text.value.to_str() == "__main__"))
}
