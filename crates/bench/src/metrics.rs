//! What the server says of itself.

use crate::world::Running;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The first metric without labels whose name contains these words.
pub async fn read(server: &Running, words: &str) -> Option<f64> {
    let address = server.target().server;
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    find(&answer, words)
}

fn find(answer: &str, words: &str) -> Option<f64> {
    answer.lines().find_map(|line| {
        let (name, value) = line.split_once(' ')?;
        let is_it = !name.starts_with('#') && !name.contains('{') && name.contains(words);
        is_it.then(|| value.trim().parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn comments_and_labels_are_passed_over() {
        let answer = "# HELP tasks 1\nother 3\nthe_tasks{door=\"a\"} 5\nthe_tasks 7\n";
        assert_eq!(find(answer, "tasks"), Some(7.0));
        assert_eq!(find(answer, "files"), None);
    }
}
