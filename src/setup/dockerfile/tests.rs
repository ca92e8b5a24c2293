//! The parser against the corners of the format.

use proptest::prelude::*;

use super::*;

fn first(text: &str) -> Kind {
    let file = Dockerfile::parse(&format!("FROM scratch\n{text}"));
    assert_eq!(file.errors, [], "{text}");
    file.stages[0].instructions[0].kind.clone()
}

fn pair(name: &str, value: &str) -> Pair {
    Pair { name: name.to_owned(), value: Some(value.to_owned()) }
}

#[test]
fn stages_have_image_platform_and_name_with_arguments_filled() {
    let file = Dockerfile::parse(
        "ARG VERSION=26\nARG FLAVOUR\nFROM --platform=$BUILDPLATFORM node:${VERSION}-alpine AS Build\nFROM build\nFROM \"golang:${GO:-1.27}$FLAVOUR\"\n",
    );
    assert_eq!(file.errors, []);
    let bases: Vec<&str> = file.stages.iter().map(|stage| stage.base.as_str()).collect();
    assert_eq!(bases, ["node:26-alpine", "build", "golang:1.27"]);
    assert_eq!(file.stages[0].platform.as_deref(), Some("$BUILDPLATFORM"));
    assert_eq!(file.stage("BUILD").unwrap().line, 3);
    assert_eq!(file.image(&file.stages[1]), "node:26-alpine");
}

#[test]
fn a_continued_run_keeps_the_line_of_each_part() {
    let Kind::Run(run) = first("RUN --mount=type=cache,target=/x \\\r\n  # why\r\n\r\n  npm ci && \\\r\n  true\r\n")
    else {
        panic!()
    };
    assert_eq!(run.scripts(), [[(5, "npm ci && ".to_owned()), (6, "  true".to_owned())]]);
    assert_eq!(run.mounts().next().unwrap()["type"], "cache");
}

#[test]
fn the_escape_directive_changes_the_continuation() {
    let file = Dockerfile::parse("# escape=`\nFROM x\nRUN dir c:\\\nRUN a `\n b\n");
    let texts: Vec<String> = file.stages[0].runs().map(|(_, run)| run.text()).collect();
    assert_eq!(texts, ["dir c:\\", "a  b"]);
    let late = Dockerfile::parse("# just a comment\n# escape=`\nFROM x\nRUN a \\\n b\n");
    assert_eq!(late.stages[0].runs().count(), 1);
}

#[test]
fn here_documents_are_read_in_their_order() {
    let text = "RUN cat <<'ONE' > x && 3<<-\"TWO\" cat\nUSER root\n# no comment\nONE\n\tFROM x\n\tTWO\nUSER 1000\n";
    let file = Dockerfile::parse(&format!("FROM scratch\n{text}"));
    assert_eq!(file.errors, []);
    let (_, run) = file.stages[0].runs().next().unwrap();
    let bodies: Vec<(&str, u32)> = run.heredocs.iter().map(|doc| (doc.body.as_str(), doc.line)).collect();
    assert_eq!(bodies, [("USER root\n# no comment\n", 3), ("FROM x\n", 6)]);
    assert_eq!(file.user(&file.stages[0]), Some(("1000", 8)));
}

#[test]
fn copy_takes_here_documents_flags_and_lists() {
    let Kind::Copy(copy) = first("COPY --chown=1:1 <<EOF /etc/x\nhello\nEOF\n") else { panic!() };
    assert_eq!((copy.sources.len(), copy.to.as_str(), copy.flag("chown")), (0, "/etc/x", Some("1:1")));
    let Kind::Add(add) = first("ADD [\"a b\", \"c\"]\n") else { panic!() };
    assert_eq!((add.sources, add.to), (vec!["a b".to_owned()], "c".to_owned()));
}

#[test]
fn a_quoted_mark_or_a_shift_opens_nothing() {
    for text in ["RUN echo \"<<EOF\"", "RUN echo $((1<<2))", "RUN cat <<<EOF", "ENV A=<<EOF", "RUN cat << EOF"] {
        assert_eq!(Dockerfile::parse(&format!("FROM x\n{text}\nUSER 1\n")).stages[0].instructions.len(), 2, "{text}");
    }
}

#[test]
fn pairs_are_read_in_both_forms() {
    assert_eq!(
        first(r#"ENV A=b C="d e" F=g\ h I='j"k'"#).clone(),
        Kind::Env(vec![pair("A", "b"), pair("C", "d e"), pair("F", "g h"), pair("I", "j\"k"),])
    );
    assert_eq!(first("ENV A the rest"), Kind::Env(vec![pair("A", "the rest")]));
    assert_eq!(first("ARG A B=c"), Kind::Arg(vec![Pair { name: "A".to_owned(), value: None }, pair("B", "c")]));
}

#[test]
fn a_health_check_has_options_and_a_command_or_is_none() {
    assert_eq!(first("HEALTHCHECK none"), Kind::Healthcheck(None));
    let Kind::Healthcheck(Some(check)) = first("HEALTHCHECK --interval=3s \\\n  CMD [\"a\", \"b\"]") else { panic!() };
    assert_eq!(check.command, Command::Exec(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(check.options[0].value, "3s");
}

#[test]
fn a_stage_sees_what_its_base_set() {
    let file = Dockerfile::parse(
        "FROM node:26 AS base\nUSER 10\nHEALTHCHECK CMD x\nENTRYPOINT [\"e\"]\nENV A=1\nFROM base AS base\nHEALTHCHECK NONE\n",
    );
    let last = file.final_stage().unwrap();
    assert_eq!(file.user(last), Some(("10", 2)));
    assert_eq!((file.healthcheck(last), file.environment(last)["A"]), (None, "1"));
    assert_eq!(file.entrypoint(last), Some(&Command::Exec(vec!["e".to_owned()])));
    assert!(file.healthcheck(&file.stages[0]).is_some());
}

#[test]
fn what_cannot_be_read_is_told_with_its_line_and_the_rest_goes_on() {
    let file = Dockerfile::parse("RUN x\nFROM a b\nFROM x\nRUNN y\nENV A\nUSER 1\nCOPY a\nRUN <<EOF\nx\n");
    let lines: Vec<u32> = file.errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [1, 2, 4, 5, 7, 8]);
    assert_eq!(file.user(&file.stages[0]), Some(("1", 6)));
    assert_eq!(Dockerfile::parse("").errors.len(), 1);
}

#[test]
fn onbuild_holds_an_instruction() {
    let Kind::Onbuild(inner) = first("ONBUILD RUN <<EOF\nx\nEOF\n") else { panic!() };
    assert!(matches!(inner.kind, Kind::Run(_)));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in r"(FROM |RUN |COPY |ENV |HEALTHCHECK |ONBUILD |<<EOF|EOF|--a=b|\\|\n|\r|'|\x22|\$\{?|\[|`|# escape=`|ä| |x){0,40}") {
        let file = Dockerfile::parse(&text);
        for stage in &file.stages {
            file.chain(stage);
            stage.runs().for_each(|(_, run)| drop((run.scripts(), run.text(), run.mounts().count())));
        }
    }

    #[test]
    fn nor_does_any_other(text in any::<String>()) {
        Dockerfile::parse(&text);
    }
}
