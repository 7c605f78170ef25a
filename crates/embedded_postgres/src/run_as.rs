//! The operating system's user that runs Postgres and owns the cluster. Postgres refuses to run as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::error::EmbeddedError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunAs {
    /// The user of this process, who is not root.
    CurrentUser,
    /// Another user. This process is root.
    User { uid: u32, gid: u32 },
}

impl RunAs {
    /// As root: the owner of a cluster that exists, otherwise the system's database user, otherwise
    /// `nobody`.
    pub fn for_cluster(cluster: &Path) -> Result<Self, EmbeddedError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::CurrentUser);
        }
        match fs::metadata(cluster) {
            Ok(made) if made.uid() != 0 => Ok(Self::User {
                uid: made.uid(),
                gid: made.gid(),
            }),
            _ => Self::from_passwd(&fs::read_to_string("/etc/passwd").unwrap_or_default())
                .ok_or(EmbeddedError::NoUser),
        }
    }

    /// The user in the text of `/etc/passwd`; its fields are `name:password:uid:gid:…` (passwd(5)).
    fn from_passwd(passwd: &str) -> Option<Self> {
        ["postgres", "nobody"].iter().find_map(|name| {
            let mut fields = passwd
                .lines()
                .map(|line| line.split(':'))
                .find(|fields| fields.clone().next() == Some(name))?
                .skip(2);
            Some(Self::User {
                uid: fields.next()?.parse().ok()?,
                gid: fields.next()?.parse().ok()?,
            })
        })
    }

    /// Makes `command` run as this user. Its working folder is then `/`, because the user may not be
    /// allowed to enter the one of this process.
    pub fn apply_to(self, command: &mut Command) {
        if let Self::User { uid, gid } = self {
            command.uid(uid).gid(gid).current_dir("/");
        }
    }

    /// Gives `path`, but not what is in it, to this user.
    pub fn take_ownership(self, path: &Path) -> Result<(), EmbeddedError> {
        match self {
            Self::CurrentUser => Ok(()),
            Self::User { uid, gid } => {
                chown(path, Some(uid), Some(gid)).map_err(EmbeddedError::folder(path))
            }
        }
    }

    /// Whether the execute bits of `folder` and of every folder above it let this user through. Groups
    /// other than the user's first, and ACLs, are not considered.
    pub fn can_reach(self, folder: &Path) -> bool {
        let Self::User { uid, gid } = self else {
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
    use super::RunAs;

    #[test]
    fn the_database_user_comes_before_nobody() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\n\
                      nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
                      postgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(
            RunAs::from_passwd(passwd),
            Some(RunAs::User { uid: 101, gid: 104 })
        );
        let without = "root:x:0:0::/root:/bin/bash\nnobody:x:65534:65533::/:/bin/false\n";
        assert_eq!(
            RunAs::from_passwd(without),
            Some(RunAs::User {
                uid: 65534,
                gid: 65533
            })
        );
        assert_eq!(
            RunAs::from_passwd("root:x:0:0:root:/root:/bin/bash\n"),
            None
        );
    }
}
