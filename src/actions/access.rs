//! Who may read which timelines, as the operator decided.
//!
//! Settings `local_live_feed_access`, `remote_live_feed_access`, `local_topic_feed_access`, `remote_topic_feed_access`,
//! `local_trending_link_feed_access` and `remote_trending_link_feed_access`: `public`, `authenticated` or `disabled`.

use crate::error::{Error, Result};
use crate::store::timelines::Place;
use crate::store::{Connection, settings};

/// Which timelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// The public timelines.
    Live,
    /// Those of hashtags.
    Topic,
    /// Those of links.
    Link,
}

/// Who may read one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Everybody.
    #[default]
    Public,
    /// Who lives here.
    Authenticated,
    /// Nobody.
    Disabled,
}

impl Access {
    /// As the API names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Authenticated => "authenticated",
            Self::Disabled => "disabled",
        }
    }
}

/// Who may read the local (or the remote) part of these timelines; everybody, when nothing is set.
pub fn of(db: &Connection, feed: Feed, local: bool) -> Result<Access> {
    let key = match (feed, local) {
        (Feed::Live, true) => "local_live_feed_access",
        (Feed::Live, false) => "remote_live_feed_access",
        (Feed::Topic, true) => "local_topic_feed_access",
        (Feed::Topic, false) => "remote_topic_feed_access",
        (Feed::Link, true) => "local_trending_link_feed_access",
        (Feed::Link, false) => "remote_trending_link_feed_access",
    };
    let set = settings::get(db, key)?;
    let known = [Access::Public, Access::Authenticated, Access::Disabled];
    Ok(known.into_iter().find(|access| set.as_deref() == Some(access.as_str())).unwrap_or_default())
}

/// The part of the timeline of `asked` that is open to this reader; `None`: nothing is. A stranger is asked to sign in
/// (401) as soon as a part is not open to everybody.
pub fn place(db: &Connection, feed: Feed, asked: Place, signed_in: bool) -> Result<Option<Place>> {
    decide(of(db, feed, true)?, of(db, feed, false)?, asked, signed_in)
}

fn decide(local: Access, remote: Access, asked: Place, signed_in: bool) -> Result<Option<Place>> {
    let wanted = match asked {
        Place::Local => [Some(local), None],
        Place::Remote => [None, Some(remote)],
        Place::Everywhere => [Some(local), Some(remote)],
    };
    if !signed_in && wanted.iter().flatten().any(|access| *access != Access::Public) {
        return Err(Error::Unauthorized("This method requires an authenticated user".into()));
    }
    let open = wanted.map(|access| access.is_some_and(|access| access != Access::Disabled));
    Ok(match open {
        [true, true] => Some(Place::Everywhere),
        [true, false] => Some(Place::Local),
        [false, true] => Some(Place::Remote),
        [false, false] => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_closed_are_left_out_and_strangers_sign_in() {
        use Access::{Authenticated, Disabled, Public};
        use Place::{Everywhere, Local, Remote};
        for (local, remote, asked, known, expected) in [
            (Public, Public, Everywhere, false, Some(Some(Everywhere))),
            (Public, Public, Local, false, Some(Some(Local))),
            (Public, Authenticated, Everywhere, false, None),
            (Public, Authenticated, Local, false, Some(Some(Local))),
            (Public, Authenticated, Remote, false, None),
            (Public, Authenticated, Everywhere, true, Some(Some(Everywhere))),
            (Public, Disabled, Everywhere, true, Some(Some(Local))),
            (Disabled, Public, Everywhere, true, Some(Some(Remote))),
            (Disabled, Disabled, Everywhere, true, Some(None)),
            (Public, Disabled, Remote, true, Some(None)),
            (Public, Disabled, Remote, false, None),
        ] {
            let decided = decide(local, remote, asked, known).ok();
            assert_eq!(decided, expected, "{local:?} {remote:?} {asked:?} {known}");
        }
    }
}
