//! The only SMTP client: hands one mail to the configured server, which brings it the rest of the way.
//!
//! Knows no queue, no pace and no retries; says only how it went. A connection per mail: there are few, and a server that
//! is gone costs nobody else anything. Certificates are checked against the system's roots.
//! Spec: RFC 5321, RFC 8314, RFC 3834 (automatic mail)

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as Secured, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransport, Error as Smtp};
use lettre::{AsyncTransport, Message, Tokio1Executor};

use crate::clock::Time;
use crate::config::{Mail, Tls};

/// For each answer of the server.
const ANSWER: Duration = if cfg!(test) { Duration::from_millis(500) } else { Duration::from_secs(20) };
/// For the whole conversation.
const WHOLE: Duration = Duration::from_secs(60);

/// One mail, ready to go.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Letter {
    /// The left half of the Message-ID; a repeated mail carries the same.
    pub id: String,
    /// Our own name: greets the server, and the right half of the Message-ID.
    pub host: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub date: Time,
}

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The server is gone, busy, or will not have us just now: nothing else gets through either.
    Server(String),
    /// It did not like this mail just now.
    Later(String),
    /// It will never take this mail.
    Never(String),
}

impl Refusal {
    /// What happened, in the server's words.
    pub fn why(&self) -> &str {
        let (Self::Server(why) | Self::Later(why) | Self::Never(why)) = self;
        why
    }
}

/// Hands `letter` to the server.
pub async fn send(server: &Mail, letter: Letter) -> Result<(), Refusal> {
    let message = compose(server, &letter).map_err(Refusal::Never)?;
    let (server, host) = (server.clone(), letter.host);
    // Reading the system's certificates is work for another thread.
    let transport = tokio::task::spawn_blocking(move || transport(&server, host))
        .await
        .map_err(|panic| Refusal::Server(panic.to_string()))??;
    match tokio::time::timeout(WHOLE, transport.send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(judge(&error)),
        Err(_) => Err(Refusal::Server("the mail server is too slow".into())),
    }
}

fn compose(server: &Mail, letter: &Letter) -> Result<Message, String> {
    let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|error| format!("{text} is no address: {error}"));
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    Message::builder()
        .from(mailbox(&server.from)?)
        .to(mailbox(&letter.to)?)
        .subject(letter.subject.as_str())
        .date(UNIX_EPOCH + Duration::from_millis(u64::try_from(letter.date.0).unwrap_or(0)))
        .message_id(Some(format!("<{}@{}>", letter.id, bare(&letter.host))))
        .raw_header(HeaderValue::new(name, "auto-generated".into()))
        .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
        .map_err(|error| error.to_string())
}

fn transport(server: &Mail, host: String) -> Result<AsyncSmtpTransport<Tokio1Executor>, Refusal> {
    let broken = |error: Smtp| Refusal::Server(error.to_string());
    let parameters = || TlsParameters::new_rustls(server.host.clone()).map_err(broken);
    let tls = match server.tls {
        Tls::Whole => Secured::Wrapper(parameters()?),
        Tls::Started => Secured::Required(parameters()?),
        Tls::Off => Secured::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.clone())
        .port(server.port)
        .tls(tls)
        .timeout(Some(ANSWER))
        .hello_name(ClientId::Domain(bare(&host).to_owned()));
    if let Some((user, password)) = server.login.clone() {
        builder = builder.credentials(Credentials::new(user, password));
    }
    Ok(builder.build())
}

/// Without the port that a name has in development.
fn bare(host: &str) -> &str {
    host.split(':').next().unwrap_or(host)
}

fn judge(error: &Smtp) -> Refusal {
    let why = match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    match error.status().map(u16::from) {
        // Busy, greylisting, out of space, or too much of us: more of the same makes it worse.
        Some(421 | 450..=452 | 454) => Refusal::Server(why),
        Some(400..=499) => Refusal::Later(why),
        // It wants another login or more security: the operator must act, and no mail is at fault.
        Some(530 | 534 | 535 | 538) => Refusal::Server(why),
        Some(500..=599) => Refusal::Never(why),
        _ => Refusal::Server(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_in_japanese_is_one_that_everybody_can_carry() {
        let server = Mail {
            host: "127.0.0.1".into(),
            port: 25,
            tls: Tls::Off,
            login: None,
            from: "長屋 <nagaya@here.example>".into(),
        };
        let letter = Letter {
            id: "mail.7".into(),
            host: "here.example:3000".into(),
            to: "you@mail.example".into(),
            subject: "メールアドレスの確認".into(),
            text: "こんにちは".into(),
            html: "<p>こんにちは</p>".into(),
            date: Time(1_786_111_355_000),
        };
        let message = compose(&server, &letter).expect("a mail").formatted();
        let text = String::from_utf8(message).expect("a mail is ASCII");
        assert!(text.is_ascii());
        for part in [
            "Subject: =?utf-8?b?",
            "Message-ID: <mail.7@here.example>",
            "Auto-Submitted: auto-generated",
            "Date: Fri, 07 Aug 2026 14:02:35",
            "multipart/alternative",
            "To: you@mail.example",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        for to in ["", "nobody", "a@b\r\nBcc: c@d.example"] {
            assert!(compose(&server, &Letter { to: to.into(), ..letter.clone() }).is_err(), "{to:?}");
        }
        // A line break in a subject (which no text of ours has) stays inside the encoded words.
        let sly = compose(&server, &Letter { subject: "a\r\nBcc: c@d.example".into(), ..letter }).expect("a mail");
        assert!(!String::from_utf8_lossy(&sly.formatted()).contains("\r\nBcc:"));
    }
}
