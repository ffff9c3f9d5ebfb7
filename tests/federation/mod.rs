//! Two servers in one process that talk over real loopback sockets: what one does, the other sees.

mod bonds;
mod documents;
mod keys;
mod pictures;
mod posts;

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
