//! A small workspace that breaks one rule of each kind, so that no kind can be left out of `tidy`.

use std::fs;
use std::process::Command;

use crate::tidy::run;

const MANIFEST: &str = "[package]\nname = \"NAME\"\nversion = \"0.1.0\"\nedition.workspace = true\n\
                        license.workspace = true\nrust-version.workspace = true\nPUBLISH\n\
                        [dependencies]\nDEPENDENCIES\n[lints]\nworkspace = true\n";

struct House(tempfile::TempDir);

impl House {
    /// A house that keeps the rules: two layers and the wire contract.
    fn good() -> Self {
        let house = Self(tempfile::tempdir().unwrap());
        house.put(
            "Cargo.toml",
            "[workspace]\nmembers = [\"crates/*\", \"xtask\"]\nresolver = \"3\"\n\
             [workspace.package]\nedition = \"2024\"\nlicense = \"MIT\"\nrust-version = \"1.89\"\n\
             [workspace.lints]\n[workspace.dependencies]\nkaltura-types = { path = \"crates/kaltura-types\" }\n\
             xtask = { path = \"xtask\" }\n",
        );
        house.put("clippy.toml", "msrv = \"1.89\"\n");
        house.put("docs/wire-contract.md", "# Contract\n\n## 1. Request\n");
        house.put_crate("crates/kaltura-types", "kaltura-types", "", "");
        house.put_crate("crates/kaltura-auth", "kaltura-auth", "", "kaltura-types.workspace = true");
        house.put_crate("xtask", "xtask", "publish = false", "");
        let git = Command::new("git").args(["init", "--quiet"]).current_dir(house.0.path()).status();
        assert!(git.unwrap().success());
        house
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn put_crate(&self, place: &str, name: &str, publish: &str, dependencies: &str) {
        let manifest = MANIFEST.replace("NAME", name).replace("PUBLISH", publish);
        self.put(&format!("{place}/Cargo.toml"), &manifest.replace("DEPENDENCIES", dependencies));
        self.put(&format!("{place}/src/lib.rs"), "//! Doc (wire contract, section 1).\n");
    }

    /// The outcome of `tidy`, and its lines.
    fn tidy(&self) -> (bool, Vec<String>) {
        let mut out = Vec::new();
        let well = run(&self.0.path().join("crates"), &mut out).unwrap();
        (well, String::from_utf8(out).unwrap().lines().map(str::to_owned).collect())
    }
}

#[test]
fn a_good_house_has_nothing_to_tidy() {
    assert_eq!(House::good().tidy(), (true, vec!["tidy: 9 files and 3 crates keep the rules".to_owned()]));
}

#[test]
fn each_kind_of_rule_is_checked_in_the_whole_house() {
    type Break = fn(&House);
    let broken: [(&str, Break); 8] = [
        ("Cargo.toml: `edition` is not taken from the workspace", |house| {
            house.put("xtask/Cargo.toml", "[package]\nname = \"xtask\"\nedition = \"2024\"\n");
        }),
        ("clippy.toml: msrv is 1.88", |house| house.put("clippy.toml", "msrv = \"1.88\"\n")),
        ("kaltura-types depends on xtask", |house| {
            house.put_crate("crates/kaltura-types", "kaltura-types", "", "xtask.workspace = true");
        }),
        ("kaltura-auth → kaltura-types → tokio", |house| {
            house.put_crate("crates/tokio", "tokio", "", "");
            house.put_crate("crates/kaltura-types", "kaltura-types", "", "tokio = { path = \"../tokio\" }");
        }),
        ("xtask/src/misc.rs: the name `misc`", |house| house.put("xtask/src/misc.rs", "//! Doc.\n")),
        ("docs/a.md:1: `/", |house| house.put("docs/a.md", concat!("/ho", "me/me/a\n"))),
        ("docs/a.md:1: the wire contract has no section 2", |house| {
            house.put("docs/a.md", "Wire contract, section 2.\n");
        }),
        ("xtask/src/lib.rs: no module doc", |house| house.put("xtask/src/lib.rs", "fn f() {}\n")),
    ];
    for (expected, break_it) in broken {
        let house = House::good();
        break_it(&house);
        let (well, lines) = house.tidy();
        assert!(!well, "{expected}");
        assert!(lines.iter().any(|line| line.contains(expected)), "{expected}: {lines:#?}");
        assert!(lines.last().unwrap().contains("broken rule"), "{lines:#?}");
    }
}

#[test]
fn what_git_ignores_is_not_looked_at() {
    let house = House::good();
    house.put(".gitignore", "/left\n");
    house.put("left/utils.rs", "fn f() {}\n");
    assert!(house.tidy().0);
}
