//! Whose processes and files the cluster's are: Postgres refuses to run as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::EmbeddedError;

/// The user that Postgres runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The one that we run as.
    Ourselves,
    /// We are root, and this is somebody else.
    Other { uid: u32, gid: u32 },
}

impl Owner {
    /// A cluster that exists keeps its owner; a new one that root makes belongs to the system's
    /// database user.
    pub fn of(cluster: &Path) -> Result<Self, EmbeddedError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ourselves);
        }
        match fs::metadata(cluster) {
            Ok(made) if made.uid() != 0 => Ok(Self::Other {
                uid: made.uid(),
                gid: made.gid(),
            }),
            _ => Self::from_passwd(&fs::read_to_string("/etc/passwd").unwrap_or_default())
                .ok_or(EmbeddedError::NoOwner),
        }
    }

    fn from_passwd(passwd: &str) -> Option<Self> {
        ["postgres", "nobody"].iter().find_map(|name| {
            let mut fields = passwd
                .lines()
                .map(|line| line.split(':'))
                .find(|fields| fields.clone().next() == Some(name))?
                .skip(2);
            Some(Self::Other {
                uid: fields.next()?.parse().ok()?,
                gid: fields.next()?.parse().ok()?,
            })
        })
    }

    /// Makes `command` run as this user, from a folder that it may enter.
    pub fn runs(self, command: &mut Command) {
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid).current_dir("/");
        }
    }

    pub fn takes(self, path: &Path) -> Result<(), EmbeddedError> {
        match self {
            Self::Ourselves => Ok(()),
            Self::Other { uid, gid } => {
                chown(path, Some(uid), Some(gid)).map_err(EmbeddedError::folder(path))
            }
        }
    }

    /// Whether this user may pass through `folder` and all that is above it.
    pub fn reaches(self, folder: &Path) -> bool {
        let Self::Other { uid, gid } = self else {
            return true;
        };
        folder.ancestors().all(|folder| {
            fs::metadata(folder).is_ok_and(|folder| {
                let bit = match folder {
                    _ if folder.uid() == uid => 0o100,
                    _ if folder.gid() == gid => 0o010,
                    _ => 0o001,
                };
                folder.mode() & bit != 0
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Owner;

    #[test]
    fn the_database_user_comes_before_nobody() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\n\
                      nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
                      postgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(
            Owner::from_passwd(passwd),
            Some(Owner::Other { uid: 101, gid: 104 })
        );
        let without = "root:x:0:0::/root:/bin/bash\nnobody:x:65534:65533::/:/bin/false\n";
        assert_eq!(
            Owner::from_passwd(without),
            Some(Owner::Other {
                uid: 65534,
                gid: 65533
            })
        );
        assert_eq!(
            Owner::from_passwd("root:x:0:0:root:/root:/bin/bash\n"),
            None
        );
    }
}
