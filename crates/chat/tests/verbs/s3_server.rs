//! A server of S3 in the process of the test, over a folder of its own.

use chat::{FileStore, S3Key, Settings, UploadSettings};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use s3s::{
    Body, HttpError, HttpResponse,
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};
use tokio::{net::TcpListener, task::AbortHandle};

pub const KEY_ID: &str = "AKIDPARLANCE";
pub const SECRET_KEY: &str = "opensesame-opensesame";

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Normal,
    /// Not at all: every connection is closed.
    Away,
    /// It takes no bytes more.
    Full,
}

/// Ends with its folder when it is dropped.
pub struct S3Server {
    address: SocketAddr,
    folder: PathBuf,
    mode: Arc<Mutex<Mode>>,
    accepting: AbortHandle,
}

impl S3Server {
    /// With an empty bucket `files`.
    pub async fn start(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("parlance-s3-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("files")).unwrap();
        let mut builder = S3ServiceBuilder::new(FileSystem::new(&folder).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY_ID, SECRET_KEY));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mode = Arc::new(Mutex::new(Mode::Normal));
        let accepting = tokio::spawn(accept(listener, service, Arc::clone(&mode)));
        Self {
            address,
            folder,
            mode,
            accepting: accepting.abort_handle(),
        }
    }

    /// `S3_URL` of the bucket.
    pub fn url(&self) -> String {
        self.url_of("files")
    }

    pub fn url_of(&self, bucket: &str) -> String {
        format!("s3://{bucket}/parlance?endpoint=http://{}", self.address)
    }

    /// The settings of a chat whose files are in the bucket.
    pub fn settings(&self, settings: Settings) -> Settings {
        let uploads = UploadSettings {
            store: store(&self.url()),
            ..settings.uploads
        };
        Settings {
            uploads,
            ..settings
        }
    }

    pub fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    /// The names of all objects of the bucket, in order.
    pub fn objects(&self) -> Vec<String> {
        let root = self.folder.join("files/parlance");
        let mut names = Vec::new();
        collect(&root, &root, &mut names);
        names.sort();
        names
    }

    /// What is stored, of all objects.
    pub fn bytes(&self) -> Vec<u8> {
        let root = self.folder.join("files/parlance");
        let read = |name| std::fs::read(root.join(name)).unwrap();
        self.objects().iter().flat_map(read).collect()
    }
}

/// The files in a bucket, with the right key.
fn store(url: &str) -> FileStore {
    let key = S3Key {
        id: KEY_ID.to_owned(),
        secret: SECRET_KEY.to_owned(),
    };
    FileStore::in_bucket(&url.parse().unwrap(), Some(&key)).unwrap()
}

/// Files of a test: in memory, or with `TEST_FILES=s3` in a bucket of which each test has a folder. Its server is that of the
/// whole process.
pub fn test_files() -> FileStore {
    static SERVER: OnceLock<S3Server> = OnceLock::new();
    static TESTS: AtomicUsize = AtomicUsize::new(0);
    if std::env::var_os("TEST_FILES").is_none_or(|it| it != "s3") {
        return FileStore::in_memory();
    }
    let server = SERVER.get_or_init(|| {
        let (started, server) = mpsc::channel();
        // The runtime of a test ends with it.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                started.send(S3Server::start("tests").await).unwrap();
                std::future::pending::<()>().await;
            });
        });
        server.recv().unwrap()
    });
    let folder = TESTS.fetch_add(1, Ordering::Relaxed);
    let url = server.url();
    store(&url.replace("/parlance?", &format!("/parlance/{folder}?")))
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.accepting.abort();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn collect(root: &Path, folder: &Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, names);
        } else {
            let name = path.strip_prefix(root).unwrap();
            names.push(name.to_str().unwrap().to_owned());
        }
    }
}

async fn accept(listener: TcpListener, service: S3Service, mode: Arc<Mutex<Mode>>) {
    while let Ok((stream, _)) = listener.accept().await {
        if *mode.lock().unwrap() == Mode::Away {
            continue;
        }
        let (service, mode) = (service.clone(), Arc::clone(&mode));
        tokio::spawn(async move {
            let answering = hyper::service::service_fn(move |request| {
                let mode = *mode.lock().unwrap();
                let service = service.clone();
                async move {
                    match mode {
                        Mode::Away => Err(HttpError::new("away".into())),
                        // The crate would make the bucket.
                        _ if !request.uri().path().starts_with("/files") => {
                            Ok(answer(404, "NoSuchBucket"))
                        }
                        Mode::Full if request.method() == http::Method::PUT => {
                            Ok(answer(403, "QuotaExceeded"))
                        }
                        _ => hyper::service::Service::call(&service, request).await,
                    }
                }
            });
            let builder = auto::Builder::new(TokioExecutor::new());
            let _ = builder
                .serve_connection(TokioIo::new(stream), answering)
                .await;
        });
    }
}

fn answer(status: u16, code: &str) -> HttpResponse {
    let document = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>");
    let response = http::Response::builder().status(status);
    response.body(Body::from(document)).unwrap()
}
