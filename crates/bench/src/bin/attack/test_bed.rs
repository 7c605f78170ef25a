//! The server under attack: with default limits, on a private Postgres, with every door open.

use crate::settings::Result;
use bench::{
    processes::{Folder, JWT_SECRET, Postgres, Service, free_port},
    seed::Seeder,
};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
};

/// The fields are dropped in this order: the server first, the folder last.
pub struct TestBed {
    server: Service,
    pub seeder: Seeder,
    /// The door of the contract `conversations`.
    pub conversations: SocketAddr,
    /// The door of the contract `rooms`.
    pub rooms: SocketAddr,
    _postgres: Postgres,
    _folder: Folder,
}

impl TestBed {
    pub async fn start(settings: &[(String, String)]) -> Result<Self> {
        let folder = Folder::new("attack")?;
        let postgres = Postgres::start(&folder, "").await?;
        let (conversations, rooms) = (free_port(), free_port());
        let contracts = format!("conversations={conversations},rooms={rooms}");
        // A setting that is named twice has its last value.
        let mut server = Service::parlance(&folder, "parlance", &postgres.url())
            .environment("RATE_LIMIT", "on")
            .environment("CONTRACTS", contracts);
        for (name, value) in settings {
            server = server.environment(name, value);
        }
        server.start().await?;
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self {
            server,
            seeder: Seeder::new(postgres.pool().await?, JWT_SECRET)?,
            conversations: at(conversations),
            rooms: at(rooms),
            _postgres: postgres,
            _folder: folder,
        })
    }

    pub fn api(&self) -> SocketAddr {
        self.server.address()
    }

    pub fn pid(&self) -> u32 {
        self.server.pid().unwrap_or_default()
    }

    /// The last lines of the server's log, whose file is removed with its folder.
    pub fn log_tail(&self) -> String {
        let text = fs::read_to_string(self.server.log()).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}
