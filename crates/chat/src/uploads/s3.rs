//! `S3Address`: the setting `S3_URL`, and the bucket that it names.

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    path::Path,
    prefix::PrefixStore,
};
use reqwest::Url;
use std::{fmt, str::FromStr, sync::Arc, time::Duration};

/// Until a connection stands, and until one request with one piece is answered.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a request is made again that had no answer, or 429 or one of 5xx, and how long after the first. With the
/// time-out of the last one, a request ends within 20 seconds.
const MAX_RETRIES: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(10);

/// The setting `S3_URL`: `s3://bucket/folder?endpoint=https://minio.example.org:9000&region=eu-central-1`. It has no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Address {
    bucket: String,
    /// Where the files are in the bucket; empty for its root.
    folder: Path,
    /// Where S3 is; `None` for that of AWS.
    endpoint: Option<Url>,
    /// `None` for that of the environment, or else `us-east-1`.
    region: Option<String>,
}

/// A key of S3.
#[derive(Clone)]
pub struct S3Key {
    pub id: String,
    pub secret: String,
}

impl fmt::Debug for S3Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Key")
    }
}

impl FromStr for S3Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url: Url = text.trim().parse().map_err(|_| "is no URL".to_owned())?;
        if url.scheme() != "s3" {
            return Err("must begin with s3:// and the name of a bucket".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "must have no key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned(),
            );
        }
        if url.port().is_some() {
            return Err(
                "names a host: the bucket comes first, and the host in ?endpoint=".to_owned(),
            );
        }
        let bucket = url.host_str().filter(|it| !it.is_empty());
        let mut address = Self {
            bucket: bucket.ok_or("names no bucket")?.to_owned(),
            folder: Path::from_url_path(url.path())
                .map_err(|_| "has a folder that no object can be in".to_owned())?,
            endpoint: None,
            region: None,
        };
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "endpoint" => address.endpoint = Some(endpoint(&value)?),
                "region" if !value.is_empty() => address.region = Some(value.into_owned()),
                _ => return Err("knows ?endpoint= and ?region= only".to_owned()),
            }
        }
        Ok(address)
    }
}

fn endpoint(text: &str) -> Result<Url, String> {
    let wrong = || "needs an endpoint such as https://minio.example.org:9000".to_owned();
    let url: Url = text.parse().map_err(|_| wrong())?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    if is_plain { Ok(url) } else { Err(wrong()) }
}

/// As a log names it.
impl fmt::Display for S3Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.endpoint.as_ref().map(Url::as_str);
        let host = endpoint.map_or("AWS", |it| it.trim_end_matches('/'));
        write!(f, "the bucket {} of S3 at {host}", self.bucket)
    }
}

impl S3Address {
    /// The objects below the folder of the address. Without a key it is that of the environment: `AWS_ACCESS_KEY_ID` with
    /// `AWS_SECRET_ACCESS_KEY`, or the role of the machine, the task or the pod, as AWS names them.
    ///
    /// # Errors
    /// Words for the operator: half a key, or another variable of AWS that cannot be used.
    pub fn open(&self, key: Option<&S3Key>) -> Result<Arc<dyn ObjectStore>, String> {
        let mut builder = AmazonS3Builder::new();
        if let Some(key) = key {
            builder = builder
                .with_access_key_id(&key.id)
                .with_secret_access_key(&key.secret);
        } else {
            builder = from_environment(builder);
        }
        let is_plain = |it: &Url| it.scheme() == "http";
        let options = ClientOptions::new()
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_timeout(REQUEST_TIMEOUT)
            .with_allow_http(self.endpoint.as_ref().is_some_and(is_plain));
        builder = builder
            .with_bucket_name(&self.bucket)
            .with_client_options(options)
            .with_retry(RetryConfig {
                backoff: BackoffConfig {
                    max_backoff: Duration::from_secs(2),
                    ..BackoffConfig::default()
                },
                max_retries: MAX_RETRIES,
                retry_timeout: RETRY_TIMEOUT,
            });
        if let Some(endpoint) = &self.endpoint {
            let endpoint = endpoint.as_str().trim_end_matches('/');
            builder = builder.with_config(AmazonS3ConfigKey::S3Endpoint, endpoint);
        }
        if let Some(region) = &self.region {
            builder = builder.with_region(region);
        }
        let bucket = builder.build().map_err(|error| {
            let words = error.to_string();
            if words.contains("AccessKey") {
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set together, or neither"
                    .to_owned()
            } else {
                words
            }
        })?;
        Ok(Arc::new(PrefixStore::new(bucket, self.folder.clone())))
    }
}

/// What the environment says of AWS. An empty variable counts as absent, as for every setting.
fn from_environment(mut builder: AmazonS3Builder) -> AmazonS3Builder {
    for (name, value) in std::env::vars() {
        if name.starts_with("AWS_")
            && !value.trim().is_empty()
            && let Ok(key) = name.to_ascii_lowercase().parse()
        {
            builder = builder.with_config(key, value);
        }
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::{S3Address, S3Key};

    fn refused(text: &str) -> String {
        text.parse::<S3Address>().unwrap_err()
    }

    #[test]
    fn an_address_has_a_bucket_a_folder_and_where_it_is() {
        let address: S3Address =
            "s3://files/parlance/a%20b?endpoint=http://minio:9000&region=eu-central-1"
                .parse()
                .unwrap();
        assert_eq!(address.bucket, "files");
        assert_eq!(address.folder.as_ref(), "parlance/a b");
        assert_eq!(address.region.as_deref(), Some("eu-central-1"));
        assert_eq!(
            address.to_string(),
            "the bucket files of S3 at http://minio:9000"
        );
        let of_aws: S3Address = "s3://files".parse().unwrap();
        assert_eq!(of_aws.to_string(), "the bucket files of S3 at AWS");
        for address in [address, of_aws] {
            let key = S3Key {
                id: "AKIA7".to_owned(),
                secret: "opensesame".to_owned(),
            };
            let objects = address.open(Some(&key)).unwrap();
            assert!(!format!("{objects:?} {objects} {key:?}").contains("opensesame"));
        }
    }

    #[test]
    fn an_address_that_cannot_work_says_why() {
        let key = refused("s3://AKIA7:opensesame@files");
        assert!(key.contains("AWS_ACCESS_KEY_ID"), "{key}");
        assert!(!key.contains("opensesame"), "{key}");
        for (text, word) in [
            ("files", "URL"),
            ("https://s3.amazonaws.com/files", "s3://"),
            ("s3://", "bucket"),
            ("s3:///folder", "bucket"),
            ("s3://minio:9000/files", "endpoint"),
            ("s3://files?endpoint=minio:9000", "https://"),
            ("s3://files?endpoint=https://key:secret@minio", "https://"),
            ("s3://files?endpoint=https://minio/files", "https://"),
            ("s3://files?secret=opensesame", "?region="),
            ("s3://files/../other?region=", "?region="),
        ] {
            let words = refused(text);
            assert!(words.contains(word), "{text}: {words}");
            assert!(!words.contains("opensesame"), "{words}");
        }
    }
}
