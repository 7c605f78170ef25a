//! The commands of the audit log: `parlance audit …`.

use super::settings::Config;
use chat::AuditHead;
use clap::{Args, Subcommand};
use model::AuditFilter;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Walk the whole chain and say where it breaks; ends with 3 if it does
    Verify(Box<VerifyAudit>),
    /// Print the entries in words, the newest first
    List(Box<ExportAudit>),
    /// Print the entries as one JSON object a line, the newest first; the log says that it was done
    Export(Box<ExportAudit>),
}

#[derive(Debug, Args)]
pub struct VerifyAudit {
    /// A head that was told before, as `<position>:<hash>`; may be given several times
    #[arg(long, value_parser = parse_head)]
    pub expect: Vec<AuditHead>,
    /// Print JSON, for programs
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Args)]
pub struct ExportAudit {
    /// An action, or the beginning of some up to a dot, such as `user` or `user.blocked`
    #[arg(long)]
    pub action: Option<String>,
    /// Username of who did it
    #[arg(long)]
    pub actor: Option<String>,
    /// Username of whom it was done to
    #[arg(long)]
    pub target: Option<String>,
    /// An address, or a network as 10.0.0.0/8
    #[arg(long)]
    pub network: Option<String>,
    /// Not before this time, as 2026-03-01T00:00:00Z
    #[arg(long, value_parser = parse_time)]
    pub since: Option<OffsetDateTime>,
    /// Before this time
    #[arg(long, value_parser = parse_time)]
    pub until: Option<OffsetDateTime>,
    #[command(flatten)]
    pub config: Config,
}

impl ExportAudit {
    /// Everything but the names of users, which the database knows.
    pub fn filter(&self) -> AuditFilter {
        AuditFilter {
            action: self.action.clone(),
            network: self.network.clone(),
            since: self.since,
            until: self.until,
            ..AuditFilter::default()
        }
    }
}

fn parse_time(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "not a time as 2026-03-01T00:00:00Z".into())
}

fn parse_head(text: &str) -> Result<AuditHead, String> {
    let parsed = text.split_once(':').and_then(|(position, hash)| {
        let is_hash = hash.len() == 64 && hash.bytes().all(|it| it.is_ascii_hexdigit());
        let position = position.parse().ok().filter(|position| *position > 0)?;
        is_hash.then(|| AuditHead {
            position,
            hash: hash.to_ascii_lowercase(),
        })
    });
    parsed.ok_or_else(|| "not a head as <position>:<hash>".into())
}

#[cfg(test)]
mod tests {
    use super::parse_head;

    #[test]
    fn a_head_is_a_position_and_a_hash() {
        let hash = "AB".repeat(32);
        let head = parse_head(&format!("12:{hash}")).unwrap();
        assert_eq!((head.position, head.hash), (12, "ab".repeat(32)));
        for bad in [
            "",
            "12",
            "12:ab",
            &format!("0:{hash}"),
            &format!("x:{hash}"),
        ] {
            assert!(parse_head(bad).is_err(), "{bad}");
        }
    }
}
