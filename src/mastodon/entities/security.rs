//! What `/api/nagaya/v1` tells about signing in and moving house.

use schemars::JsonSchema;
use serde::Serialize;

use super::Account;
use crate::ids::{AppId, TokenId};

/// How the sign-in is secured.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct Security {
    /// Whether a code is asked for after the password.
    pub two_factor: bool,
    /// How many recovery codes are unused.
    pub recovery_codes_left: i64,
    /// Whether this server can have passkeys.
    pub passkeys_supported: bool,
    /// Those that there are, eldest first.
    pub passkeys: Vec<Passkey>,
}

/// A passkey.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Passkey {
    pub id: String,
    pub name: String,
    pub created_at: String,
    pub last_used_at: Option<String>,
}

/// What the browser is to be asked for a new passkey.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct PasskeyQuestion {
    /// `PublicKeyCredentialCreationOptionsJSON` of WebAuthn, as JSON text for `parseCreationOptionsFromJSON`.
    pub options: String,
}

/// What an authenticator must learn; good for nothing until a code confirms it.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct Enrolment {
    /// Base32, for typing.
    pub secret: String,
    /// `otpauth://…`, for a QR code.
    pub uri: String,
}

/// New recovery codes, shown only now.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "the name says it")]
pub struct RecoveryCodes {
    pub recovery_codes: Vec<String>,
}

/// A browser that is signed in.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Session {
    pub id: String,
    pub ip: String,
    pub user_agent: String,
    pub created_at: String,
    pub last_used_at: String,
}

/// An app that was let in.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct App {
    /// Names it among the apps.
    pub id: AppId,
    /// As it calls itself.
    pub name: String,
    /// Its page.
    pub website: Option<String>,
    /// All that its tokens may do.
    pub scopes: Vec<String>,
    /// When it was first let in.
    pub created_at: String,
    /// To the day.
    pub last_used_at: Option<String>,
    /// Each by itself.
    pub tokens: Vec<AccessToken>,
}

/// An access token; its secret is never told again.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AccessToken {
    /// Names it among the tokens.
    pub id: TokenId,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was handed out.
    pub created_at: String,
    /// To the day.
    pub last_used_at: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Another name of oneself.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct Alias {
    /// The actor's id.
    pub uri: String,
    /// Who that is, if it is known here.
    pub account: Option<Account>,
}

/// Where one lives.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct Migration {
    /// Where the profile leads.
    pub moved_to: Option<Account>,
    /// When one moved away last.
    pub moved_at: Option<String>,
    /// Until when one may not move again.
    pub cooldown_until: Option<String>,
}
