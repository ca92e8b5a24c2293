//! Which kind a name is, and what fills it.

use super::super::testing::{Case, project};
use super::*;
use crate::facts::{Confidence, Place};

fn service(id: &str, place: Place) -> BackingService {
    BackingService {
        id: id.to_owned(),
        name: id.to_owned(),
        version: "1".to_owned(),
        place,
        dialect: None,
        open: false,
        confidence: Confidence::Inferred,
        evidence: Vec::new(),
    }
}

fn all(case: &Case, reads: &[&str], services: &[BackingService]) -> Result<Vec<Setting>, Mistake> {
    let file = RelPath::new("app.js").unwrap();
    let read = |name: &&str| Read {
        name: EnvName::new(name).unwrap(),
        evidence: Evidence::at(&file, 1, format!("{name} || 'hunter2'"), "read in the code"),
        default: None,
        required: false,
        holds: None,
    };
    let reads = reads.iter().map(read).collect();
    case.ask(|context| settings(context, &RelPath::root(), reads, services))
}

/// Each setting as `NAME kind fill`.
fn shown(case: &Case, reads: &[&str], services: &[BackingService]) -> Vec<String> {
    let show = |setting: Setting| {
        let fill = match setting.fill {
            Fill::Service { service, part, dialect } => {
                format!("{service} {part:?}{}", dialect.map(|id| format!(" {id}")).unwrap_or_default())
            }
            Fill::Value(value) => format!("={value}"),
            other => format!("{other:?}"),
        };
        let file = if setting.reads == Reads::File { " file" } else { "" };
        format!("{} {:?}{file} {fill}", setting.name, setting.kind)
    };
    all(case, reads, services).unwrap().into_iter().map(show).collect()
}

fn of_example(text: &str) -> Vec<String> {
    shown(&project(&[(".env.example", text)]), &[], &[])
}

// required, and nobody else has them: vintasoftware/nextjs-fastapi-template at 91674ad52e1189a2f2b3d6e3a2c29981f3616a1c,
// fastapi/full-stack-fastapi-template at 68adb40d37425f6f8668ec7e5a054500d045e43e
#[test]
fn secrets_of_the_app_alone_are_made_up() {
    for name in
        ["ACCESS_SECRET_KEY", "RESET_PASSWORD_SECRET_KEY", "VERIFICATION_SECRET_KEY", "FIRST_SUPERUSER_PASSWORD"]
    {
        assert_eq!(shown(&project(&[]), &[name], &[]), [format!("{name} Secret Generated")]);
    }
}

#[test]
fn names_say_whether_they_are_secret() {
    let reads = [
        "AUTH_JWT_SECRET",
        "STRIPE_SECRET",
        "STRIPE_KEY",
        "KEYBOARD",
        "TOKEN_DURATION",
        "TOKEN_EXPIRY",
        "JWT_SECRET",
        "DATABASE_URL",
        "LOG_LEVEL",
    ];
    let expected = [
        "AUTH_JWT_SECRET Secret Generated",
        "DATABASE_URL Secret Empty",
        "JWT_SECRET Secret Generated",
        "KEYBOARD Plain Passed",
        "LOG_LEVEL Plain Passed",
        "STRIPE_KEY Secret Empty",
        "STRIPE_SECRET Secret Empty",
        "TOKEN_DURATION Plain Passed",
        "TOKEN_EXPIRY Plain Passed",
    ];
    assert_eq!(shown(&project(&[]), &reads, &[]), expected);
}

#[test]
fn what_the_image_sets_is_no_setting_and_a_host_is_its_own() {
    assert_eq!(shown(&project(&[]), &["NODE_ENV", "PORT", "HOST"], &[]), ["HOST Plain Image"]);
}

#[test]
fn a_service_fills_the_names_that_mean_it() {
    let case = project(&[(".env.example", "PGUSER=me\n")]);
    let reads = ["DATABASE_URL", "PGHOST", "DB_PASS", "REDIS_URL"];
    let expected = [
        "DATABASE_URL Secret postgres Url",
        "DB_PASS Secret postgres Password",
        "PGHOST Plain postgres Host",
        "PGUSER Plain postgres User",
        "REDIS_URL Secret Empty",
    ];
    assert_eq!(shown(&case, &reads, &[service("postgres", Place::Compose)]), expected);
    assert_eq!(shown(&case, &reads, &[service("postgres", Place::Development)]), expected);
    let elsewhere = shown(&case, &["DATABASE_URL", "PGHOST"], &[service("postgres", Place::Elsewhere)]);
    assert_eq!(elsewhere, ["DATABASE_URL Secret Empty", "PGHOST Plain Passed", "PGUSER Plain =me"]);
}

#[test]
fn an_example_says_in_which_form_an_address_is_wanted() {
    let postgres = BackingService { dialect: Some("libpq".to_owned()), ..service("postgres", Place::Compose) };
    for (example, expected) in [
        ("DATABASE_URL=postgresql+asyncpg://me:x@localhost/x", "DATABASE_URL Secret postgres Url asyncpg"),
        ("DATABASE_URL=postgres://me:x@localhost/x", "DATABASE_URL Secret postgres Url"),
        ("DATABASE_URL=", "DATABASE_URL Secret postgres Url libpq"),
        ("DB_DSN='host=localhost user=me dbname=x'", "DB_DSN Secret postgres Url keywords"),
        ("DB_HOST=postgres://me:x@localhost/x", "DB_HOST Secret postgres Url"),
        ("DB_HOST=localhost", "DB_HOST Plain postgres Host"),
        ("DB_ADDR=localhost:5432", "DB_ADDR Plain postgres Address"),
    ] {
        let case = project(&[(".env.example", example)]);
        assert_eq!(shown(&case, &[], std::slice::from_ref(&postgres)), [expected], "{example}");
    }
}

#[test]
fn a_name_that_holds_a_path_is_a_mounted_file_and_its_twin_is_dropped() {
    let case = project(&[(".env.example", "STRIPE_KEY_FILE=/x\n")]);
    assert_eq!(
        shown(&case, &["JWT_SECRET", "JWT_SECRET_FILE", "LOG_FILE", "STRIPE_KEY"], &[]),
        ["JWT_SECRET_FILE Secret file Generated", "LOG_FILE Plain Passed", "STRIPE_KEY Secret Empty"]
    );
}

#[test]
fn values_of_an_example_are_kept_where_they_mean_something() {
    let kept = of_example("A=info\nB=http://localhost:3000\nC=a b # d\n");
    assert_eq!(kept, ["A Plain =info", "B Plain =http://localhost:3000", "C Plain =a b"]);
    for value in [
        "",
        "postgres://localhost:5432/x",
        "127.0.0.1:6379",
        "https://me:secret@example.com",
        "sk_live_123",
        "<your name>",
        "0123456789abcdef01234567",
        "https://$\u{7b}HOST}",
        "localhost",
    ] {
        assert_eq!(of_example(&format!("A={value}")), ["A Plain Passed"], "{value}");
        let shown = project(&[(".env.example", &format!("A={value}"))]);
        let shown = format!("{:?}", all(&shown, &[], &[]).unwrap());
        assert!(!shown.contains("sk_live") && !shown.contains("me:secret"), "{shown}");
    }
}

#[test]
fn the_value_of_a_secret_is_never_shown() {
    let case = project(&[(".env.example", "STRIPE_KEY=hunter2\nA_TOKEN=hunter2\n")]);
    let shown = format!("{:?}", all(&case, &["STRIPE_KEY"], &[]).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains(".env.example"), "{shown}");
    let hidden = case.set("settings.LEVEL", "secret");
    let shown = format!("{:?}", all(&hidden, &["LEVEL"], &[]).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_service_that_no_name_means_is_given_the_usual_names_and_a_warning_says_so() {
    let case = project(&[]);
    let given = shown(&case, &["LOG_LEVEL"], &[service("redis", Place::Compose)]);
    assert!(given.iter().any(|line| line.starts_with("REDIS_URL")), "{given:?}");
    let named = shown(&case, &["KV_URL"], &[service("redis", Place::Compose)]);
    assert!(!named.iter().any(|line| line.starts_with("REDIS_URL")), "{named:?}");
}

#[test]
fn decisions_win() {
    let postgres = [service("postgres", Place::Compose)];
    for (decision, expected) in [
        ("secret", vec!["LEVEL Secret Empty"]),
        ("plain", vec!["LEVEL Plain Passed"]),
        ("plain=a=b", vec!["LEVEL Plain =a=b"]),
        ("off", vec![]),
    ] {
        let case = project(&[]).set("settings.LEVEL", decision);
        assert_eq!(shown(&case, &["LEVEL"], &[]), expected);
        assert_eq!(shown(&case, &[], &[]), expected, "nobody reads it");
    }
    let case = project(&[]).set("settings.DATABASE_URL", "plain").set("settings.DB_HOST", "secret");
    let expected = ["DATABASE_URL Plain Passed", "DB_HOST Secret postgres Host"];
    assert_eq!(shown(&case, &["DATABASE_URL", "DB_HOST"], &postgres), expected);
}

#[test]
fn a_decision_that_is_no_kind_says_what_was_expected_and_not_what_stands_there() {
    let case = project(&[]).set("settings.LEVEL", "hunter2");
    let mistake = all(&case, &[], &[]).unwrap_err();
    assert_eq!(mistake.what, "`settings.LEVEL` is no kind of setting");
    assert!(mistake.detail.as_ref().unwrap().contains("`plain=VALUE`"));
    assert!(!format!("{mistake:?}").contains("hunter2"));
}

#[test]
fn a_name_that_says_nothing_is_known_by_its_example() {
    let case = project(&[(".env.example", "WRITER=postgres://app:x@localhost:5432/app\nSITE=https://example.com\n")]);
    assert_eq!(
        shown(&case, &[], &[service("postgres", Place::Compose)]),
        ["SITE Plain =https://example.com", "WRITER Secret postgres Url"]
    );
    assert_eq!(shown(&case, &[], &[]), ["SITE Plain =https://example.com", "WRITER Plain Passed"]);
}

#[test]
fn what_the_code_says_of_a_value_counts() {
    let read = |name: &str, holds: Option<Holds>| Read {
        name: EnvName::new(name).unwrap(),
        evidence: Evidence::none("field"),
        default: None,
        required: true,
        holds,
    };
    let address = || Some(Holds::Address("PostgresDsn".to_owned()));
    let reads = vec![read("STORE", address()), read("PLAIN", None), read("HIDDEN", Some(Holds::Secret))];
    project(&[]).ask(|context| {
        let found = settings(context, &RelPath::root(), reads, &[service("postgres", Place::Compose)]).unwrap();
        let kinds: Vec<String> = found.iter().map(|one| format!("{} {:?}", one.name, one.kind)).collect();
        assert_eq!(kinds, ["HIDDEN Secret", "PLAIN Plain", "STORE Secret"]);
        assert!(matches!(&found[2].fill, Fill::Service { part: Part::Url, .. }));
        let warnings = context.warnings.borrow();
        assert_eq!(warnings[0].message, "the app does not start without `PLAIN`, which has no value here");
    });
}

#[test]
fn a_name_that_a_service_fills_needs_no_file_of_its_own() {
    let postgres = service("postgres", Place::Compose);
    let read = ["POSTGRES_HOST", "POSTGRES_HOST_FILE", "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"];
    assert_eq!(
        shown(&project(&[]), &read, &[postgres]),
        ["POSTGRES_HOST Plain postgres Host", "POSTGRES_PASSWORD_FILE Secret file postgres Password"]
    );
}
