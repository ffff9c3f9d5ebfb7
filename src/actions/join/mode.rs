//! Whether the door is open: settings that an operator changes while the server runs.

use crate::actions::about::paragraphs;
use crate::actions::role::{self, Permission};
use crate::error::{Error, Result};
use crate::store::users::User;
use crate::store::{Connection, Tx, settings};

/// Who may sign up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nobody; only the operator makes accounts.
    Closed,
    /// Whoever has an invite.
    #[default]
    Invite,
    /// Everybody may ask; a moderator decides. An invite opens the door at once.
    Approval,
    /// Everybody.
    Open,
}

impl Mode {
    /// Every mode, from the shut door to the open one.
    pub const ALL: [Self; 4] = [Self::Closed, Self::Invite, Self::Approval, Self::Open];

    /// As the setting spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Invite => "invite",
            Self::Approval => "approval",
            Self::Open => "open",
        }
    }

    /// Reads what [`Mode::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text.trim())
    }

    /// Whether one may come without an invite.
    pub fn is_public(self) -> bool {
        matches!(self, Self::Approval | Self::Open)
    }
}

/// What a newcomer must know, as far as it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registrations {
    /// Who may sign up.
    pub mode: Mode,
    /// Whether those who need approval must say why they want to join.
    pub reason_required: bool,
    /// Said to those who cannot sign up; HTML.
    pub message: Option<String>,
    /// How old one must be, in years.
    pub min_age: Option<i64>,
    /// Whether every member may invite others; staff always may, unless the door is closed.
    pub members_invite: bool,
}

/// The settings `registrations` (closed, invite, approval, open; default invite), `reason_required` (default true),
/// `registrations_message`, `min_age` and `members_invite` (default true).
pub fn registrations(db: &Connection) -> Result<Registrations> {
    let text = |key: &str| -> Result<Option<String>> {
        Ok(settings::get(db, key)?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    };
    let flag = |key: &str| -> Result<bool> { Ok(!matches!(text(key)?.as_deref(), Some("false" | "no" | "off" | "0"))) };
    let mode = text("registrations")?.and_then(|text| Mode::parse(&text)).unwrap_or_default();
    Ok(Registrations {
        mode,
        reason_required: flag("reason_required")?,
        message: text("registrations_message")?.map(|text| paragraphs(&text)),
        min_age: text("min_age")?.and_then(|text| text.parse().ok()).filter(|years| (1..=150).contains(years)),
        members_invite: mode != Mode::Closed && flag("members_invite")?,
    })
}

/// Sets who may sign up.
pub fn set_mode(tx: &Tx, mode: Mode) -> Result<()> {
    settings::set(tx, "registrations", mode.as_str())
}

/// Refuses (403) unless `user` may invite others.
pub fn may_invite(db: &Connection, user: &User) -> Result<()> {
    let now = registrations(db)?;
    let staff = role::of(user).may(Permission::InviteUsers) && now.mode != Mode::Closed;
    if staff || now.members_invite {
        return Ok(());
    }
    Err(Error::Forbidden("This action is not allowed".into()))
}
