//! The programs of a Postgres: those of the system, else downloaded ones.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use postgresql_embedded::{PostgreSQL, Settings, VersionReq};
use tracing::info;

use super::{EmbeddedError, Home};

const RELEASES: &str = "https://github.com/theseus-rs/postgresql-binaries";
const NEEDED: [&str; 3] = ["postgres", "initdb", "pg_ctl"];

#[derive(Debug)]
pub struct Binaries {
    folder: PathBuf,
    pub major: u32,
}

impl Binaries {
    /// Those of the version that made the cluster; for a new one, the first that are found.
    pub async fn find(home: &Home) -> Result<Self, EmbeddedError> {
        let wanted = made_by(&home.cluster());
        let found: Vec<_> = candidates(home)
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
        match (download(home, wanted).await, wanted) {
            (Ok(binaries), _) => Ok(binaries),
            (Err(download), None) => Err(EmbeddedError::NoBinaries { download }),
            (Err(download), Some(wanted)) => Err(EmbeddedError::NoMatchingBinaries {
                cluster: home.cluster(),
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
        // PATH may hold links, whose neighbours are not the rest of that Postgres.
        let postgres = fs::canonicalize(folder.join("postgres")).ok()?;
        let folder = postgres.parent()?.to_owned();
        if !NEEDED.iter().all(|name| folder.join(name).is_file()) {
            return None;
        }
        let major = major(&said_by(Command::new(postgres).arg("--version"))?)?;
        Some(Self { folder, major })
    }
}

/// The version that a cluster was made by.
fn made_by(cluster: &Path) -> Option<u32> {
    let version = fs::read_to_string(cluster.join("PG_VERSION")).ok()?;
    version.trim().parse().ok()
}

fn candidates(home: &Home) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.extend(newest_first(Path::new("/usr/lib/postgresql")));
    if let Some(said) = said_by(Command::new("pg_config").arg("--bindir")) {
        folders.push(PathBuf::from(said.trim()));
    }
    folders.extend(newest_first(&home.path.join("binaries")));
    folders
}

/// `bin` of every version below `folder`.
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

fn said_by(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// 15 of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

async fn download(home: &Home, wanted: Option<u32>) -> Result<Binaries, String> {
    let folder = home.path.join("binaries");
    info!(folder = %folder.display(), "no Postgres found: downloading one");
    let version = match wanted {
        Some(major) => {
            VersionReq::parse(&format!("={major}")).map_err(|error| error.to_string())?
        }
        None => VersionReq::STAR,
    };
    // `setup` also makes a cluster, and fails as root, unless it takes this folder for one.
    let made = folder.join("made-elsewhere");
    fs::create_dir_all(&made).map_err(|error| error.to_string())?;
    fs::write(made.join("postgresql.conf"), "").map_err(|error| error.to_string())?;
    // All fields by hand: the default makes temporary folders, and leaves them behind.
    let mut postgres = PostgreSQL::new(Settings {
        releases_url: RELEASES.to_owned(),
        version,
        installation_dir: folder,
        password_file: made.join("password"),
        data_dir: made,
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
