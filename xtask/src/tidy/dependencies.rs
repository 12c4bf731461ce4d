//! The layer rules for what a manifest names. What it reaches through others is the matter of `reach`.

use crate::tidy::finding::Finding;
use crate::tidy::layers::{KEPT, Layer, layer};
use crate::tidy::workspace::{Dependency, Member};

/// Checks one crate against its row of the table.
pub(crate) fn check(member: &Member) -> Vec<Finding> {
    let Some(layer) = layer(&member.name) else {
        let wrong = format!("the crate {} stands in no layer", member.name);
        return vec![Finding::new(&member.manifest, wrong, "give it a row in xtask/src/tidy/layers.rs")];
    };
    let mut findings = Vec::new();
    if member.published != layer.published {
        findings.push(wrongly_published(member, layer));
    }
    for dependency in &member.dependencies {
        findings.extend(inner(member, layer, dependency));
        findings.extend(kept(member, dependency));
    }
    findings
}

fn wrongly_published(member: &Member, layer: &Layer) -> Finding {
    let (wrong, remedy) = if layer.published {
        ("`publish = false` in a crate that is for the world", "remove it")
    } else {
        ("a crate that is for this workspace only could be published", "add `publish = false`")
    };
    Finding::new(&member.manifest, wrong, remedy)
}

fn inner(member: &Member, layer: &Layer, dependency: &Dependency) -> Option<Finding> {
    if !dependency.inside || layer.may_use.allows(&dependency.name) {
        return None;
    }
    let name = &dependency.name;
    let remedy = if dependency.dev {
        "its tests would see two copies of its own traits: move them to the package in tests/"
    } else {
        "nothing points down or sideways: move the code to the layer that may have it"
    };
    let wrong = format!("{} depends on {name}, which is not below it", member.name);
    Some(Finding::new(&member.manifest, wrong, remedy))
}

fn kept(member: &Member, dependency: &Dependency) -> Option<Finding> {
    let (name, keepers) = KEPT.iter().find(|(name, _)| *name == dependency.name)?;
    if keepers.contains(&member.name.as_str()) {
        return None;
    }
    let wrong = format!("{} names {name}", member.name);
    Some(Finding::new(
        &member.manifest,
        wrong,
        format!("only {} may: go through one of them", keepers.join(", ")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_of(name: &str, published: bool, dependency: Option<Dependency>) -> String {
        let member = Member {
            name: name.to_owned(),
            manifest: format!("crates/{name}/Cargo.toml"),
            published,
            features: Vec::new(),
            dependencies: dependency.into_iter().collect(),
        };
        check(&member).iter().map(ToString::to_string).collect()
    }

    fn on(name: &str, dev: bool) -> Option<Dependency> {
        Some(Dependency { name: name.to_owned(), dev, inside: name.starts_with("kaltura-") })
    }

    #[test]
    fn a_crate_depends_only_on_what_is_below_it() {
        assert_eq!(said_of("kaltura-auth", true, on("kaltura-types", false)), "");
        assert_eq!(said_of("kaltura-tests", false, on("kaltura-cli", false)), "");
        let downwards = said_of("kaltura-auth", true, on("kaltura-http", false));
        assert!(downwards.contains("kaltura-auth depends on kaltura-http"), "{downwards}");
        let sideways = said_of("kaltura-http", true, on("kaltura-testing", false));
        assert!(sideways.contains("kaltura-http depends on kaltura-testing"), "{sideways}");
    }

    #[test]
    fn the_tests_of_a_crate_do_not_use_the_crates_above_it() {
        let said = said_of("kaltura-auth", true, on("kaltura-testing", true));
        assert!(said.contains("two copies of its own traits"), "{said}");
        assert_eq!(said_of("kaltura-auth", true, on("proptest", true)), "");
    }

    #[test]
    fn reqwest_stays_where_it_is_kept() {
        assert_eq!(said_of("kaltura-http", true, on("reqwest", false)), "");
        for (name, published) in [("kaltura-testing", true), ("kaltura-tests", false)] {
            let said = said_of(name, published, on("reqwest", true));
            assert!(said.contains("names reqwest; only kaltura-http, kaltura-cli may"), "{said}");
        }
    }

    #[test]
    fn only_tests_and_chores_are_unpublished() {
        assert!(said_of("kaltura-auth", false, None).contains("remove it"));
        assert!(said_of("xtask", true, None).contains("add `publish = false`"));
    }

    #[test]
    fn a_crate_without_a_row_is_told_to_take_one() {
        assert!(said_of("kaltura-new", true, None).contains("stands in no layer"));
    }
}
