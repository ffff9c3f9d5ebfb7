//! What keeps servers, addresses and mailboxes away, as staff see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::History;
use crate::ids::BlockId;

/// A server that is kept at a distance.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::DomainBlock")]
pub struct AdminDomainBlock {
    pub id: BlockId,
    pub domain: String,
    pub digest: String,
    pub created_at: String,
    pub severity: &'static str,
    pub reject_media: bool,
    pub reject_reports: bool,
    pub obfuscate: bool,
    pub private_comment: Option<String>,
    pub public_comment: Option<String>,
}

/// Why a server was not blocked: it is already.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct AdminDomainBlockConflict {
    pub error: String,
    pub existing_domain_block: AdminDomainBlock,
}

/// A server that is spoken with in limited federation.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::DomainAllow")]
pub struct AdminDomainAllow {
    pub id: BlockId,
    pub domain: String,
    pub created_at: String,
}

/// A provider of e-mail whose addresses are not welcome.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::EmailDomainBlock")]
pub struct AdminEmailDomainBlock {
    pub id: BlockId,
    pub domain: String,
    pub created_at: String,
    pub history: Vec<History>,
    pub allow_with_approval: bool,
}

/// Addresses of the internet that are not welcome.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::IpBlock")]
pub struct AdminIpBlock {
    pub id: BlockId,
    pub ip: String,
    pub severity: &'static str,
    pub comment: String,
    pub created_at: String,
    pub expires_at: Option<String>,
}

/// A mailbox that is not welcome.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::CanonicalEmailBlock")]
pub struct AdminCanonicalEmailBlock {
    pub id: BlockId,
    pub canonical_email_hash: String,
}
