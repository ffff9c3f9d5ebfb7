//! Posts in another language, by a small server that speaks LibreTranslate's API.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use nagaya::store::settings;
use serde_json::{Value, json};

use crate::harness::neighbour::Neighbour;

/// Writes everything in capitals (and tries to smuggle something in); counts how often it was asked.
pub(crate) async fn service() -> (String, Arc<AtomicUsize>) {
    async fn translate(
        State(asked): State<Arc<AtomicUsize>>,
        Json(body): Json<Value>,
    ) -> Result<Json<Value>, StatusCode> {
        if body["api_key"] != "sesame" || body["format"] != "html" {
            return Err(StatusCode::FORBIDDEN);
        }
        asked.fetch_add(1, Ordering::Relaxed);
        let texts = body["q"].as_array().ok_or(StatusCode::BAD_REQUEST)?.iter();
        let texts: Vec<String> = texts
            .map(|text| text.as_str().unwrap_or_default().replace("tea", "<script>x</script>TEE").to_string())
            .collect();
        Ok(Json(json!({"translatedText": texts, "detectedLanguage": {"confidence": 90, "language": "en"}})))
    }
    let list = json!([{"code": "en", "name": "English", "targets": ["de", "en"]}, {"code": "de", "name": "German", "targets": ["en"]}]);
    let asked = Arc::new(AtomicUsize::new(0));
    let routes = Router::new()
        .route("/api/languages", get(async || Json(list)))
        .route("/api/translate", post(translate))
        .with_state(asked.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (format!("http://{address}/api"), asked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_are_translated_once_a_service_is_set() {
    let here = Neighbour::open(1).await;
    let alice = here.resident("alice").await;
    let poll = json!({"options": ["green tea", "coffee"], "expires_in": 3600});
    let body = json!({"status": "I <3 tea", "spoiler_text": "tea & more", "language": "en", "poll": poll});
    let made = alice.post("/api/v1/statuses", body).await;
    let path = format!("/api/v1/statuses/{}/translate", made["id"].as_str().expect("an id"));
    assert_eq!(alice.get("/api/v1/instance/translation_languages").await, json!({}));
    assert_eq!(alice.get("/api/v2/instance").await["configuration"]["translation"]["enabled"], false);
    assert_eq!(alice.ask("POST", &path, json!({"lang": "de"})).await.0, 404);

    let (url, asked) = service().await;
    let set = here.app.store.write(move |tx| {
        settings::set(tx, settings::TRANSLATION_URL, &url)?;
        settings::set(tx, settings::TRANSLATION_KEY, "sesame")
    });
    set.await.expect("writes");
    let languages = alice.get("/api/v1/instance/translation_languages").await;
    assert_eq!(languages, json!({"de": ["en"], "en": ["de"], "und": ["de", "en"]}));
    assert_eq!(alice.get("/api/v2/instance").await["configuration"]["translation"]["enabled"], true);
    for _ in 0..2 {
        let answer = alice.post(&path, json!({"lang": "de-AT"})).await;
        let expected = json!({
            "content": "<p>I &lt;3 TEE</p>", "spoiler_text": "TEE & more", "language": "de",
            "detected_source_language": "en", "provider": "LibreTranslate", "media_attachments": [],
            "poll": {"id": made["poll"]["id"], "options": [{"title": "green TEE"}, {"title": "coffee"}]},
        });
        assert_eq!(answer, expected);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1, "the second answer was kept");
    let edit = json!({"status": "I like tea", "language": "en"});
    alice.ask("PUT", path.trim_end_matches("/translate"), edit).await;
    assert_eq!(alice.post(&path, json!({"lang": "de"})).await["content"], "<p>I like TEE</p>");
    assert_eq!(asked.load(Ordering::Relaxed), 2, "an edited post is another one");

    assert_eq!(alice.ask("POST", &path, json!({"lang": "fr"})).await.0, 403, "a language that it does not know");
    for body in [json!({"status": "x", "visibility": "private"}), json!({"status": "x", "local_only": true})] {
        let few = alice.post("/api/v1/statuses", body).await;
        let path = format!("/api/v1/statuses/{}/translate", few["id"].as_str().expect("an id"));
        assert_eq!(alice.ask("POST", &path, json!({"lang": "de"})).await.0, 403, "not for everybody");
    }
    let set = here.app.store.write(|tx| settings::set(tx, settings::TRANSLATION_KEY, "wrong"));
    set.await.expect("writes");
    alice.ask("PUT", path.trim_end_matches("/translate"), json!({"status": "tea again", "language": "en"})).await;
    assert_eq!(alice.ask("POST", &path, json!({"lang": "de"})).await.0, 503);
}
