//! Shows pictures to a classifier in the local network, and acts on its score (NsfwApi).
//!
//! The classifier answers `GET <url><picture's address>` with JSON that has a `score` from 0 to 1.

use nagaya_plugin::http::{self, Request};
use nagaya_plugin::{Decision, Effect, Envelope, Json, Settings, Visibility, log};

fn decide(post: &Envelope, settings: &Settings, _score_so_far: i32) -> Result<Decision, String> {
    let url = settings.text("url");
    if !matches!(post.activity.as_str(), "Create" | "Update") || url.is_empty() || post.attachments.is_empty() {
        return Ok(Decision::accept());
    }
    let mut worst: f64 = 0.0;
    for picture in pictures(post).iter().take(2) {
        match ask(url, picture) {
            Ok(score) => worst = worst.max(score),
            Err(why) => log::write(log::Level::Warn, &format!("the classifier does not answer for {picture}: {why}")),
        }
    }
    if worst < settings.number("threshold") {
        return Ok(Decision::accept());
    }
    if settings.flag("reject") {
        return Ok(Decision::reject("The pictures are not wanted here. / この画像は受け付けていません。"));
    }
    let mut decision = Decision::accept().with(Effect::Label(format!("classifier: {worst:.2}")));
    if settings.flag("sensitive") && !post.sensitive {
        decision = decision.with(Effect::Sensitive(None));
    }
    if settings.flag("unlist") && post.visibility == Visibility::Public {
        decision = decision.narrowed(Visibility::Unlisted);
    }
    Ok(decision)
}

/// Addresses of the pictures, as their own server names them.
fn pictures(post: &Envelope) -> Vec<String> {
    let raw = post.raw.as_deref().and_then(Json::parse).unwrap_or_default();
    let attachments = raw.get("object").get("attachment").items().iter();
    let shown = attachments.filter(|one| {
        one.get("mediaType").text().is_none_or(|mime| mime.starts_with("image/")) && !one.get("url").is_null()
    });
    shown.filter_map(|one| Some(one.get("url").items().first()?.id()?.to_owned())).collect()
}

fn ask(url: &str, picture: &str) -> Result<f64, String> {
    let request = Request {
        method: "GET".into(),
        url: format!("{url}{}", encoded(picture)),
        headers: Vec::new(),
        body: Vec::new(),
        timeout_ms: 1_000,
        sign: false,
    };
    let response = http::send(&request).map_err(|failure| format!("{failure:?}"))?;
    let body = String::from_utf8_lossy(&response.body);
    let score = Json::parse(&body).and_then(|answer| answer.get("score").number());
    score.filter(|_| response.status == 200).ok_or_else(|| format!("status {}", response.status))
}

/// Percent-encoded.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

nagaya_plugin::plugin! { filter: decide }
