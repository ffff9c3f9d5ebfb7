//! Two servers in one process that talk over real loopback sockets: what one does, the other sees.

mod bonds;
mod borders;
mod conversations;
mod documents;
mod followers;
mod forwarding;
mod keys;
mod leaving;
mod lists;
mod moves;
mod names;
mod pictures;
mod posts;
mod quotes;
mod relays;
mod reports;
mod rules;
mod trace;
mod trust;

use serde_json::Value;

use crate::harness::http::{self, Answer};
use crate::harness::neighbour::{Neighbour, Person};

/// Two servers, alice on the first and bob on the second. Bob does not follow her yet.
struct Street {
    here: Neighbour,
    there: Neighbour,
    alice: Person,
    bob: Person,
}

impl Street {
    async fn new() -> Self {
        let (here, there) = tokio::join!(Neighbour::open(1), Neighbour::open(2));
        let (alice, bob) = tokio::join!(here.resident("alice"), there.resident("bob"));
        Self { here, there, alice, bob }
    }
}

/// GET of `address` as a server would ask: the document.
async fn document(address: &str) -> Answer {
    let headers = [("accept", "application/activity+json".to_owned())];
    http::send("GET", &address.parse().expect("an address"), &headers, b"").await.expect("an answer")
}

/// The address in a value.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
