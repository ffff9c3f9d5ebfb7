//! Connections are used again and again, also after a refusal.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::neighbour::Neighbour;

#[tokio::test]
async fn who_is_refused_may_ask_again_on_the_same_connection() {
    let house = Neighbour::open(1).await;
    let mut line = TcpStream::connect(&house.domain).await.expect("connects");
    for (path, status) in [("/api/v1/nowhere", "404"), ("/api/v1/statuses", "401"), ("/api/v1/instance", "404")] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n",
            house.domain
        );
        line.write_all(head.as_bytes()).await.expect("sends the head");
        // Many libraries send head and body apart.
        tokio::time::sleep(Duration::from_millis(50)).await;
        line.write_all(b"{\"status\":\"a\"}").await.expect("sends the body");
        let mut buffer = [0; 4096];
        let count = tokio::time::timeout(Duration::from_secs(10), line.read(&mut buffer)).await.expect("in time");
        let answer = String::from_utf8_lossy(&buffer[..count.expect("reads")]).into_owned();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
        // The next request comes a little later, when a server that hangs up has done so.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    house.stop().await;
}
