//! Who looks at a page: language, session, and the key that makes forms unforgeable.

use std::net::IpAddr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderValue, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use super::fields::Fields;
use super::{trouble, webapp};
use crate::actions::sign_in::{self, Device};
use crate::actions::token::hash;
use crate::app::{App, ClientIp};
use crate::error::{Error, Result};
use crate::store::accounts::Account;
use crate::store::settings;
use crate::text::locale::Lang;

const SESSION: &str = "nagaya_session";
const FORM: &str = "nagaya_form";
const LANG: &str = "nagaya_lang";
/// As long as a session lasts.
const TWO_MONTHS: u32 = 60 * 24 * 60 * 60;
const A_YEAR: u32 = 365 * 24 * 60 * 60;

/// Somebody who looks at a page.
#[derive(Debug)]
pub(super) struct Visitor {
    /// The language to speak.
    pub(super) lang: Lang,
    /// Who it is, if signed in.
    pub(super) me: Option<Account>,
    /// From where.
    pub(super) ip: IpAddr,
    /// With what.
    pub(super) agent: String,
    /// The page that was asked for.
    pub(super) uri: Uri,
    /// The server's name for people.
    pub(super) server: String,
    /// Whether there is a web app to lead to.
    pub(super) web_app: bool,
    /// Whether the language was chosen by `?lang=`, to be remembered.
    chosen: bool,
    /// The secret of the session, if there is one.
    session: Option<String>,
    /// What the form token is made of: the session's secret, or that of a cookie for strangers.
    key: String,
    /// Whether `key` was made just now and the browser must still learn it.
    fresh: bool,
    /// Whether cookies travel by https only.
    secure: bool,
}

impl Visitor {
    /// Reads who it is from a request's headers and address.
    pub(super) async fn read(app: &App, headers: &HeaderMap, uri: &Uri) -> Result<Self> {
        let secure = !app.config.development;
        let (lang, chosen) = lang(headers, uri);
        let session = cookie(headers, &name(SESSION, secure));
        let me = match &session {
            Some(secret) => sign_in::find(app, secret).await?.map(|(account, _)| account),
            None => None,
        };
        let session = session.filter(|_| me.is_some());
        let known = session.clone().or_else(|| cookie(headers, &name(FORM, secure)));
        let title = app.store.read(|db| settings::get(db, "title")).await?;
        let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Self {
            lang,
            me,
            ip: IpAddr::from([0, 0, 0, 0]),
            agent: agent.chars().take(200).collect(),
            uri: uri.clone(),
            server: title.filter(|title| !title.is_empty()).unwrap_or_else(|| app.config.domain.clone()),
            web_app: webapp::is_here(app),
            chosen,
            fresh: known.is_none(),
            key: known.unwrap_or_else(|| app.random.secret()),
            session,
            secure,
        })
    }

    /// What a form of this visitor must carry in its field `token`.
    pub(super) fn token(&self) -> String {
        hex::encode(hash(&format!("form {}", self.key)))
    }

    /// Refuses a form that did not come from a page of ours for this visitor.
    pub(super) fn check(&self, fields: &Fields) -> Result<()> {
        let given = fields.get("token").unwrap_or_default();
        if self.fresh || verify_slices_are_equal(given.as_bytes(), self.token().as_bytes()).is_err() {
            return Err(Error::Forbidden("the form does not belong to this visitor".into()));
        }
        Ok(())
    }

    /// The parameters in the address.
    pub(super) fn query(&self) -> Fields {
        Fields::parse(self.uri.query().unwrap_or_default().as_bytes())
    }

    /// From where and with what, for a session.
    pub(super) fn device(&self) -> Device {
        Device { ip: self.ip.to_string(), user_agent: self.agent.clone() }
    }

    /// Where somebody goes who is in: into the app, or to the front page where there is none.
    pub(super) fn home(&self) -> &'static str {
        if self.web_app { webapp::PLACE } else { "/" }
    }

    /// The secret of the session.
    pub(super) fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// The present address with other parameters: `without` are left out, `with` is added.
    pub(super) fn here(&self, without: &[&str], with: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let old = url::form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes());
        query.extend_pairs(old.filter(|(name, _)| !without.contains(&name.as_ref())));
        query.extend_pairs(with);
        let query = query.finish();
        if query.is_empty() { self.uri.path().to_owned() } else { format!("{}?{query}", self.uri.path()) }
    }

    /// Cookies that the browser must learn with a page; the form's only with a page that has one.
    pub(super) fn cookies(&self, has_form: bool) -> Vec<HeaderValue> {
        let mut cookies = Vec::new();
        if self.chosen {
            cookies.extend(set(&name(LANG, self.secure), self.lang.code(), Some(A_YEAR), self.secure));
        }
        if has_form && self.fresh {
            cookies.extend(set(&name(FORM, self.secure), &self.key, None, self.secure));
        }
        cookies
    }

    /// The cookie that keeps a session; an empty secret takes it away.
    pub(super) fn session_cookie(&self, secret: &str) -> Option<HeaderValue> {
        let age = if secret.is_empty() { 0 } else { TWO_MONTHS };
        set(&name(SESSION, self.secure), secret, Some(age), self.secure)
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Response> {
        let mut visitor = Self::read(app, &parts.headers, &parts.uri)
            .await
            .map_err(|error| trouble::page(lang(&parts.headers, &parts.uri).0, &error))?;
        if let Some(ClientIp(ip)) = parts.extensions.get() {
            visitor.ip = *ip;
        }
        Ok(visitor)
    }
}

/// A visitor who is signed in. Strangers are sent to the sign-in page, from which they come back.
#[derive(Debug)]
pub(super) struct Resident {
    /// As for everybody.
    pub(super) visitor: Visitor,
    /// Who it is.
    pub(super) me: Account,
}

impl FromRequestParts<App> for Resident {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        match visitor.me.clone() {
            Some(me) => Ok(Self { visitor, me }),
            None => {
                let then: String = url::form_urlencoded::byte_serialize(visitor.here(&[], &[]).as_bytes()).collect();
                Err(Redirect::to(&format!("/auth/sign_in?then={then}")).into_response())
            }
        }
    }
}

/// The language to speak, and whether `?lang=` says so.
pub(super) fn lang(headers: &HeaderMap, uri: &Uri) -> (Lang, bool) {
    let query = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    if let Some(lang) = query.get("lang").and_then(Lang::find) {
        return (lang, true);
    }
    // Both spellings: an error page does not know how this server is reached.
    let remembered = cookie(headers, &name(LANG, true)).or_else(|| cookie(headers, LANG));
    let asked = || headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(Lang::negotiate);
    (remembered.as_deref().and_then(Lang::find).or_else(asked).unwrap_or_default(), false)
}

/// The prefix makes browsers refuse a cookie that another host or plain http tries to set.
fn name(name: &str, secure: bool) -> String {
    if secure { format!("__Host-{name}") } else { name.to_owned() }
}

fn set(name: &str, value: &str, age: Option<u32>, secure: bool) -> Option<HeaderValue> {
    let age = age.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}")).ok()
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut pairs = all.filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value.to_owned())
}
