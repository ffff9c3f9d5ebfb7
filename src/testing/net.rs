//! A network that a test plays: what each address answers, and a memory of who was asked.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::NOW;
use crate::clock::Clock;
use crate::error::{Error, Fault};
use crate::outbound::{Hop, Options, Outbound, Response};

/// The type of our documents.
pub(crate) const ACTIVITY: &str = "application/activity+json";
/// Where all public names of a test lead.
pub(crate) const PUBLIC: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(93, 184, 216, 34));

/// What an address answers.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Page {
    /// An ActivityStreams document.
    pub(crate) fn document(document: &Value) -> Self {
        Self::new(200, ACTIVITY, &document.to_string())
    }

    pub(crate) fn new(status: u16, kind: &str, body: &str) -> Self {
        Self { status, headers: vec![("content-type".into(), kind.into())], body: body.into() }
    }

    /// No more than a status.
    pub(crate) fn status(status: u16) -> Self {
        Self::new(status, "text/plain", "")
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::status(302).with("location", to)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// Whoever was asked, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<Hop>>>);

impl Asked {
    pub(crate) fn hops(&self) -> Vec<Hop> {
        self.0.lock().expect("no panic").clone()
    }

    /// `METHOD address` of each, fragment and all.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.hops().iter().map(|hop| format!("{} {}", hop.method, hop.url)).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().expect("no panic").len()
    }

    /// How often addresses that contain `part` were asked.
    pub(crate) fn count_of(&self, part: &str) -> usize {
        self.lines().iter().filter(|line| line.contains(part)).count()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().expect("no panic").clear();
    }
}

/// A client under the rules of production whose network is `answer`; `None`: nobody answers there.
pub(crate) fn played(answer: impl Fn(&Hop) -> Option<Page> + Send + Sync + 'static) -> (Outbound, Asked) {
    let (handler, asked) = handler(answer);
    (Outbound::fake_with(options(), handler), asked)
}

/// The same, below it a record of every address that a socket would have been opened to. `names` says where a name
/// leads; others lead to [`PUBLIC`].
pub(crate) fn audited(
    names: impl Fn(&str) -> Option<Vec<IpAddr>> + Send + Sync + 'static,
    answer: impl Fn(&Hop) -> Option<Page> + Send + Sync + 'static,
) -> (Outbound, Asked, Arc<Mutex<Vec<SocketAddr>>>) {
    let (handler, asked) = handler(answer);
    let sockets = Arc::new(Mutex::new(Vec::new()));
    let lookup = move |name: &str| names(name).unwrap_or_else(|| vec![PUBLIC]);
    (Outbound::audited(options(), Arc::new(lookup), sockets.clone(), handler), asked, sockets)
}

fn options() -> Options {
    Options { user_agent: "Nagaya/test".into(), development: false, clock: Clock::manual(NOW) }
}

fn handler(answer: impl Fn(&Hop) -> Option<Page> + Send + Sync + 'static) -> (crate::outbound::Handler, Asked) {
    let asked = Asked::default();
    let log = asked.clone();
    let handler: crate::outbound::Handler = Arc::new(move |hop| {
        let page = answer(&hop);
        let host = hop.url.host_str().unwrap_or_default().to_owned();
        let url = hop.url.clone();
        log.0.lock().expect("no panic").push(hop);
        Box::pin(std::future::ready(match page {
            Some(Page { status, headers, body }) => Ok(Response { status, url, headers, body: body.into() }),
            None => Err(Error::peer(host, Fault::Unreachable("nobody is there".into()))),
        }))
    });
    (handler, asked)
}

/// The document of `https://HOST/users/NAME` with this public key.
pub(crate) fn person(host: &str, name: &str, pem: &str) -> Value {
    let id = format!("https://{host}/users/{name}");
    json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": id, "type": "Person", "preferredUsername": name, "inbox": format!("{id}/inbox"),
        "publicKey": {"id": format!("{id}#main-key"), "owner": id, "publicKeyPem": pem},
    })
}

/// The WebFinger answer for that person.
pub(crate) fn jrd(host: &str, name: &str) -> Page {
    let document = json!({
        "subject": format!("acct:{name}@{host}"),
        "links": [{"rel": "self", "type": ACTIVITY, "href": format!("https://{host}/users/{name}")}],
    });
    Page::new(200, "application/jrd+json", &document.to_string())
}
