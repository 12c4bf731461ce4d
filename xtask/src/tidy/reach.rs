//! What a crate reaches through others, with all its features and on all platforms, but without its tests.
//!
//! This asks `cargo tree` for one crate at a time. The graph in `cargo metadata` would give false alarms: it
//! is resolved for the whole workspace at once, so a feature that `kaltura-cli` wants of a crate is on in
//! the graph of `kaltura-auth` too.

use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::tidy::finding::Finding;
use crate::tidy::layers::{Layer, layer};
use crate::tidy::workspace::Workspace;

/// Checks every crate that must not reach something.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    for member in &workspace.members {
        if let Some(layer) = layer(&member.name).filter(|layer| !layer.never.is_empty()) {
            findings.extend(check_tree(&member.manifest, layer, &tree(&workspace.root, layer.name)?));
        }
    }
    Ok(findings)
}

fn tree(root: &Path, name: &str) -> Result<String, Failure> {
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

/// `tree` has a line for each package: its depth, its name, and more that is of no matter here.
fn check_tree(manifest: &str, layer: &Layer, tree: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut way: Vec<&str> = Vec::new();
    // What a forbidden crate depends on in turn says nothing new.
    let mut below_forbidden = usize::MAX;
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        let (Some(depth), Some(name)) = (words.next().and_then(|depth| depth.parse().ok()), words.next())
        else {
            continue;
        };
        way.truncate(depth);
        way.push(name);
        if depth > below_forbidden {
            continue;
        }
        below_forbidden = usize::MAX;
        if let Some(family) = layer.never.iter().find(|family| family.has(name)) {
            below_forbidden = depth;
            let wrong =
                format!("{} reaches {name}, which is {}: {}", layer.name, family.what, way.join(" → "));
            findings.push(Finding::new(
                manifest,
                wrong,
                "cut that way, or switch off the feature that opens it",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_of(name: &str, tree: &str) -> Vec<String> {
        check_tree("Cargo.toml", layer(name).unwrap(), tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_forbidden_crate_is_found_at_any_depth_with_the_way_to_it() {
        let tree = "0 kaltura-auth v0.1.0 (path)\n1 http v1.5.0\n2 bytes v1.12.2\n\
                    1 kaltura-ks v0.1.0 (path)\n2 getrandom v0.4.3\n3 rand_core v0.10.0\n1 httpdate v1.0.3\n";
        let said = said_of("kaltura-auth", tree);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].contains("a source of random numbers: kaltura-auth → kaltura-ks → getrandom"),
            "{said:?}"
        );
    }

    #[test]
    fn what_one_layer_may_reach_another_may_not() {
        let tree = "0 crate v0.1.0\n1 sha2 v0.11.1\n1 getrandom v0.4.3\n1 async-trait v0.1.92 (proc-macro)\n";
        assert_eq!(said_of("kaltura-types", tree).len(), 3);
        assert_eq!(said_of("kaltura-ks", tree).len(), 1);
        assert_eq!(said_of("kaltura-auth", tree).len(), 1);
    }

    #[test]
    fn every_kind_is_known() {
        let says = |name, what| {
            let said = said_of("kaltura-types", &format!("0 kaltura-types v0.1.0\n1 {name} v1.0.0\n"));
            assert!(said.len() == 1 && said[0].contains(what), "{name}: {said:?}");
        };
        says("reqwest", "an HTTP library");
        says("hyper-util", "an HTTP library");
        says("tokio", "an async runtime");
        says("futures-util", "made for async");
        says("time", "a clock");
        says("chrono", "a clock");
        says("jiff", "a clock");
        says("fastrand", "random");
        says("rand_core", "random");
        says("md-5", "cryptography");
        says("sha1", "cryptography");
        says("aes", "cryptography");
    }

    #[test]
    fn what_was_found_once_does_not_hide_its_neighbours() {
        let tree = "0 kaltura-auth v0.1.0\n1 reqwest v0.13.5\n2 tokio v1.54.1\n1 tokio v1.54.1 (*)\n";
        assert_eq!(said_of("kaltura-auth", tree).len(), 2);
    }
}
