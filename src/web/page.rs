//! What all pages share: the frame around the content, and the headers that keep a page to itself.

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, SET_COOKIE, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::assets;
use super::visitor::Visitor;
use crate::clock::Time;
use crate::text::locale::Lang;

/// The pages of the settings, in the order of their navigation (`settings_nav.html`): address and key of the name.
const ROOMS: &[(&str, &str)] = &[
    ("/settings/account", "settings.account"),
    ("/settings/security", "settings.security"),
    ("/settings/sessions", "settings.sessions"),
    ("/oauth/authorized_applications", "settings.apps"),
    ("/settings/aliases", "settings.moving"),
    ("/settings/invites", "settings.invites"),
];

/// The frame around every page; templates know it as `page`.
#[derive(Debug)]
pub(super) struct Page {
    /// The language of the page.
    pub(super) lang: Lang,
    /// What the page is about, for the title bar.
    pub(super) title: String,
    /// The pages of the settings, for `settings_nav.html`: address, name, whether it is this one.
    pub(super) rooms: Vec<(&'static str, &'static str, bool)>,
    /// The server's name; empty when it could not be read.
    pub(super) server: String,
    /// Where the web app is, if there is one.
    pub(super) web_app: Option<&'static str>,
    /// The signed-in visitor's user name.
    pub(super) me: Option<String>,
    /// For the sign-out form.
    pub(super) token: String,
    /// Every language: code, name, the address of this page in it, whether it is this one.
    pub(super) languages: Vec<(&'static str, &'static str, String, bool)>,
}

impl Page {
    /// The frame for `visitor`.
    pub(super) fn new(visitor: &Visitor, title: String) -> Self {
        let languages = Lang::all().map(|lang| {
            let address = visitor.here(&["lang"], &[("lang", lang.code())]);
            (lang.code(), lang.name(), address, lang == visitor.lang)
        });
        Self {
            lang: visitor.lang,
            title,
            rooms: ROOMS.iter().map(|(path, key)| (*path, visitor.lang.t(key), visitor.uri.path() == *path)).collect(),
            server: visitor.server.clone(),
            web_app: visitor.web_app.then(|| visitor.home()),
            me: visitor.me.as_ref().map(|me| me.username.clone()),
            token: visitor.token(),
            languages: languages.collect(),
        }
    }

    /// The frame when nothing is known but the language.
    pub(super) fn bare(lang: Lang, title: String) -> Self {
        Self {
            lang,
            title,
            rooms: Vec::new(),
            server: String::new(),
            web_app: None,
            me: None,
            token: String::new(),
            languages: Vec::new(),
        }
    }

    /// The address of an embedded file.
    pub(super) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// A moment as the page's language writes it, in UTC.
    pub(super) fn moment(&self, time: &Time) -> String {
        moment(self.lang, *time)
    }
}

/// A moment as `lang` writes it, in UTC.
fn moment(lang: Lang, time: Time) -> String {
    let text = time.rfc3339();
    let gaps = [("year", &text[..4]), ("month", &text[5..7]), ("day", &text[8..10]), ("time", &text[11..16])];
    lang.fill("date.moment", &gaps)
}

/// The page in `template` as an answer to `visitor`. `forms_go_to`: where else than here a form may lead (by redirect).
pub(super) fn show(
    visitor: &Visitor,
    status: StatusCode,
    template: &impl Template,
    has_form: bool,
    forms_go_to: &str,
) -> Response {
    let mut response = bare(status, template, forms_go_to);
    let headers = response.headers_mut();
    for cookie in visitor.cookies(has_form || visitor.me.is_some()) {
        headers.append(SET_COOKIE, cookie);
    }
    let cache = if has_form || visitor.me.is_some() { "no-store" } else { "private, max-age=0, must-revalidate" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// The same with scripts of ours, for the few pages that need one.
pub(super) fn scripted(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let strict = headers.get(CONTENT_SECURITY_POLICY).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Ok(policy) = HeaderValue::try_from(format!("{strict}; script-src 'self'")) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The page in `template`, for somebody of whom nothing is known.
pub(super) fn bare(status: StatusCode, template: &impl Template, forms_go_to: &str) -> Response {
    let body = match template.render() {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered; please report this");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, policy(forms_go_to));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Language, Cookie"));
    (status, headers, body).into_response()
}

/// No scripts, no frames, nothing from elsewhere. Browsers hold redirects after a form against `form-action`, too.
fn policy(forms_go_to: &str) -> HeaderValue {
    let policy = |target: &str| {
        format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; manifest-src 'self'; base-uri 'none'; \
             frame-ancestors 'none'; form-action 'self'{target}"
        )
    };
    let with = if forms_go_to.is_empty() { policy("") } else { policy(&format!(" {forms_go_to}")) };
    HeaderValue::try_from(with).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'; form-action 'self'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_language_does() {
        let time = Time(1_786_111_355_000);
        assert_eq!(moment(Lang::ENGLISH, time), "2026-08-07 14:02 UTC");
        assert_eq!(moment(Lang::find("ja").expect("spoken"), time), "2026/08/07 14:02 UTC");
    }
}
