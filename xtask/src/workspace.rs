//! The crates of the workspace and their dependencies, from `cargo metadata`.

use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use crate::Failure;

#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// The build directory.
    pub(crate) target: PathBuf,
    pub(crate) members: Vec<Member>,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The path of its `Cargo.toml` from the root.
    pub(crate) manifest: String,
    pub(crate) published: bool,
    /// Whether it is a library, which others can use.
    pub(crate) library: bool,
    /// Whether building it runs a program of its own.
    pub(crate) build_script: bool,
    pub(crate) features: Vec<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency that a manifest names, including optional ones and those of other platforms.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// A dependency of tests, examples and benches only.
    pub(crate) dev: bool,
    /// A crate of this workspace.
    pub(crate) local: bool,
}

impl Workspace {
    /// Reads the workspace that a directory belongs to.
    pub(crate) fn read(directory: &Path) -> Result<Self, Failure> {
        let metadata = MetadataCommand::new().current_dir(directory).no_deps().exec()?;
        let root = metadata.workspace_root.clone();
        let members = metadata.workspace_packages().into_iter().map(|package| Member {
            name: package.name.to_string(),
            manifest: package.manifest_path.strip_prefix(&root).unwrap_or(&package.manifest_path).to_string(),
            published: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
            library: package.targets.iter().any(|target| target.is_lib()),
            build_script: package.targets.iter().any(|target| target.is_custom_build()),
            features: package.features.keys().cloned().collect(),
            dependencies: dependencies(package),
        });
        Ok(Self { members: members.collect(), root: root.into(), target: metadata.target_directory.into() })
    }
}

fn dependencies(package: &Package) -> Vec<Dependency> {
    let dependencies = package.dependencies.iter().map(|dependency| Dependency {
        name: dependency.name.clone(),
        dev: dependency.kind == DependencyKind::Development,
        local: dependency.path.is_some(),
    });
    dependencies.collect()
}
