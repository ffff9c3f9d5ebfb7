//! What happened, told in memory to open streams and queues; always after the commit, never before.

use tokio::sync::broadcast;

use crate::ids::{AccountId, AnnouncementId, ConversationId, ListId, NotificationId, StatusId, TokenId};

/// How many happenings a slow reader may lag behind before it is dropped.
const BACKLOG: usize = 1024;

/// Something that open streams want to know. It carries ids; each stream reads and renders what its viewer may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A post arrived in these homes; `listed` when public streams show it too.
    Posted {
        /// The post or boost.
        status: StatusId,
        /// Whose home timelines it entered.
        homes: Vec<AccountId>,
        /// Whether public timelines and tag streams show it.
        listed: bool,
    },
    /// A post was edited.
    Edited {
        /// The post.
        status: StatusId,
        /// In whose home timelines it stands.
        homes: Vec<AccountId>,
        /// Whether public timelines show it.
        listed: bool,
    },
    /// A post was deleted, or left these homes.
    Deleted {
        /// What was deleted.
        status: StatusId,
        /// In whose home timelines it stood.
        homes: Vec<AccountId>,
        /// Whether public timelines showed it.
        listed: bool,
    },
    /// `account` got a notification.
    Notified {
        /// Who is told.
        account: AccountId,
        /// Of what.
        notification: NotificationId,
    },
    /// `account` accepted senders whose notifications had been put aside; they are shown now.
    Merged(AccountId),
    /// Something became of a post in these lists.
    Listed {
        /// The post or boost.
        status: StatusId,
        /// In which lists it stands or stood.
        lists: Vec<ListId>,
        /// What.
        change: Change,
    },
    /// A direct post arrived in a conversation of `account`.
    Conversed {
        /// Whose conversation.
        account: AccountId,
        /// Which.
        conversation: ConversationId,
    },
    /// `account` changed its filters: what is shown must be judged anew.
    FiltersChanged {
        /// Whose filters.
        account: AccountId,
    },
    /// `account` may not sign in any more; its connections end.
    ShutOut {
        /// Who.
        account: AccountId,
    },
    /// An announcement was published or changed.
    Announced(AnnouncementId),
    /// The emoji of this name under an announcement were put or taken away.
    AnnouncementReacted {
        /// Under which.
        announcement: AnnouncementId,
        /// As kept: Unicode, or a shortcode.
        name: String,
    },
    /// An announcement was taken back or is over.
    AnnouncementGone(AnnouncementId),
    /// A token was revoked; its connections end.
    Revoked(TokenId),
    /// The server stops; all connections end.
    Stopping,
}

/// What can become of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It arrived.
    Posted,
    /// It was edited.
    Edited,
    /// It was deleted.
    Deleted,
}

/// The broadcast of one server.
#[derive(Debug)]
pub struct Streams(broadcast::Sender<Happening>);

impl Default for Streams {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl Streams {
    /// Listens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Happening> {
        self.0.subscribe()
    }

    /// Tells all who listen; nobody listening is fine. Deeds call `Announcements::announce`.
    pub(crate) fn tell(&self, happening: Happening) {
        let _ = self.0.send(happening);
    }

    /// How many listen.
    pub fn listening(&self) -> usize {
        self.0.receiver_count()
    }

    /// Ends all open streams, so that a stopping server need not wait for them.
    pub fn stop(&self) {
        self.tell(Happening::Stopping);
    }
}

/// What a deed has to tell once its transaction is committed.
#[derive(Debug, Default, PartialEq, Eq)]
#[must_use = "tell it after the commit"]
pub struct Announcements {
    /// For open streams.
    pub happenings: Vec<Happening>,
    /// Whether delivery rows were written.
    pub deliveries: bool,
    /// Whether mail was queued.
    pub mails: bool,
    /// Whether something is to be read from other servers.
    pub backfills: bool,
    /// Whether a bot has something to do.
    pub bots: bool,
}

impl Announcements {
    /// Adds one happening.
    pub fn push(&mut self, happening: Happening) {
        self.happenings.push(happening);
    }

    /// Adds all that `other` tells, for deeds that share a transaction.
    pub fn extend(&mut self, other: Self) {
        self.happenings.extend(other.happenings);
        self.deliveries |= other.deliveries;
        self.mails |= other.mails;
        self.backfills |= other.backfills;
        self.bots |= other.bots;
    }
}
