//! A package of rpm.

use rpm::{BuildConfig, CompressionType, Dependency, FileOptions, PackageBuilder};

use super::contents::{Contents, System};
use super::task::Release;
use crate::Failure;

pub(super) fn file_name(release: &Release) -> String {
    format!("kaltura-{}-1.x86_64.rpm", release.version)
}

pub(super) fn pack(release: &Release, contents: &Contents) -> Result<Vec<u8>, Failure> {
    let Release { version, description, licence, target, time } = release;
    let mut package = PackageBuilder::new("kaltura", version, licence, "x86_64", description);
    let time = u32::try_from(*time)?;
    package.using_config(BuildConfig::v4().compression(CompressionType::Gzip).source_date(time));
    package.release("1").description(format!("{description}."));
    package.recommends(Dependency::any("ca-certificates"));
    if let Some(version) = &target.glibc {
        package.requires(Dependency::greater_eq("glibc", version));
    }
    for file in contents.installed(System::Rpm)? {
        let options = FileOptions::new(format!("/{}", file.path)).permissions(file.mode);
        package.with_file_contents(file.contents, options)?;
    }
    let mut bytes = Vec::new();
    package.build()?.write(&mut bytes)?;
    Ok(bytes)
}
