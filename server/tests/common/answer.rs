//! A response of the REST API, and what tests expect of it.

use reqwest::header::HeaderMap;
use serde_json::Value;

#[derive(Debug)]
pub struct Answer {
    pub what: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The body of a response that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.what, self.body);
        self.body
    }

    /// The `items` of a page.
    #[track_caller]
    pub fn items(self) -> Vec<Value> {
        let mut page = self.expect(200);
        match page["items"].take() {
            Value::Array(items) => items,
            other => panic!("{other} are no items"),
        }
    }

    /// The problem (RFC 9457) of a response that must have this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}: {}",
            self.what,
            self.body
        );
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{}",
            self.what
        );
        assert_eq!(self.body["status"], status, "{}", self.what);
        assert!(
            !self.body["detail"].as_str().unwrap().is_empty(),
            "{}",
            self.what
        );
        let waits = self.headers.contains_key("retry-after");
        assert_eq!(waits, matches!(status, 429 | 503), "{}", self.what);
        self.body
    }
}
