//! Postgres' programs: those of the system, otherwise downloaded ones.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use postgresql_embedded::{PostgreSQL, Settings, VersionReq};
use tracing::info;

use crate::data_dir::DataDir;
use crate::error::EmbeddedError;

/// Where a Postgres is downloaded from.
const RELEASES_URL: &str = "https://github.com/theseus-rs/postgresql-binaries";
/// A folder without one of these is not used.
const PROGRAMS: [&str; 3] = ["postgres", "initdb", "pg_ctl"];

#[derive(Debug)]
pub struct Binaries {
    folder: PathBuf,
    /// The major version: the first number of it.
    pub major: u32,
}

impl Binaries {
    /// The programs of the version that made the cluster, or for a new cluster the first that are found:
    /// on `PATH`, in `/usr/lib/postgresql`, through `pg_config`, among earlier downloads. Only if none
    /// fit, it downloads some.
    pub async fn find(data_dir: &DataDir) -> Result<Self, EmbeddedError> {
        let wanted = version_of(&data_dir.cluster());
        let found: Vec<_> = candidates(data_dir)
            .iter()
            .filter_map(|folder| Self::at(folder))
            .collect();
        let versions: Vec<_> = found.iter().map(|found| found.major.to_string()).collect();
        if let Some(binaries) = found
            .into_iter()
            .find(|found| wanted.is_none_or(|wanted| wanted == found.major))
        {
            return Ok(binaries);
        }
        match (download(data_dir, wanted).await, wanted) {
            (Ok(binaries), _) => Ok(binaries),
            (Err(download), None) => Err(EmbeddedError::NoBinaries { download }),
            (Err(download), Some(wanted)) => Err(EmbeddedError::NoMatchingBinaries {
                cluster: data_dir.cluster(),
                wanted,
                found: if versions.is_empty() {
                    "none".to_owned()
                } else {
                    versions.join(", ")
                },
                download,
            }),
        }
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn at(folder: &Path) -> Option<Self> {
        // A folder of PATH may hold a link to `postgres` without links to the other programs.
        let postgres = fs::canonicalize(folder.join("postgres")).ok()?;
        let folder = postgres.parent()?.to_owned();
        if !PROGRAMS.iter().all(|name| folder.join(name).is_file()) {
            return None;
        }
        let major = major(&output_of(Command::new(postgres).arg("--version"))?)?;
        Some(Self { folder, major })
    }
}

/// The major version that made a cluster.
fn version_of(cluster: &Path) -> Option<u32> {
    let version = fs::read_to_string(cluster.join("PG_VERSION")).ok()?;
    version.trim().parse().ok()
}

fn candidates(data_dir: &DataDir) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.extend(newest_first(Path::new("/usr/lib/postgresql")));
    if let Some(output) = output_of(Command::new("pg_config").arg("--bindir")) {
        folders.push(PathBuf::from(output.trim()));
    }
    folders.extend(newest_first(&data_dir.path.join("binaries")));
    folders
}

/// The folder `bin` of every version below `folder`.
fn newest_first(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let mut versions: Vec<(Vec<u32>, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| {
            let name = entry.file_name();
            let version = name.to_string_lossy();
            (
                version.split('.').flat_map(str::parse).collect(),
                entry.path().join("bin"),
            )
        })
        .collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, folder)| folder)
}

/// The standard output of a program that succeeds.
fn output_of(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The major version in the output of `postgres --version`: 15 in `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

async fn download(data_dir: &DataDir, wanted: Option<u32>) -> Result<Binaries, String> {
    let folder = data_dir.path.join("binaries");
    info!(folder = %folder.display(), "no Postgres found: downloading one");
    let version = match wanted {
        Some(major) => {
            VersionReq::parse(&format!("={major}")).map_err(|error| error.to_string())?
        }
        None => VersionReq::STAR,
    };
    // `setup` makes a cluster too, which fails as root. It does not where `data_dir` looks like one.
    let dummy = folder.join("made-elsewhere");
    fs::create_dir_all(&dummy).map_err(|error| error.to_string())?;
    fs::write(dummy.join("postgresql.conf"), "").map_err(|error| error.to_string())?;
    // All fields are set, because `Settings::default` makes temporary folders and leaves them behind.
    let mut postgres = PostgreSQL::new(Settings {
        releases_url: RELEASES_URL.to_owned(),
        version,
        installation_dir: folder,
        password_file: dummy.join("password"),
        data_dir: dummy,
        host: String::new(),
        port: 0,
        username: String::new(),
        password: String::new(),
        temporary: false,
        timeout: Some(Duration::from_mins(1)),
        configuration: HashMap::new(),
        trust_installation_dir: false,
        socket_dir: None,
    });
    postgres.setup().await.map_err(|error| error.to_string())?;
    let folder = postgres.settings().binary_dir();
    Binaries::at(&folder).ok_or_else(|| "what was downloaded does not run here".to_owned())
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn a_version_is_read_from_what_postgres_says() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(major(debian), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta2\n"), Some(18));
        assert_eq!(major("something else"), None);
    }
}
