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
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::AbortHandle};

pub const KEY_ID: &str = "AKIDPARLANCE";
pub const SECRET_KEY: &str = "opensesame-opensesame";

const FULL: &str = "<?xml version=\"1.0\"?><Error><Code>QuotaExceeded</Code></Error>";

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
        let key = S3Key {
            id: KEY_ID.to_owned(),
            secret: SECRET_KEY.to_owned(),
        };
        let address = self.url().parse().unwrap();
        let uploads = UploadSettings {
            store: FileStore::in_bucket(&address, Some(&key)).unwrap(),
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
                        Mode::Full if request.method() == http::Method::PUT => Ok(full()),
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

fn full() -> HttpResponse {
    let response = http::Response::builder().status(403);
    response.body(Body::from(FULL.to_owned())).unwrap()
}
