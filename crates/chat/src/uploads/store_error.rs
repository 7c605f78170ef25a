//! `StoreError`: why the store of files failed. It repeats no answer as a whole: that of S3 has the key's id and what was
//! signed.

use object_store::client::{HttpError, HttpErrorKind};
use std::{error::Error, fmt, io};

/// Characters of S3's own words that are told.
const MAX_MESSAGE: usize = 200;

/// The addresses of the services of AWS that have the keys of a machine or a task.
const METADATA_NETWORK: &str = "http://169.254.";

/// Codes with which S3 says that the bucket is full: that of Ceph, and those of `MinIO` for a quota and for its disks.
const FULL_CODES: [&str; 3] = [
    "QuotaExceeded",
    "XMinioAdminBucketQuotaExceeded",
    "XMinioStorageFull",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    cause: Cause,
    words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// It does not answer, or with a fault of its own: so it is for every file.
    Outage,
    /// The disk, or what a user of the system or a bucket may have of it, is full.
    Full,
    /// There is no such object, or no such bucket.
    NotFound,
    /// Whatever else was answered.
    Refused,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl Error for StoreError {}

impl StoreError {
    /// Of requests that are not made, as the one before had no answer.
    pub fn away() -> Self {
        Self {
            cause: Cause::Outage,
            words: "did not answer a moment ago".to_owned(),
        }
    }

    /// No answer within the time of a whole check.
    pub fn timed_out() -> Self {
        Self {
            cause: Cause::Outage,
            words: "does not answer in time".to_owned(),
        }
    }

    pub fn is_outage(&self) -> bool {
        self.cause == Cause::Outage
    }

    pub fn is_full(&self) -> bool {
        self.cause == Cause::Full
    }

    pub fn is_not_found(&self) -> bool {
        self.cause == Cause::NotFound
    }

    /// Of a folder. The system's words name the path.
    pub fn of_folder(error: &io::Error) -> Self {
        let cause = if is_full_disk(error) {
            Cause::Full
        } else {
            Cause::Refused
        };
        Self {
            cause,
            words: error.to_string(),
        }
    }
}

impl From<object_store::Error> for StoreError {
    fn from(error: object_store::Error) -> Self {
        let is_not_found = matches!(error, object_store::Error::NotFound { .. });
        let mut innermost: &(dyn Error + 'static) = &error;
        let mut connection = None;
        while let Some(cause) = innermost.source() {
            innermost = cause;
            if cause.to_string().contains(METADATA_NETWORK) {
                return Self::without_key();
            }
            if let Some(io) = cause.downcast_ref::<io::Error>()
                && connection.is_none()
                && !is_not_found
            {
                return Self::of_folder(io);
            }
            connection = connection.or_else(|| cause.downcast_ref::<HttpError>());
        }
        if let Some(kind) = connection.map(HttpError::kind) {
            return Self::of_connection(kind, &innermost.to_string());
        }
        let answer = Answer::read(&innermost.to_string());
        let cause = match &answer {
            _ if is_not_found => Cause::NotFound,
            Some(answer) => answer.cause(),
            None => Cause::Refused,
        };
        let words = match answer {
            Some(answer) => answer.words(),
            None if is_not_found => "has no such file".to_owned(),
            None => first_line(&innermost.to_string()),
        };
        Self { cause, words }
    }
}

impl StoreError {
    /// No key is set, and the service that has those of machines and tasks gives none.
    fn without_key() -> Self {
        Self {
            cause: Cause::Outage,
            words: "is not asked without a key: AWS_ACCESS_KEY_ID is not set, and AWS gives no role here"
                .to_owned(),
        }
    }

    /// `reason` is the system's: that the connection was refused, or a certificate is unknown.
    fn of_connection(kind: HttpErrorKind, reason: &str) -> Self {
        let words = match kind {
            HttpErrorKind::Connect => format!("cannot be reached: {}", first_line(reason)),
            HttpErrorKind::Timeout => "does not answer in time".to_owned(),
            HttpErrorKind::Decode => "answers in a form that is not that of S3".to_owned(),
            _ => "ended the connection".to_owned(),
        };
        Self {
            cause: Cause::Outage,
            words,
        }
    }
}

/// An answer of S3 that is no success.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: Option<u16>,
    code: Option<String>,
    message: Option<String>,
}

impl Answer {
    /// Reads the words of an error of `object_store`, which alone have the status and the document of S3.
    fn read(text: &str) -> Option<Self> {
        let status = text.split_once("status code: ");
        let answer = Self {
            status: status.and_then(|(_, rest)| rest.get(..3)?.parse().ok()),
            code: element(text, "Code"),
            message: element(text, "Message"),
        };
        (answer.status.is_some() || answer.code.is_some()).then_some(answer)
    }

    fn cause(&self) -> Cause {
        let code = self.code.as_deref().unwrap_or_default();
        // Garage says so of a quota, with the code `AccessDenied`.
        let is_of_quota = |it: &str| it.to_lowercase().contains("quota");
        if FULL_CODES.contains(&code)
            || self.status == Some(507)
            || self.message.as_deref().is_some_and(is_of_quota)
        {
            return Cause::Full;
        }
        match self.status {
            // One with a document of an error, and the status of a success.
            None | Some(429 | 500..) => Cause::Outage,
            Some(_) => Cause::Refused,
        }
    }

    fn words(self) -> String {
        let parts = [self.status.map(|it| it.to_string()), self.code];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        match self.message {
            Some(message) => format!("answers {}: {message}", parts.join(" ")),
            None => format!("answers {}", parts.join(" ")),
        }
    }
}

/// The content of an element of a document, where that is one line of plain text.
fn element(document: &str, name: &str) -> Option<String> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (content, _) = rest.split_once(&format!("</{name}>"))?;
    Some(first_line(content))
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(MAX_MESSAGE).collect()
}

fn is_full_disk(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

#[cfg(test)]
mod tests {
    use super::{Answer, Cause, StoreError};
    use std::io;

    fn answered(status: &str, code: &str, message: &str) -> Answer {
        let text = format!(
            "Server returned non-2xx status code: {status}: <?xml version=\"1.0\"?>\n<Error><Code>{code}</Code>\
            <Message>{message}</Message><AWSAccessKeyId>AKIA7</AWSAccessKeyId>\
            <StringToSign>what was signed</StringToSign></Error>"
        );
        Answer::read(&text).unwrap()
    }

    #[test]
    fn words_have_status_code_and_message_and_nothing_of_the_key() {
        let answer = answered(
            "403 Forbidden",
            "SignatureDoesNotMatch",
            "The signature does not match.",
        );
        assert_eq!(answer.cause(), Cause::Refused);
        assert_eq!(
            answer.words(),
            "answers 403 SignatureDoesNotMatch: The signature does not match."
        );
        assert_eq!(Answer::read("no answer at all"), None);
    }

    #[test]
    fn a_full_bucket_is_no_outage() {
        for (status, code, message) in [
            ("403 Forbidden", "QuotaExceeded", ""),
            ("400 Bad Request", "XMinioAdminBucketQuotaExceeded", ""),
            ("507 Insufficient Storage", "XMinioStorageFull", ""),
            (
                "403 Forbidden",
                "AccessDenied",
                "Bucket size quota is reached",
            ),
        ] {
            assert_eq!(
                answered(status, code, message).cause(),
                Cause::Full,
                "{code}"
            );
        }
        for status in ["503 Service Unavailable", "429 Too Many Requests"] {
            let answer = answered(status, "SlowDown", "Reduce your request rate.");
            assert_eq!(answer.cause(), Cause::Outage);
        }
        assert!(StoreError::of_folder(&io::ErrorKind::StorageFull.into()).is_full());
    }
}
