//! A picture arrives with its post and is shown from our own copy.

use axum::body::Body;
use serde_json::json;

use super::Street;
use crate::harness::http;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a10_an_attachment_arrives_and_is_served_from_the_cache() {
    let Street { here, there, alice, bob } = Street::new().await;
    bob.follows(&alice).await;
    let mut jpeg = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(320, 200, image::Rgb([200, 60, 20]))
        .write_to(&mut jpeg, image::ImageFormat::Jpeg)
        .expect("encodes");
    let boundary = "a-boundary-that-no-picture-contains";
    let mut form = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"description\"\r\n\r\nA red wall\r\n\
         --{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"wall.jpg\"\r\n\
         content-type: image/jpeg\r\n\r\n"
    )
    .into_bytes();
    form.extend(jpeg.into_inner());
    form.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
    let kind = format!("multipart/form-data; boundary={boundary}");
    let (status, media) = alice.send("POST", "/api/v2/media", &kind, Body::from(form)).await;
    assert_eq!(status, 200, "{media}");
    let post = alice.post("/api/v1/statuses", json!({"status": "Look", "media_ids": [media["id"]]})).await;

    let path = bob.receives(&post["uri"]).await;
    let seen = &bob.get(&path).await["media_attachments"][0];
    assert_eq!((&seen["type"], &seen["description"]), (&json!("image"), &json!("A red wall")));
    assert_eq!(seen["blurhash"], media["blurhash"]);
    assert_eq!((&seen["meta"]["original"]["width"], &seen["meta"]["original"]["height"]), (&json!(320), &json!(200)));
    for key in ["url", "preview_url"] {
        let url = seen[key].as_str().expect("an address");
        assert!(url.starts_with(&format!("http://{}/", there.domain)), "bob's browser asks only his server: {url}");
        let answer = http::send("GET", &url.parse().expect("an address"), &[], b"").await.expect("an answer");
        assert_eq!(answer.status, 200, "{key}: {}", answer.body);
        assert!(answer.header("content-type").starts_with("image/"), "{key}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let kept = there.app.store.read(|db| Ok(db.query_row("SELECT count(*) FROM media_cache", [], |row| row.get(0))?));
    let kept: i64 = kept.await.expect("reads");
    assert!(kept >= 1, "a copy is kept");
    // The original's server is gone, the copy stays.
    here.stop().await;
    let url = seen["url"].as_str().expect("an address").parse().expect("an address");
    assert_eq!(http::send("GET", &url, &[], b"").await.expect("an answer").status, 200);
}
