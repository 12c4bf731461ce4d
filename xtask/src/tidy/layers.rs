//! The layers: which published crate may depend on which, and which kinds of crates it must not reach.
//!
//! cargo-deny bans a crate for the whole workspace or for direct dependents; it cannot say that one member must not
//! reach it through others.

use std::path::Path;
use std::process::Command;

use super::Violation;
use crate::Failure;
use crate::workspace::{Dependency, Member, Workspace};

/// The rules for one published crate.
#[derive(Debug)]
struct Layer {
    name: &'static str,
    /// Crates of the workspace that it may depend on.
    may_use: &'static [&'static str],
    /// Crates that it must not reach, through any path and with any feature.
    forbidden: &'static [Family],
}

/// Every published crate. Others, such as tests and tools, may use anything.
const LAYERS: &[Layer] = &[
    Layer {
        name: "kaltura-types",
        may_use: &[],
        forbidden: &[NETWORK, RUNTIME, ASYNC, CLOCK, RANDOM, CRYPTOGRAPHY],
    },
    Layer {
        name: "kaltura-ks",
        may_use: &["kaltura-types"],
        // `getrandom` is its optional source for the random bytes of a new KS.
        forbidden: &[NETWORK, RUNTIME, ASYNC, CLOCK],
    },
    Layer {
        name: "kaltura-auth",
        may_use: &["kaltura-types", "kaltura-ks"],
        forbidden: &[NETWORK, RUNTIME, CLOCK, RANDOM],
    },
    Layer {
        name: "kaltura-client",
        may_use: &["kaltura-types", "kaltura-auth"],
        forbidden: &[NETWORK, RUNTIME, CLOCK, RANDOM],
    },
    Layer {
        name: "kaltura-http",
        may_use: &["kaltura-types", "kaltura-auth", "kaltura-client"],
        forbidden: &[],
    },
    Layer { name: "kaltura-store", may_use: &["kaltura-types", "kaltura-auth"], forbidden: &[] },
    Layer { name: "kaltura-testing", may_use: &["kaltura-types", "kaltura-auth"], forbidden: &[] },
    Layer {
        name: "kaltura-emulator",
        may_use: &["kaltura-types", "kaltura-ks", "kaltura-auth"],
        forbidden: &[],
    },
    Layer {
        name: "kaltura",
        may_use: &[
            "kaltura-types",
            "kaltura-ks",
            "kaltura-auth",
            "kaltura-client",
            "kaltura-http",
            "kaltura-store",
            "kaltura-testing",
            "kaltura-emulator",
        ],
        forbidden: &[],
    },
    Layer {
        name: "kaltura-wasm",
        may_use: &["kaltura-types", "kaltura-auth", "kaltura-client"],
        forbidden: &[NETWORK, RUNTIME],
    },
    Layer {
        name: "kaltura-cli",
        may_use: &[
            "kaltura-types",
            "kaltura-ks",
            "kaltura-auth",
            "kaltura-client",
            "kaltura-http",
            "kaltura-store",
            "kaltura-testing",
            "kaltura-emulator",
            "kaltura",
        ],
        forbidden: &[],
    },
];

/// Crates of one kind. A name that ends in `*` is a prefix.
#[derive(Debug)]
struct Family {
    kind: &'static str,
    crates: &'static [&'static str],
}

impl Family {
    fn contains(&self, name: &str) -> bool {
        self.crates.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == *pattern,
        })
    }
}

/// Not `http`, which has types only.
const NETWORK: Family = Family {
    kind: "a network library",
    crates: &[
        "actix-*", "axum*", "curl*", "fred", "h2", "h3", "hyper*", "isahc", "quinn*", "redis*", "reqwest*",
        "surf", "tonic", "ureq*", "warp",
    ],
};
const RUNTIME: Family = Family {
    kind: "an async runtime",
    crates: &["async-executor", "async-io", "async-std", "futures-executor", "monoio", "smol*", "tokio*"],
};
const ASYNC: Family = Family { kind: "an async library", crates: &["async-*", "futures*"] };
/// Not `httpdate`, which formats times, but does not read a clock.
const CLOCK: Family = Family {
    kind: "a clock",
    crates: &["chrono*", "coarsetime", "instant", "jiff*", "quanta", "time", "web-time"],
};
const RANDOM: Family = Family {
    kind: "a source of random numbers",
    crates: &["fastrand", "getrandom", "nanorand", "rand", "rand_*"],
};
const CRYPTOGRAPHY: Family = Family {
    kind: "cryptography",
    crates: &[
        "aes*",
        "aws-lc-*",
        "blake*",
        "cbc",
        "cipher",
        "crypto-common",
        "digest",
        "hmac",
        "md-5",
        "md5",
        "openssl*",
        "ring",
        "rustls*",
        "sha1*",
        "sha2*",
        "sha3*",
    ],
};

fn layer(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.name == name)
}

/// Checks every published crate of the workspace.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<Violation>, Failure> {
    let mut violations = Vec::new();
    for member in workspace.members.iter().filter(|member| member.published) {
        let Some(layer) = layer(&member.name) else {
            let remedy = "add it to xtask/src/tidy/layers.rs, or `publish = false`";
            violations.push(Violation::in_file(
                &member.manifest,
                format!("{} has no layer", member.name),
                remedy,
            ));
            continue;
        };
        violations
            .extend(member.dependencies.iter().filter_map(|used| check_dependency(member, layer, used)));
        if !layer.forbidden.is_empty() {
            violations.extend(check_tree(&member.manifest, layer, &cargo_tree(&workspace.root, layer.name)?));
        }
    }
    Ok(violations)
}

fn check_dependency(member: &Member, layer: &Layer, dependency: &Dependency) -> Option<Violation> {
    let name = dependency.name.as_str();
    let (allowed, remedy) = if dependency.dev {
        (!reaches(name, layer.name), "its tests would have two copies of its own types: move them to tests/")
    } else {
        (layer.may_use.contains(&name), "move the code to a layer that may use it")
    };
    (dependency.local && !allowed).then(|| {
        Violation::in_file(&member.manifest, format!("{} must not depend on {name}", layer.name), remedy)
    })
}

/// Whether the table lets one crate reach another.
fn reaches(name: &str, target: &str) -> bool {
    layer(name).is_some_and(|layer| layer.may_use.iter().any(|used| *used == target || reaches(used, target)))
}

/// All that a crate reaches with all features on all platforms, without its tests.
///
/// The graph of `cargo metadata` is resolved for the whole workspace: a feature that `kaltura-cli` enables is
/// enabled for `kaltura-auth` too. `cargo tree` resolves one crate.
fn cargo_tree(root: &Path, name: &str) -> Result<String, Failure> {
    let mut command = Command::new("cargo");
    command.args(["tree", "--all-features", "--target", "all", "--edges", "normal,build"]);
    command.args(["--prefix", "depth", "--format", " {p}", "--package", name]).current_dir(root);
    let output = command.output()?;
    if !output.status.success() {
        return Err(
            format!("cargo tree of {name} failed: {}", String::from_utf8_lossy(&output.stderr)).into()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// `tree` has one line for each package, which begins with its depth and its name.
fn check_tree(manifest: &str, layer: &Layer, tree: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut path: Vec<&str> = Vec::new();
    // The dependencies of a forbidden crate are not reported again.
    let mut forbidden_depth = usize::MAX;
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        let (Some(depth), Some(name)) = (words.next().and_then(|depth| depth.parse().ok()), words.next())
        else {
            continue;
        };
        path.truncate(depth);
        path.push(name);
        if depth > forbidden_depth {
            continue;
        }
        forbidden_depth = usize::MAX;
        if let Some(family) = layer.forbidden.iter().find(|family| family.contains(name)) {
            forbidden_depth = depth;
            let problem =
                format!("{} must not reach {name}, {}: {}", layer.name, family.kind, path.join(" → "));
            violations.push(Violation::in_file(
                manifest,
                problem,
                "remove the dependency or disable its feature",
            ));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency_violation(name: &str, dependency: &str, dev: bool) -> Option<String> {
        let member = Member {
            name: name.to_owned(),
            manifest: "Cargo.toml".to_owned(),
            published: true,
            library: true,
            build_script: false,
            features: Vec::new(),
            dependencies: Vec::new(),
        };
        let local = dependency.starts_with("kaltura");
        let dependency = Dependency { name: dependency.to_owned(), dev, local };
        check_dependency(&member, layer(name).unwrap(), &dependency).map(|violation| violation.to_string())
    }

    #[test]
    fn a_crate_depends_only_on_lower_layers() {
        for (name, dependency) in
            [("kaltura-auth", "kaltura-types"), ("kaltura", "kaltura-http"), ("kaltura-http", "reqwest")]
        {
            assert_eq!(dependency_violation(name, dependency, false), None);
        }
        for (name, dependency) in [
            ("kaltura-auth", "kaltura-http"),
            ("kaltura-http", "kaltura-testing"),
            ("kaltura-testing", "kaltura-emulator"),
            ("kaltura-emulator", "kaltura"),
            ("kaltura-auth", "kaltura-tests"),
        ] {
            let violation = dependency_violation(name, dependency, false).unwrap();
            assert!(violation.contains(&format!("{name} must not depend on {dependency};")), "{violation}");
        }
    }

    #[test]
    fn the_tests_of_a_crate_do_not_use_a_crate_that_depends_on_it() {
        let violation = dependency_violation("kaltura-auth", "kaltura-testing", true).unwrap();
        assert!(violation.contains("two copies of its own types"), "{violation}");
        assert!(dependency_violation("kaltura-ks", "kaltura-client", true).is_some());
        assert_eq!(dependency_violation("kaltura-testing", "kaltura-emulator", true), None);
        assert_eq!(dependency_violation("kaltura-auth", "proptest", true), None);
    }

    #[test]
    fn a_layer_uses_only_layers_above_it_in_the_table() {
        for (index, layer) in LAYERS.iter().enumerate() {
            for name in layer.may_use {
                assert!(
                    LAYERS[..index].iter().any(|lower| lower.name == *name),
                    "{} may use {name}",
                    layer.name
                );
            }
        }
    }

    fn tree_violations(name: &str, tree: &str) -> Vec<String> {
        check_tree("Cargo.toml", layer(name).unwrap(), tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_forbidden_crate_is_found_at_any_depth_with_its_path() {
        let tree = "0 kaltura-auth v0.1.0 (path)\n1 http v1.5.0\n2 bytes v1.12.2\n\
                    1 kaltura-ks v0.1.0 (path)\n2 getrandom v0.4.3\n3 rand_core v0.10.0\n1 httpdate v1.0.3\n";
        let violations = tree_violations("kaltura-auth", tree);
        assert_eq!(violations.len(), 1, "{violations:?}");
        let expected = "getrandom, a source of random numbers: kaltura-auth → kaltura-ks → getrandom;";
        assert!(violations[0].contains(expected), "{violations:?}");
    }

    #[test]
    fn families_are_forbidden_by_layer() {
        let tree = "0 crate v0.1.0\n1 sha2 v0.11.1\n1 getrandom v0.4.3\n1 async-trait v0.1.92 (proc-macro)\n";
        assert_eq!(tree_violations("kaltura-types", tree).len(), 3);
        assert_eq!(tree_violations("kaltura-ks", tree).len(), 1);
        assert_eq!(tree_violations("kaltura-auth", tree).len(), 1);
    }

    #[test]
    fn every_family_is_recognised() {
        for (name, kind) in [
            ("reqwest", "a network library"),
            ("hyper-util", "a network library"),
            ("redis", "a network library"),
            ("tokio", "an async runtime"),
            ("futures-util", "an async library"),
            ("time", "a clock"),
            ("jiff", "a clock"),
            ("rand_core", "random"),
            ("md-5", "cryptography"),
            ("aes", "cryptography"),
        ] {
            let violations =
                tree_violations("kaltura-types", &format!("0 kaltura-types v0.1.0\n1 {name} v1.0.0\n"));
            assert!(violations.len() == 1 && violations[0].contains(kind), "{name}: {violations:?}");
        }
    }

    #[test]
    fn a_forbidden_crate_does_not_hide_its_siblings() {
        let tree = "0 kaltura-auth v0.1.0\n1 reqwest v0.13.5\n2 tokio v1.54.1\n1 tokio v1.54.1 (*)\n";
        assert_eq!(tree_violations("kaltura-auth", tree).len(), 2);
    }
}
