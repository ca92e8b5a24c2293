//! One walk over a file's tree that notes its facts.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};

use super::value::{Reader, Value};
use super::{EnvRead, Script};
use crate::project::Source;

const MAX_TEXTS: usize = 2_000;
const MAX_OBJECTS: usize = 50;
/// Keys of next.config whose values become part of the pages.
const PUBLIC: &[&str] = &["env", "publicRuntimeConfig"];
const MAX_TEXT_BYTES: usize = 300;

pub struct Visitor<'s> {
    pub reader: Reader<'s>,
    pub script: Script,
    seen_texts: HashSet<String>,
    defaults: BTreeMap<String, String>,
    /// The functions around: name and names of parameters.
    functions: Vec<(String, Vec<String>)>,
}

impl<'s> Visitor<'s> {
    pub fn new(source: &'s Source) -> Self {
        Visitor {
            reader: Reader { source, environments: BTreeSet::new() },
            script: Script::default(),
            seen_texts: HashSet::new(),
            defaults: BTreeMap::new(),
            functions: Vec::new(),
        }
    }

    pub fn finish(mut self) -> Script {
        for read in &mut self.script.reads {
            read.default = read.default.take().or_else(|| self.defaults.get(&read.name).cloned());
        }
        self.script
    }

    pub fn read(&mut self, name: &str, offset: u32, default: Option<String>) {
        let line = self.reader.line(offset);
        self.script.reads.push(EnvRead { name: name.to_owned(), line, default });
    }

    fn text(&mut self, text: &str, offset: u32) {
        if text.is_empty() || text.len() > MAX_TEXT_BYTES || self.script.texts.len() >= MAX_TEXTS {
            return;
        }
        if self.seen_texts.insert(text.to_owned()) {
            let line = self.reader.line(offset);
            self.script.texts.push((text.to_owned(), line));
        }
    }

    /// Notes the literal that a name of the environment falls back to.
    fn fallback(&mut self, value: &Value) {
        let Value::Either(first, second) = value else { return };
        if let (Some(name), Some(default)) = (first.env_name(), second.literal()) {
            self.defaults.entry(name.to_owned()).or_insert(default);
        }
    }

    pub fn set(&mut self, name: &str, value: Value) {
        if let Value::Environment = value {
            self.reader.environments.insert(name.to_owned());
        }
        let known = self.script.constants.entry(name.to_owned()).or_insert(Value::Other);
        if matches!(known, Value::Other) {
            *known = value;
        }
    }

    fn enter(&mut self, name: &str, parameters: &FormalParameters<'_>) {
        let names = parameters
            .items
            .iter()
            .map(|item| item.pattern.get_identifier_name().map(|name| name.to_string()).unwrap_or_default());
        self.functions.push((name.to_owned(), names.collect()));
    }

    /// `process.env[key]` in a function that is given `key`.
    fn helper(&mut self, key: &Expression<'_>) {
        let Expression::Identifier(key) = key.get_inner_expression() else { return };
        let helper = self.functions.iter().rev().find_map(|(function, parameters)| {
            let at = parameters.iter().position(|name| key.name == name.as_str())?;
            Some((function.clone(), at))
        });
        self.script.helpers.extend(helper);
    }

    fn assign(&mut self, target: &AssignmentTarget<'_>, value: Value) {
        match target {
            AssignmentTarget::AssignmentTargetIdentifier(name) => self.set(name.name.as_str(), value),
            AssignmentTarget::StaticMemberExpression(member) => {
                let property = member.property.name.as_str();
                let is_exports =
                    |expression: &Expression<'_>| expression.is_specific_id("exports") || is_module_exports(expression);
                if member.object.is_specific_id("module") && property == "exports" {
                    self.script.exports.insert("default".to_owned(), value);
                } else if is_exports(&member.object) {
                    self.script.exports.insert(property.to_owned(), value);
                } else if matches!(member.object, Expression::ThisExpression(_)) {
                    self.set(&format!("this.{property}"), value);
                } else if let Expression::Identifier(object) = &member.object {
                    self.set(&format!("{}.{property}", object.name), value);
                }
            }
            _ => {}
        }
    }
}

fn is_module_exports(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::StaticMemberExpression(member) => {
            member.property.name == "exports" && member.object.is_specific_id("module")
        }
        _ => false,
    }
}

impl<'a> Visit<'a> for Visitor<'_> {
    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        if it.import_kind.is_type() {
            return;
        }
        let name = |specifier: &ImportDeclarationSpecifier<'a>| match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(one) => {
                (one.imported.name().to_string(), one.local.name.to_string())
            }
            ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => {
                ("default".to_owned(), one.local.name.to_string())
            }
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => ("*".to_owned(), one.local.name.to_string()),
        };
        let names = it.specifiers.iter().flatten().map(name).collect();
        self.import(it.source.value.as_str(), names, it.span.start);
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        let mut names = Vec::new();
        for specifier in &it.specifiers {
            // a name that no code can have
            let (there, exported) = (specifier.local.name().to_string(), specifier.exported.name().to_string());
            let here = format!("export {exported}");
            self.script.exports.insert(exported, Value::Name(here.clone()));
            names.push((there, here));
        }
        self.import(it.source.value.as_str(), names, it.span.start);
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        self.script.stars.push(it.source.value.to_string());
        self.import(it.source.value.as_str(), Vec::new(), it.span.start);
    }

    fn visit_export_named_declaration(&mut self, it: &ExportNamedDeclaration<'a>) {
        for specifier in &it.specifiers {
            let local = Value::Name(specifier.local.name().to_string());
            self.script.exports.insert(specifier.exported.name().to_string(), local);
        }
    }

    fn visit_export_default_declaration(&mut self, it: &ExportDefaultDeclaration<'a>) {
        let value = match &it.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                function.id.as_ref().map(|id| Value::Name(id.name.to_string()))
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                class.id.as_ref().map(|id| Value::Name(id.name.to_string()))
            }
            other => other.as_expression().map(|expression| self.reader.value(expression)),
        };
        self.script.exports.insert("default".to_owned(), value.unwrap_or(Value::Function));
        walk::walk_export_default_declaration(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        let Some(init) = &it.init else { return };
        let required = self.required(init);
        match (&it.id, required) {
            (BindingPattern::BindingIdentifier(name), Some((specifier, member))) => {
                let names = vec![(member.unwrap_or_else(|| "*".to_owned()), name.name.to_string())];
                self.import(&specifier, names, it.span.start);
            }
            (BindingPattern::ObjectPattern(pattern), Some((specifier, None))) => {
                let names = self.bindings(pattern).into_iter().map(|(there, here, ..)| (there, here)).collect();
                self.import(&specifier, names, it.span.start);
            }
            (BindingPattern::BindingIdentifier(name), None) => {
                let value = self.reader.value(init);
                self.set(name.name.as_str(), value);
            }
            (BindingPattern::ObjectPattern(pattern), _) => {
                let value = self.reader.value(init);
                self.destructure(pattern, &value);
            }
            _ => {}
        }
        let name = it.id.get_identifier_name().map(|name| name.to_string()).unwrap_or_default();
        match init.get_inner_expression() {
            Expression::ArrowFunctionExpression(function) => self.enter(&name, &function.params),
            Expression::FunctionExpression(function) => self.enter(&name, &function.params),
            _ => return walk::walk_variable_declarator(self, it),
        }
        walk::walk_variable_declarator(self, it);
        self.functions.pop();
    }

    fn visit_declaration(&mut self, it: &Declaration<'a>) {
        if let Declaration::FunctionDeclaration(function) = it {
            let name = function.id.as_ref().map(|id| id.name.to_string()).unwrap_or_default();
            self.enter(&name, &function.params);
            walk::walk_declaration(self, it);
            self.functions.pop();
        } else {
            walk::walk_declaration(self, it);
        }
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        if let (Some(name), Some(initializer)) = (it.pattern.get_identifier_name(), &it.initializer)
            && self.reader.is_environment(initializer)
        {
            self.reader.environments.insert(name.to_string());
        }
        walk::walk_formal_parameter(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        let value = self.reader.value(&it.right);
        if let Some(member) = it.left.as_member_expression()
            && self.reader.is_environment(member.object())
        {
            // a name that the code sets is none that it reads, unless it keeps what is there
            if it.operator.is_logical()
                && let Some(name) = member.static_property_name()
            {
                self.read(name, it.span.start, value.literal());
            }
            return self.visit_expression(&it.right);
        }
        self.assign(&it.left, value);
        walk::walk_assignment_expression(self, it);
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        if self.reader.is_environment(&it.object) {
            self.read(it.property.name.as_str(), it.span.start, None);
        }
        walk::walk_static_member_expression(self, it);
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        if self.reader.is_environment(&it.object) {
            match it.static_property_name() {
                Some(name) => self.read(name.as_str(), it.span.start, None),
                None => self.helper(&it.expression),
            }
        }
        walk::walk_computed_member_expression(self, it);
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        if it.operator != LogicalOperator::And {
            let either = Value::Either(Box::new(self.reader.value(&it.left)), Box::new(self.reader.value(&it.right)));
            self.fallback(&either);
        }
        walk::walk_logical_expression(self, it);
    }

    fn visit_conditional_expression(&mut self, it: &ConditionalExpression<'a>) {
        let either =
            Value::Either(Box::new(self.reader.value(&it.consequent)), Box::new(self.reader.value(&it.alternate)));
        self.fallback(&either);
        walk::walk_conditional_expression(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let Some(required) = it.common_js_require() {
            let known = self.script.imports.iter().any(|import| import.specifier == required.value.as_str());
            if !known {
                self.import(required.value.as_str(), Vec::new(), it.span.start);
            }
            return;
        }
        let call = self.reader.call(it);
        self.script.calls.push(call);
        walk::walk_call_expression(self, it);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        let call = self.reader.construct(it);
        self.script.calls.push(call);
        walk::walk_new_expression(self, it);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        if let Expression::StringLiteral(text) = &it.source {
            self.import(text.value.as_str(), Vec::new(), it.span.start);
        }
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        super::decorators::routes(&self.reader, it, &mut self.script.routes);
        walk::walk_class(self, it);
    }

    fn visit_object_expression(&mut self, it: &ObjectExpression<'a>) {
        let says_port = it.properties.iter().any(|property| {
            let property = property.as_property();
            property.and_then(|property| property.key.static_name()).is_some_and(|name| name == "port")
        });
        if says_port && self.script.objects.len() < MAX_OBJECTS {
            let object = self.reader.object(it);
            self.script.objects.push(object);
        }
        for property in it.properties.iter().filter_map(|property| property.as_property()) {
            let is_public = property.key.static_name().is_some_and(|name| PUBLIC.contains(&name.as_ref()));
            if let (true, Expression::ObjectExpression(inner)) = (is_public, property.value.get_inner_expression()) {
                let inner = self.reader.object(inner);
                self.script.public.push(inner);
            }
        }
        walk::walk_object_expression(self, it);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        if let (Some(name), Some(value)) = (it.key.static_name(), &it.value) {
            let value = self.reader.value(value);
            self.set(&format!("this.{name}"), value);
        }
        walk::walk_property_definition(self, it);
    }

    fn visit_string_literal(&mut self, it: &StringLiteral<'a>) {
        self.text(it.value.as_str(), it.span.start);
    }

    fn visit_template_literal(&mut self, it: &TemplateLiteral<'a>) {
        for quasi in &it.quasis {
            if let Some(text) = &quasi.value.cooked {
                self.text(text.as_str(), quasi.span.start);
            }
        }
        walk::walk_template_literal(self, it);
    }

    // types say nothing of what runs
    fn visit_ts_type(&mut self, _: &TSType<'a>) {}
    fn visit_ts_interface_declaration(&mut self, _: &TSInterfaceDeclaration<'a>) {}
}
