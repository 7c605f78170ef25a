//! Server process that listens on a port, and can be restarted on it.

use super::{
    error::ProcessError,
    folder::Folder,
    ports::free_port,
    process::{Process, log_tail},
};
use std::{
    env, fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

const START_TIMEOUT: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Shared with the load generator, which signs access tokens with it.
pub const JWT_SECRET: &str = "the shared secret of the load generator and the failure runner";

/// How a service is found to be ready.
#[derive(Clone, Copy, Debug)]
pub enum ReadyCheck {
    /// It accepts a TCP connection.
    Tcp,
    /// It answers a GET of this path with 200.
    Http(&'static str),
}

pub struct Service {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    /// Network namespace, as named by `ip netns`.
    namespace: Option<String>,
    address: SocketAddr,
    ready: ReadyCheck,
    log: PathBuf,
    process: Option<Process>,
}

impl Service {
    /// A service that is not started yet, on a free port of the loopback address.
    pub fn new(
        folder: &Folder,
        name: &str,
        program: impl Into<PathBuf>,
        ready: ReadyCheck,
    ) -> Self {
        Self {
            name: name.to_owned(),
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            namespace: None,
            address: (Ipv4Addr::LOCALHOST, free_port()).into(),
            ready,
            log: folder.path().join(format!("{name}.log")),
            process: None,
        }
    }

    /// Parlance: the program in `PARLANCE_PROGRAM`, else the release build.
    pub fn parlance(folder: &Folder, name: &str, database_url: &str) -> Self {
        let service = Self::new(
            folder,
            name,
            parlance_program(),
            ReadyCheck::Http("/health/ready"),
        );
        service
            .environment("DATABASE_URL", database_url)
            .environment("JWT_SECRET", JWT_SECRET)
            .environment("RATE_LIMIT", "off")
            .environment("CONTRACTS", "off")
            .environment("RUST_LOG", "warn")
            .environment("DATA_DIR", folder.path().join(name).to_string_lossy())
    }

    /// Redis without persistence.
    pub fn redis(folder: &Folder) -> Self {
        Self::new(folder, "redis", "redis-server", ReadyCheck::Tcp)
            .arguments(["--save", "", "--appendonly", "no", "--protected-mode", "no"])
            .arguments(["--dir", &folder.path().to_string_lossy()])
    }

    #[must_use]
    pub fn environment(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Another program than the one it was made with.
    #[must_use]
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    #[must_use]
    pub fn arguments<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments
            .extend(arguments.into_iter().map(str::to_owned));
        self
    }

    /// Runs it in a network namespace, reached at that address.
    #[must_use]
    pub fn in_namespace(mut self, namespace: &str, ip: IpAddr) -> Self {
        self.namespace = Some(namespace.to_owned());
        self.at_ip(ip)
    }

    #[must_use]
    pub fn at_ip(mut self, ip: IpAddr) -> Self {
        self.address.set_ip(ip);
        self
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    /// Starts it, and waits until it is ready.
    pub async fn start(&mut self) -> Result<(), ProcessError> {
        self.launch()?;
        self.wait().await
    }

    /// Starts it without waiting.
    pub fn launch(&mut self) -> Result<(), ProcessError> {
        let (ip, port) = (
            self.address.ip().to_string(),
            self.address.port().to_string(),
        );
        let mut command = match &self.namespace {
            Some(namespace) => {
                let mut command = Command::new("ip");
                // `ip` executes the program in its place: the pid is that of the program.
                command
                    .args(["netns", "exec", namespace])
                    .arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command.args(&self.arguments);
        if self.program.ends_with("redis-server") {
            command.args(["--bind", &ip, "--port", &port]);
        }
        command
            .env("HOST", ip)
            .env("PORT", port)
            // A REDIS_URL in the environment of the caller is not meant for this server.
            .env_remove("REDIS_URL")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.process = Some(Process::start(&mut command, &self.log)?);
        Ok(())
    }

    /// Waits until it is ready, one minute at most.
    pub async fn wait(&mut self) -> Result<(), ProcessError> {
        let deadline = Instant::now() + START_TIMEOUT;
        while !self.is_ready().await {
            if !self.process.as_mut().is_some_and(Process::is_running) {
                let (name, log) = (self.name.clone(), log_tail(&self.log));
                return Err(ProcessError::Ended { name, log });
            }
            if Instant::now() > deadline {
                return Err(ProcessError::NotReady {
                    name: self.name.clone(),
                    seconds: START_TIMEOUT.as_secs(),
                    log: log_tail(&self.log),
                });
            }
            sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Stops it with SIGTERM, as an operator does; killed after 15 seconds.
    pub async fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.stop(Duration::from_secs(15)).await;
        }
    }

    pub async fn is_ready(&self) -> bool {
        match self.ready {
            ReadyCheck::Tcp => TcpStream::connect(self.address).await.is_ok(),
            ReadyCheck::Http(path) => {
                let status =
                    timeout(Duration::from_secs(5), get_status_line(self.address, path)).await;
                status.is_ok_and(|status| status.is_some_and(|line| line.contains(" 200 ")))
            }
        }
    }
}

/// Path of the Parlance program under test.
fn parlance_program() -> PathBuf {
    let program = env::var_os("PARLANCE_PROGRAM");
    let program = program.map_or_else(|| "target/release/parlance".into(), PathBuf::from);
    // A process may run in another folder.
    fs::canonicalize(&program).unwrap_or(program)
}

/// Status line of the response to a GET.
async fn get_status_line(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.ok()?;
    let response = String::from_utf8_lossy(&response);
    response.lines().next().map(str::to_owned)
}

/// Polls a condition every 10 ms. False when it has not become true within the timeout.
pub async fn wait_until(timeout: Duration, mut done: impl AsyncFnMut() -> bool) -> bool {
    let deadline = Instant::now() + timeout;
    loop {
        if done().await {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        sleep(POLL_INTERVAL).await;
    }
}
