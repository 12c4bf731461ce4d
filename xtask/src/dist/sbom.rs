//! The crates in the command, as a CycloneDX bill of materials, from `cargo tree`, `cargo metadata` and `Cargo.lock`.
//!
//! `cargo metadata` knows licences, but has the features of the whole workspace: `cargo tree` knows what is linked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use serde_json::{Value, json};

use super::task::Release;
use crate::Failure;

/// The package of the command.
const COMMAND: &str = "kaltura-cli";

pub(super) fn file_name(release: &Release) -> String {
    format!("kaltura-{}.cdx.json", release.version)
}

/// The bill of materials of the command for its target, with its default features.
pub(super) fn create(root: &Path, release: &Release) -> Result<Vec<u8>, Failure> {
    let mut metadata = MetadataCommand::new();
    let platform = ["--filter-platform", release.target.triple, "--locked"].map(str::to_owned);
    metadata.current_dir(root.join("crates").join(COMMAND)).other_options(platform);
    let metadata = metadata.features(CargoOpt::SomeFeatures(Vec::new())).exec()?;
    let checksums = checksums(&fs::read_to_string(root.join("Cargo.lock"))?);
    let bill = bill(&metadata, release, &linked(root, release)?, &checksums)?;
    Ok(format!("{bill:#}\n").into_bytes())
}

/// The names and versions of what is linked: neither macros, nor tests, nor the programs that run during the build.
fn linked(root: &Path, release: &Release) -> Result<BTreeSet<(String, String)>, Failure> {
    let tree = "tree --locked --edges normal,no-proc-macro --prefix none --format {p} --package kaltura-cli --target";
    let output =
        Command::new("cargo").args(tree.split(' ')).arg(release.target.triple).current_dir(root).output()?;
    if !output.status.success() {
        return Err(format!("cargo tree failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let tree = String::from_utf8(output.stdout)?;
    // `hex v0.4.3`, and perhaps a path.
    let line = |line: &str| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    };
    Ok(tree.lines().filter_map(line).collect())
}

fn bill(
    metadata: &Metadata,
    release: &Release,
    linked: &BTreeSet<(String, String)>,
    checksums: &Checksums,
) -> Result<Value, Failure> {
    let resolve = metadata.resolve.as_ref().ok_or("cargo metadata has no dependencies")?;
    let packages: BTreeMap<&PackageId, &Package> =
        metadata.packages.iter().map(|package| (&package.id, package)).collect();
    let is_linked = |id: &PackageId| {
        packages
            .get(id)
            .is_some_and(|package| linked.contains(&(package.name.to_string(), package.version.to_string())))
    };
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let command = metadata.packages.iter().find(|package| *package.name == COMMAND);
    let command = command.ok_or_else(|| format!("no package {COMMAND}"))?;

    let mut seen = BTreeSet::from([&command.id]);
    let mut next = vec![&command.id];
    let mut dependencies = Vec::new();
    while let Some(id) = next.pop() {
        let Some(node) = nodes.get(id) else { continue };
        let linked = node
            .deps
            .iter()
            .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal))
            .filter(|dependency| is_linked(&dependency.pkg));
        let linked: Vec<&PackageId> = linked.map(|dependency| &dependency.pkg).collect();
        let reference = |id: &PackageId| packages.get(id).map(|package| purl(package));
        let on: BTreeSet<_> = linked.iter().filter_map(|id| reference(id)).collect();
        dependencies.push(json!({ "ref": reference(id), "dependsOn": on }));
        next.extend(linked.into_iter().filter(|id| seen.insert(id)));
    }
    dependencies.sort_by_key(|dependency| dependency["ref"].to_string());

    let libraries = seen.iter().filter(|id| **id != &command.id).filter_map(|id| packages.get(id));
    let mut components: Vec<Value> =
        libraries.map(|package| component(package, "library", checksums)).collect();
    components.sort_by_key(|component| component["bom-ref"].to_string());
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": component(command, "application", checksums),
            "properties": [{ "name": "cdx:rustc:sbom:target:triple", "value": release.target.triple }],
        },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn component(package: &Package, kind: &str, checksums: &Checksums) -> Value {
    let (name, version) = (package.name.to_string(), package.version.to_string());
    let purl = purl(package);
    let mut component = json!({ "type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl, "scope": "required" });
    if let Some(description) = &package.description {
        component["description"] = description.trim().into();
    }
    if let Some(licence) = &package.license {
        // Some crates still separate licences by `/`.
        component["licenses"] = json!([{ "expression": licence.replace('/', " OR ") }]);
    }
    if let Some(checksum) = checksums.get(&(name, version)) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version.to_string().replace('+', "%2B"))
}

/// By name and version.
type Checksums = BTreeMap<(String, String), String>;

/// The checksums of the crates in a `Cargo.lock`. Crates of the workspace have none.
fn checksums(lock: &str) -> Checksums {
    let blocks = lock.split("[[package]]").skip(1);
    blocks
        .filter_map(|block| {
            let field = |name: &str| {
                let start = format!("{name} = \"");
                let value = block.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix('"'));
                value.map(str::to_owned)
            };
            Some(((field("name")?, field("version")?), field("checksum")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::task::tests::release;

    #[test]
    fn checksums_are_found() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"x\"\nchecksum = \"00ff\"\n\n\
                    [[package]]\nname = \"own\"\nversion = \"0.1.0\"\ndependencies = [\n \"a\",\n]\n";
        let found: Vec<_> = checksums(lock).into_iter().collect();
        assert_eq!(found, [(("a".to_owned(), "1.0.0".to_owned()), "00ff".to_owned())]);
    }

    #[test]
    fn the_bill_has_what_is_linked_and_nothing_else() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let bill: Value = serde_json::from_slice(&create(&root, &release(None)).unwrap()).unwrap();
        let names: BTreeSet<_> =
            bill["components"].as_array().unwrap().iter().filter_map(|c| c["name"].as_str()).collect();
        for name in ["kaltura-auth", "reqwest", "clap", "rustls"] {
            assert!(names.contains(name), "{name} is missing");
        }
        for name in ["xtask", "rexpect", "proptest", "kaltura-cli", "ring", "serde_derive"] {
            assert!(!names.contains(name), "{name} is not linked");
        }
        for component in bill["components"].as_array().unwrap() {
            assert!(component["licenses"][0]["expression"].is_string(), "{component}");
            let own = component["name"].as_str().unwrap().starts_with("kaltura");
            assert_eq!(component["hashes"].is_array(), !own, "{component}");
        }
        let references: BTreeSet<_> =
            bill["dependencies"].as_array().unwrap().iter().map(|d| d["ref"].to_string()).collect();
        assert_eq!(references.len(), names_and_versions(&bill) + 1);
    }

    fn names_and_versions(bill: &Value) -> usize {
        bill["components"].as_array().unwrap().len()
    }
}
