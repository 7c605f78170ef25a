//! Reads a metric of the server from its Prometheus endpoint.

use crate::env::RunningServer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Value of the first metric without labels whose name contains `name_part`.
pub async fn read(server: &RunningServer, name_part: &str) -> Option<f64> {
    let address = server.endpoint().server;
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut body = String::new();
    stream.read_to_string(&mut body).await.ok()?;
    find(&body, name_part)
}

fn find(body: &str, name_part: &str) -> Option<f64> {
    body.lines().find_map(|line| {
        let (name, value) = line.split_once(' ')?;
        let matches = !name.starts_with('#') && !name.contains('{') && name.contains(name_part);
        matches.then(|| value.trim().parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn comments_and_labels_are_passed_over() {
        let body = "# HELP tasks 1\nother 3\nthe_tasks{door=\"a\"} 5\nthe_tasks 7\n";
        assert_eq!(find(body, "tasks"), Some(7.0));
        assert_eq!(find(body, "files"), None);
    }
}
