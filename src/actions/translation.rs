//! Translating posts, by a service that speaks LibreTranslate's API; without one nothing is offered.
//!
//! Only public and unlisted posts: nothing that is for few leaves this server. What comes back is cleaned like any HTML
//! from elsewhere, and kept for a day. Spec: https://libretranslate.com/docs/

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::post;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::ids::{AccountId, MediaId, PollId, StatusId};
use crate::outbound::Request;
use crate::store::statuses::Status;
use crate::store::{Connection, media, polls, settings, translations};
use crate::text::clean;
use crate::text::render::escape;

/// How the service is named to people.
const PROVIDER: &str = "LibreTranslate";
/// How long a translation is good.
const KEPT: Duration = Duration::from_hours(24);
/// How long the list of languages is.
const LANGUAGES_KEPT: Duration = Duration::from_hours(6);
const DEADLINE: Duration = Duration::from_secs(30);
/// The largest answer, in bytes.
const LIMIT: usize = 1024 * 1024;
/// The source language when nobody said.
const UNKNOWN: &str = "und";

/// From which languages into which, by code.
pub type Languages = BTreeMap<String, BTreeSet<String>>;

/// A post in another language.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the Mastodon entity Translation")]
pub struct Translated {
    /// Clean HTML.
    pub content: String,
    pub spoiler_text: String,
    pub language: String,
    pub detected_source_language: String,
    pub provider: &'static str,
    pub poll: Option<(PollId, Vec<String>)>,
    pub media: Vec<(MediaId, String)>,
}

/// The service, as the operator set it.
struct Service {
    url: Url,
    key: Option<String>,
}

/// Whether posts can be translated here.
pub fn is_offered(db: &Connection) -> Result<bool> {
    Ok(service(db)?.is_some())
}

/// What can be translated into what; nothing without a service.
pub async fn languages(app: &App) -> Result<Languages> {
    match app.store.read(service).await? {
        Some(service) => known_languages(app, &service).await,
        None => Ok(Languages::new()),
    }
}

/// The post in `wanted` (a language code). `NotFound` without a service, `Forbidden` for what is not open to everybody and
/// for languages that the service does not know.
pub async fn translate(app: &App, me: AccountId, id: StatusId, wanted: &str) -> Result<Translated> {
    let now = app.clock.now();
    let (service, post) = app.store.read(move |db| Ok((service(db)?, gather(db, id, me)?))).await?;
    let service = service.ok_or(Error::NotFound("translation service"))?;
    let refused = || Error::Forbidden("This action is not allowed".into());
    if !post.status.is_open() {
        return Err(refused());
    }
    let primary = |code: &str| code.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    let target = primary(wanted);
    let source = post.status.language.as_deref().map_or_else(|| UNKNOWN.to_owned(), primary);
    let languages = known_languages(app, &service).await?;
    if !languages.get(&source).is_some_and(|targets| targets.contains(&target)) {
        return Err(refused());
    }
    let (provider, fingerprint) = (service.url.to_string(), post.fingerprint());
    let (lang, by, print, since) = (target.clone(), provider.clone(), fingerprint.clone(), now.minus(KEPT));
    let kept = app.store.read(move |db| translations::find(db, id, &lang, &by, &print, since)).await?;
    if let Some(kept) = kept.and_then(|kept| serde_json::from_str(&kept).ok()) {
        return post.read(&kept, target);
    }
    let answer = service.ask(app, &post.texts, &source, &target).await?;
    let translated = post.read(&answer, target.clone())?;
    let text = serde_json::to_string(&answer).map_err(|error| Error::Bug(error.to_string()))?;
    let write = app
        .store
        .write(move |tx| translations::put(tx, id, &target, &provider, &fingerprint, &text, now, now.minus(KEPT)));
    write.await?;
    Ok(translated)
}

/// A post taken apart into texts, in order: content, warning, options of the poll, descriptions of media.
struct Post {
    status: Status,
    poll: Option<(PollId, usize)>,
    media: Vec<MediaId>,
    /// HTML, all of them.
    texts: Vec<String>,
}

fn gather(db: &Connection, id: StatusId, me: AccountId) -> Result<Post> {
    let status = post::readable(db, id, Some(me))?;
    let mut texts = vec![status.content.clone(), escape(&status.spoiler_text)];
    let poll = polls::of_status(db, status.id)?;
    texts.extend(poll.iter().flat_map(|poll| &poll.options).map(|option| escape(&option.title)));
    let mut described = Vec::new();
    for media in media::of_status(db, status.id)? {
        if let Some(description) = media.description.filter(|text| !text.is_empty()) {
            described.push(media.id);
            texts.push(escape(&description));
        }
    }
    Ok(Post { status, poll: poll.map(|poll| (poll.id, poll.options.len())), media: described, texts })
}

impl Post {
    fn fingerprint(&self) -> Vec<u8> {
        let language = self.status.language.as_deref().unwrap_or(UNKNOWN);
        digest(&SHA256, format!("{language}\0{}", self.texts.join("\0")).as_bytes()).as_ref().to_vec()
    }

    /// Puts the answered texts back to where they belong, cleaned.
    fn read(&self, answer: &Answer, language: String) -> Result<Translated> {
        if answer.texts.len() != self.texts.len() {
            return Err(Error::Bug("a kept translation does not fit its post".into()));
        }
        let mut texts = answer.texts.iter();
        let content = texts.next().map(|text| clean::html(text)).unwrap_or_default();
        let mut plain = texts.map(|text| clean::plain(text));
        Ok(Translated {
            content,
            spoiler_text: plain.next().unwrap_or_default(),
            language,
            detected_source_language: answer.source.clone(),
            provider: PROVIDER,
            poll: self.poll.map(|(id, options)| (id, plain.by_ref().take(options).collect())),
            media: self.media.iter().copied().zip(plain).collect(),
        })
    }
}

/// What the service said about a post.
#[derive(Serialize, Deserialize)]
struct Answer {
    source: String,
    texts: Vec<String>,
}

fn service(db: &Connection) -> Result<Option<Service>> {
    let set = |key| Ok::<_, Error>(settings::get(db, key)?.filter(|text| !text.trim().is_empty()));
    let Some(url) = set(settings::TRANSLATION_URL)? else { return Ok(None) };
    let url = Url::parse(url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if url.is_none() {
        tracing::warn!("the setting {} is no http address; nothing is translated", settings::TRANSLATION_URL);
    }
    let key = set(settings::TRANSLATION_KEY)?;
    Ok(url.map(|url| Service { url, key }))
}

/// The list as it was kept, or as the service says now.
#[derive(Serialize, Deserialize)]
struct Kept {
    url: String,
    at: i64,
    languages: Languages,
}

async fn known_languages(app: &App, service: &Service) -> Result<Languages> {
    let now = app.clock.now();
    let kept = app.store.read(|db| settings::get(db, settings::TRANSLATION_LANGUAGES)).await?;
    let kept = kept.and_then(|text| serde_json::from_str::<Kept>(&text).ok());
    if let Some(kept) = kept
        && kept.url == service.url.as_str()
        && now.since(Time(kept.at)) < LANGUAGES_KEPT
    {
        return Ok(kept.languages);
    }
    let languages = service.languages(app).await?;
    let kept = Kept { url: service.url.to_string(), at: now.0, languages: languages.clone() };
    let text = serde_json::to_string(&kept).map_err(|error| Error::Bug(error.to_string()))?;
    app.store.write(move |tx| settings::set(tx, settings::TRANSLATION_LANGUAGES, &text)).await?;
    Ok(languages)
}

impl Service {
    async fn languages(&self, app: &App) -> Result<Languages> {
        #[derive(Deserialize)]
        struct Language {
            code: String,
            #[serde(default)]
            targets: Vec<String>,
        }
        let list: Vec<Language> = self.call(app, "GET", "languages", None).await?;
        let mut languages = Languages::new();
        for Language { code, targets } in list {
            let targets: BTreeSet<String> = targets.into_iter().filter(|target| *target != code).collect();
            languages.entry(UNKNOWN.to_owned()).or_default().extend(targets.iter().cloned());
            languages.insert(code, targets);
        }
        Ok(languages)
    }

    async fn ask(&self, app: &App, texts: &[String], source: &str, target: &str) -> Result<Answer> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Detected {
            Many(Vec<Option<Guess>>),
            One(Guess),
        }
        #[derive(Deserialize)]
        struct Guess {
            language: String,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Said {
            translated_text: Vec<String>,
            detected_language: Option<Detected>,
        }
        let mut body = json!({
            "q": texts, "source": if source == UNKNOWN { "auto" } else { source }, "target": target, "format": "html",
        });
        if let Some(key) = &self.key {
            body["api_key"] = json!(key);
        }
        let said: Said = self.call(app, "POST", "translate", Some(body.to_string())).await?;
        if said.translated_text.len() != texts.len() {
            return Err(self.nonsense("it translated more or less than it was asked for"));
        }
        let guess = said.detected_language.and_then(|detected| match detected {
            Detected::Many(guesses) => guesses.into_iter().flatten().next(),
            Detected::One(guess) => Some(guess),
        });
        let source = guess.filter(|_| source == UNKNOWN).map_or_else(|| source.to_owned(), |guess| guess.language);
        Ok(Answer { source, texts: said.translated_text })
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        app: &App,
        method: &'static str,
        path: &str,
        body: Option<String>,
    ) -> Result<T> {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        let request = Request {
            method,
            url,
            accept: "application/json",
            body: body.map(|body| ("application/json", body.into())),
            headers: Vec::new(),
            signed: None,
            redirects: 0,
            limit: LIMIT,
            deadline: DEADLINE,
        };
        let response = app.outbound.send_to_service(request).await?;
        if response.status != 200 {
            let fault = Fault::Status { code: response.status, retry_after: None };
            return Err(Error::peer(self.host(), fault));
        }
        serde_json::from_slice(&response.body).map_err(|error| self.nonsense(&error.to_string()))
    }

    fn host(&self) -> String {
        self.url.host_str().unwrap_or_default().to_owned()
    }

    fn nonsense(&self, why: &str) -> Error {
        Error::peer(self.host(), Fault::Nonsense(why.into()))
    }
}
