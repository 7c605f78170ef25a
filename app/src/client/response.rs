//! An HTTP response as far as requests to the public API need it.

/// How often a request is repeated that the server could not take.
const MAX_RETRIES: u32 = 3;
/// A `Retry-After` above this many seconds is reported as an error instead of being waited for.
const MAX_RETRY_AFTER: u32 = 5;

pub struct Response {
    pub status: u16,
    /// The header `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
    pub body: String,
}

impl Response {
    /// Seconds before the same request is sent again after `retries` repetitions. `None` when the
    /// request must not be repeated: it succeeded, would fail again, or may have been executed.
    /// 429 is answered before anything is done; 503 may come after a write.
    pub fn retry_delay(&self, method: &str, retries: u32) -> Option<u32> {
        let not_executed = self.status == 429 || (self.status == 503 && method == "GET");
        self.retry_after
            .filter(|seconds| not_executed && retries < MAX_RETRIES && *seconds <= MAX_RETRY_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::Response;

    #[test]
    fn retries_only_what_was_not_executed_and_soon() {
        let delay = |status, retry_after, method, retries| {
            let response = Response {
                status,
                retry_after,
                body: String::new(),
            };
            response.retry_delay(method, retries)
        };
        assert_eq!(delay(429, Some(2), "POST", 0), Some(2));
        assert_eq!(delay(503, Some(1), "GET", 2), Some(1));
        assert_eq!(delay(503, Some(1), "POST", 0), None);
        assert_eq!(delay(429, Some(800), "GET", 0), None);
        assert_eq!(delay(429, None, "GET", 0), None);
        assert_eq!(delay(429, Some(2), "GET", 3), None);
        assert_eq!(delay(200, Some(2), "GET", 0), None);
    }
}
