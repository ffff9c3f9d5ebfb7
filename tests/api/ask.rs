//! Requests over real sockets: JSON, forms, uploads, event streams and WebSockets.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::harness::http::{self, Answer};

/// How long a stream may take to begin.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a request brings along.
#[derive(Debug, Clone, Default)]
pub enum Body {
    #[default]
    None,
    Json(Value),
    Form(String),
    /// A picture as `file`, and fields.
    Upload(Value),
    /// The same as `image`.
    Image(Value),
}

/// Sends a request to `http://{domain}{path}`.
pub async fn send(domain: &str, method: &str, path: &str, headers: &[(&str, String)], body: &Body) -> Answer {
    let url = format!("http://{domain}{path}").parse().expect("an address");
    let mut headers = headers.to_vec();
    let (kind, bytes) = match body {
        Body::None => ("", Vec::new()),
        Body::Json(value) => ("application/json", value.to_string().into_bytes()),
        Body::Form(text) => ("application/x-www-form-urlencoded", text.clone().into_bytes()),
        Body::Upload(fields) => ("multipart/form-data; boundary=wall", multipart("file", fields)),
        Body::Image(fields) => ("multipart/form-data; boundary=wall", multipart("image", fields)),
    };
    if !kind.is_empty() {
        headers.push(("content-type", kind.to_owned()));
    }
    http::send(method, &url, &headers, &bytes).await.unwrap_or_else(|why| panic!("{method} {path}: {why}"))
}

fn multipart(file: &str, fields: &Value) -> Vec<u8> {
    let mut picture = std::io::Cursor::new(Vec::new());
    let image = image::RgbImage::from_fn(60, 40, |x, y| image::Rgb([x as u8 * 4, y as u8 * 6, 90]));
    image.write_to(&mut picture, image::ImageFormat::Png).expect("a picture");
    let mut body = Vec::new();
    for (name, value) in fields.as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        body.extend(format!("--wall\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    let head = format!(
        "--wall\r\nContent-Disposition: form-data; name=\"{file}\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"
    );
    body.extend(head.bytes());
    body.extend(picture.into_inner());
    body.extend(b"\r\n--wall--\r\n");
    body
}

/// Opens an event stream; its status, and whether it began as one.
pub async fn listen(domain: &str, path: &str, token: Option<&str>) -> (u16, bool) {
    let mut stream = tokio::net::TcpStream::connect(domain).await.expect("connects");
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {domain}\r\n{authorization}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("writes");
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        match tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await {
            Ok(Ok(count)) if count > 0 => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
            _ => break,
        }
        if text_begins(&text) {
            break;
        }
    }
    let status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
    (status, text.to_lowercase().contains("text/event-stream") && text_begins(&text))
}

/// The first line of Mastodon's event streams is a smile.
fn text_begins(text: &str) -> bool {
    text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.contains(":)"))
}

/// Opens a WebSocket with the token as its subprotocol; the status of the answer.
pub async fn socket(domain: &str, path: &str, token: Option<&str>) -> u16 {
    let mut request = format!("ws://{domain}{path}").into_client_request().expect("a request");
    if let Some(token) = token {
        request.headers_mut().insert("sec-websocket-protocol", token.parse().expect("a header"));
    }
    match tokio::time::timeout(PATIENCE, tokio_tungstenite::connect_async(request)).await {
        Ok(Ok((_, answer))) => answer.status().as_u16(),
        Ok(Err(tokio_tungstenite::tungstenite::Error::Http(answer))) => answer.status().as_u16(),
        _ => 0,
    }
}
