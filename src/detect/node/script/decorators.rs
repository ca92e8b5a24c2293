//! Routes that decorators name, as in NestJS.

use oxc_ast::ast::{Class, ClassElement, Decorator, Expression};

use super::value::{Reader, Value};

/// `@Controller('cats')` with `@Get('all')` gives `Get`, `/cats/all`.
pub fn routes(reader: &Reader<'_>, class: &Class<'_>, found: &mut Vec<(String, String, u32)>) {
    let Some((_, base, _)) = class.decorators.iter().find_map(|one| read(reader, one, "Controller")) else { return };
    for element in &class.body.body {
        let ClassElement::MethodDefinition(method) = element else { continue };
        for decorator in &method.decorators {
            if let Some((name, below, line)) = read(reader, decorator, "Get") {
                found.push((name, joined(&base, &below), line));
            }
        }
    }
}

/// The decorator's name, its path and line, if it has the name.
fn read(reader: &Reader<'_>, decorator: &Decorator<'_>, name: &str) -> Option<(String, String, u32)> {
    let Expression::CallExpression(call) = &decorator.expression else { return None };
    let call = reader.call(call);
    let path = match call.arguments.first() {
        None => "",
        Some(Value::Text(path)) => path,
        Some(options) => options.get("path").map_or(Some(""), Value::text)?,
    };
    (call.callee == name).then(|| (name.to_owned(), path.to_owned(), call.line))
}

fn joined(base: &str, below: &str) -> String {
    let parts = [base, below].into_iter().flat_map(|path| path.split('/')).filter(|part| !part.is_empty());
    parts.fold(String::new(), |path, part| path + "/" + part)
}
