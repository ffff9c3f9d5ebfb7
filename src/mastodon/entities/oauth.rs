//! Apps, tokens and what OAuth tells programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ids::AppId;

/// A registered app.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Application")]
pub struct RegisteredApp {
    pub id: AppId,
    pub name: String,
    pub website: Option<String>,
    pub scopes: Vec<String>,
    pub redirect_uris: Vec<String>,
    /// All of them, one a line; some apps know only this.
    pub redirect_uri: String,
    pub vapid_key: String,
}

/// An app with what it signs in by; told once.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct CredentialApplication {
    #[serde(flatten)]
    pub app: RegisteredApp,
    pub client_id: String,
    pub client_secret: String,
    /// Zero: never.
    pub client_secret_expires_at: i64,
}

/// A token.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct OAuthToken {
    pub access_token: String,
    pub token_type: &'static str,
    pub scope: String,
    /// In seconds since 1970.
    pub created_at: i64,
}

/// Who signed in.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in OpenID Connect Core")]
pub struct UserInfo {
    pub iss: String,
    pub sub: String,
    pub name: String,
    pub preferred_username: String,
    pub profile: String,
    pub picture: String,
}

/// What this server's OAuth can do.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in RFC 8414")]
pub struct OAuthMetadata {
    pub issuer: String,
    pub service_documentation: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub revocation_endpoint: String,
    pub userinfo_endpoint: String,
    /// Not standard: Mastodon's own way to register.
    pub app_registration_endpoint: String,
    pub scopes_supported: Vec<&'static str>,
    pub response_types_supported: Vec<&'static str>,
    pub response_modes_supported: Vec<&'static str>,
    pub code_challenge_methods_supported: Vec<&'static str>,
    pub grant_types_supported: Vec<&'static str>,
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
}
