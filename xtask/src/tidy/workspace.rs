//! The crates of the workspace and what they depend on, as `cargo metadata` tells it.

use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use crate::Failure;

#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds.
    pub(crate) target: PathBuf,
    pub(crate) members: Vec<Member>,
}

/// One crate of it.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The path of its `Cargo.toml`, from the root.
    pub(crate) manifest: String,
    pub(crate) published: bool,
    pub(crate) features: Vec<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A line of its manifest that names another crate, be it optional or for one platform.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Whether only tests, examples and benches see it.
    pub(crate) dev: bool,
    /// Whether it is a crate of this workspace.
    pub(crate) inside: bool,
}

impl Workspace {
    /// Reads the workspace that a directory belongs to.
    pub(crate) fn read(place: &Path) -> Result<Self, Failure> {
        let metadata = MetadataCommand::new().current_dir(place).no_deps().exec()?;
        let root = metadata.workspace_root.clone();
        let members = metadata.workspace_packages().into_iter().map(|package| Member {
            name: package.name.to_string(),
            manifest: package.manifest_path.strip_prefix(&root).unwrap_or(&package.manifest_path).to_string(),
            published: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
            features: package.features.keys().cloned().collect(),
            dependencies: dependencies(package),
        });
        Ok(Self { members: members.collect(), root: root.into(), target: metadata.target_directory.into() })
    }
}

fn dependencies(package: &Package) -> Vec<Dependency> {
    let each = package.dependencies.iter();
    each.map(|dependency| Dependency {
        name: dependency.name.clone(),
        dev: dependency.kind == DependencyKind::Development,
        inside: dependency.path.is_some(),
    })
    .collect()
}
