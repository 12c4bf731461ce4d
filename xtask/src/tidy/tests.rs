//! All rules on a small workspace.

use std::fs;

use super::*;

const MANIFEST: &str = "[package]\nname = \"NAME\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                        [dependencies]\nDEPENDENCIES\n[lints]\nworkspace = true\n";

struct Fixture(tempfile::TempDir);

impl Fixture {
    /// A workspace without violations: two layers and the wire contract.
    fn valid() -> Self {
        let fixture = Self(tempfile::tempdir().unwrap());
        fixture.write(
            "Cargo.toml",
            "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n[workspace.lints]\n\
             [workspace.dependencies]\nkaltura-types = { path = \"crates/kaltura-types\" }\n",
        );
        fixture.write("docs/wire-contract.md", "# Contract\n\n## 1. Request\n");
        fixture.write("docs/dependencies.md", "# Dependencies\n");
        fixture.write_crate("kaltura-types", "");
        fixture.write_crate("kaltura-auth", "kaltura-types.workspace = true");
        let git = Command::new("git").args(["init", "--quiet"]).current_dir(fixture.0.path()).status();
        assert!(git.unwrap().success());
        fixture
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn write_crate(&self, name: &str, dependencies: &str) {
        let manifest = MANIFEST.replace("NAME", name).replace("DEPENDENCIES", dependencies);
        self.write(&format!("crates/{name}/Cargo.toml"), &manifest);
        self.write(&format!("crates/{name}/src/lib.rs"), "//! Doc (wire contract, section 1).\n");
    }

    /// The outcome of `tidy`, and its output.
    fn tidy(&self) -> (bool, String) {
        let mut out = Vec::new();
        let success = run(&Workspace::read(self.0.path()).unwrap(), &mut out).unwrap();
        (success, String::from_utf8(out).unwrap())
    }
}

#[test]
fn a_valid_workspace_has_no_violations() {
    let (success, output) = Fixture::valid().tidy();
    assert!(success, "{output}");
    assert!(
        output.starts_with("tidy: ") && output.ends_with(" files and 2 crates follow the rules\n"),
        "{output}"
    );
}

#[test]
fn each_rule_is_applied_to_the_workspace() {
    type Break = fn(&Fixture);
    let violations: [(&str, Break); 8] = [
        ("crates/kaltura-types/Cargo.toml: kaltura-types must not depend on kaltura-auth", |fixture| {
            fixture.write_crate("kaltura-auth", "");
            fixture.write_crate("kaltura-types", "kaltura-auth = { path = \"../kaltura-auth\" }");
        }),
        ("kaltura-auth → kaltura-types → tokio", |fixture| {
            fixture.write_crate("tokio", "");
            fixture.write_crate("kaltura-types", "tokio = { path = \"../tokio\" }");
        }),
        ("crates/kaltura-new/Cargo.toml: kaltura-new has no layer", |fixture| {
            fixture.write_crate("kaltura-new", "");
        }),
        ("crates/kaltura-auth/Cargo.toml: the lints of the workspace do not apply", |fixture| {
            fixture.write(
                "crates/kaltura-auth/Cargo.toml",
                "[package]\nname = \"kaltura-auth\"\n[lints.rust]\nunsafe_code = \"allow\"\n",
            );
        }),
        ("crates/kaltura-auth/Cargo.toml: the crate has a build script", |fixture| {
            fixture.write("crates/kaltura-auth/build.rs", "fn main() {}\n");
        }),
        ("docs/a.md:1: crates/kaltura-auth/src/lib.rs has no function gone", |fixture| {
            fixture.write("docs/a.md", "[`gone`](../crates/kaltura-auth/src/lib.rs)\n");
        }),
        ("docs/a.md:2: `/", |fixture| fixture.write("docs/a.md", concat!("# A\n/ho", "me/me/a\n"))),
        ("SECURITY.md:1: the wire contract has no section 2", |fixture| {
            fixture.write("SECURITY.md", "Wire contract, section 2.\n");
        }),
    ];
    for (expected, break_rule) in violations {
        let fixture = Fixture::valid();
        break_rule(&fixture);
        let (success, output) = fixture.tidy();
        assert!(!success, "{expected}");
        assert!(output.contains(expected), "{expected}: {output}");
        assert!(output.lines().last().unwrap().starts_with("tidy: violations: "), "{output}");
    }
}

#[test]
fn ignored_files_are_not_checked() {
    let fixture = Fixture::valid();
    fixture.write(".gitignore", "/ignored\n");
    fixture.write("ignored/a.md", "Wire contract, section 2.\n");
    assert!(fixture.tidy().0);
}

#[test]
fn the_lints_must_be_those_of_the_workspace() {
    assert!(inherits_lints("[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"));
    for manifest in ["", "[lints]\n", "[lints.rust]\nworkspace = true\n", "[package]\nworkspace = true\n"] {
        assert!(!inherits_lints(manifest), "{manifest}");
    }
}
