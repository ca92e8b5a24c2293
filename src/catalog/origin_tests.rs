//! What can be typed behind `--template`, and what is refused.

use super::*;

fn read(typed: &str) -> Result<Origin, Mistake> {
    Origin::read(typed, &OriginFlags::default())
}

#[test]
fn every_form_leads_to_the_address_that_git_is_given() {
    for (typed, url, subfolder, reference) in [
        ("gh:acme/containers", "https://github.com/acme/containers", None, None),
        ("gh:acme/containers//go@v3", "https://github.com/acme/containers", Some("go"), Some("v3")),
        ("gl:group/sub/repo", "https://gitlab.com/group/sub/repo", None, None),
        ("acme/containers", "https://github.com/acme/containers", None, None),
        ("acme/containers//a/b@feature/x", "https://github.com/acme/containers", Some("a/b"), Some("feature/x")),
        ("https://git.acme.dev/x/y.git", "https://git.acme.dev/x/y.git", None, None),
        ("https://git.acme.dev:8443/x.git//go@main", "https://git.acme.dev:8443/x.git", Some("go"), Some("main")),
        ("https://me@git.acme.dev/x//go", "https://me@git.acme.dev/x", Some("go"), None),
        ("ssh://git@host:22/x/y@v1", "ssh://git@host:22/x/y", None, Some("v1")),
        ("git@host:acme/containers.git//go@v1", "git@host:acme/containers.git", Some("go"), Some("v1")),
        ("file:///srv/git/x.git//go@v1", "file:///srv/git/x.git", Some("go"), Some("v1")),
        ("git://127.0.0.1:9418/x", "git://127.0.0.1:9418/x", None, None),
    ] {
        let Origin::Git(git) = read(typed).unwrap() else { panic!("{typed}") };
        assert_eq!(git.url, url, "{typed}");
        assert_eq!(git.subfolder.as_ref().map(RelPath::as_str), subfolder, "{typed}");
        assert_eq!(git.reference.written().as_deref(), reference, "{typed}");
        assert_eq!(git.to_string(), typed, "it is written as it was typed");
    }
}

#[test]
fn folders_begin_as_paths_do_and_ids_are_words() {
    for (typed, path, inner) in [
        ("./templates", "./templates", None),
        ("../a//go", "../a", Some("go")),
        ("/srv/templates//x/y", "/srv/templates", Some("x/y")),
        ("C:/templates", "C:/templates", None),
    ] {
        let subfolder = inner.map(|inner| RelPath::new(inner).unwrap());
        assert_eq!(read(typed).unwrap(), Origin::Folder { path: path.to_owned(), subfolder }, "{typed}");
    }
    assert_eq!(read("node").unwrap(), Origin::Id("node".to_owned()));
}

#[test]
fn flags_say_the_same_as_the_text() {
    let flags = OriginFlags { tag: Some("v3".to_owned()), subfolder: Some("go".to_owned()), ..OriginFlags::default() };
    let origin = Origin::read("gh:acme/containers", &flags).unwrap();
    assert_eq!(origin.to_string(), "gh:acme/containers//go@refs/tags/v3");
    assert_eq!(read(&origin.to_string()).unwrap(), origin);
    for typed in ["gh:acme/containers@v2", "gh:acme/containers//node", "./templates", "node"] {
        assert!(Origin::read(typed, &flags).is_err(), "{typed}");
    }
    let short = OriginFlags { rev: Some("abc1234".to_owned()), ..OriginFlags::default() };
    assert!(Origin::read("gh:a/b", &short).unwrap_err().hint.unwrap().contains("40 digits"));
}

#[test]
fn nothing_that_git_would_obey_gets_into_an_address() {
    for typed in [
        "--upload-pack=touch /tmp/x",
        "-x/y",
        "ext::sh -c 'touch x'",
        "ext::sh://x/y",
        "fd::17/x",
        "ssh://-oProxyCommand=touch/x",
        "ssh://-oProxyCommand=x@host/y",
        "git@-oProxyCommand=x:y",
        "-oProxyCommand=x@host:y",
        "https://host",
        "https:///x/y",
        "file://host/x",
        "ftp://host/x",
        "gopher://host/x",
        "https://me:hunter2@host/x",
        "https://host/x y\n",
        "https://ho st/x",
        "https://host/--upload-pack=x",
        "git@host:--upload-pack=x",
        "gh:--upload-pack=x/y",
        "gh:",
        "gh:/x",
        "https://host/x@--upload-pack=x",
        "https://host/x@-b",
        "https://host/x@a..b",
        "https://host/x@a:b",
        "https://host/x@a b",
        "https://host/x@HEAD~1",
        "https://host/x@{u}",
        "https://host/x@*",
        "https://host/x@a.lock",
        "https://host/x@refs/tags/-x",
        "https://host/x//../y",
        "https://host/x//a/../../y",
        "https://host/x?y=1",
        "\u{202e}gh:a/b",
        "gh:a/b\u{1b}[2J",
        "",
        "Node",
        "no de",
        "a/b/c",
    ] {
        assert!(read(typed).is_err(), "{typed:?} was read as {:?}", read(typed));
    }
    assert!(!read("https://me:hunter2@host/x").unwrap_err().to_string().contains("hunter2"));
}

#[test]
fn a_forge_is_asked_for_nothing_without_an_owner_and_a_name() {
    for typed in ["gh:acme", "gl:acme/", "gh:acme@v1", "gh:acme//go"] {
        assert!(read(typed).unwrap_err().hint.unwrap().contains("owner/repo"), "{typed}");
    }
}
