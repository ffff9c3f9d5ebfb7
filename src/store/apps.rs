//! OAuth applications: the programs that people sign in with.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AppId;

/// The redirect address that means "show the code to the person".
pub const OOB: &str = "urn:ietf:wg:oauth:2.0:oob";

/// One row of `apps`, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Client {
    pub id: AppId,
    pub client_id: String,
    pub name: String,
    pub website: Option<String>,
    pub redirect_uris: Vec<String>,
    /// Separated by spaces.
    pub scopes: String,
    pub created_at: Time,
}

impl Client {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let redirect_uris: String = row.get("redirect_uris")?;
        Ok(Self {
            id: row.get("id")?,
            client_id: row.get("client_id")?,
            name: row.get("name")?,
            website: row.get("website")?,
            redirect_uris: redirect_uris.lines().map(str::to_owned).collect(),
            scopes: row.get("scopes")?,
            created_at: row.get("created_at")?,
        })
    }
}

const COLUMNS: &str = "id, client_id, name, website, redirect_uris, scopes, created_at";

/// Inserts an application; `own` marks one of ours, which the command line hands tokens of.
pub fn insert(tx: &Tx, client: &Client, secret_hash: &[u8; 32], own: bool) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO apps (id, client_id, client_secret_hash, name, website, redirect_uris, scopes, own, created_at)
         VALUES (:id, :client_id, :secret, :name, :website, :redirect_uris, :scopes, :own, :created_at)",
    )?
    .execute(named_params! {
        ":id": client.id, ":client_id": client.client_id, ":secret": secret_hash.as_slice(), ":name": client.name,
        ":website": client.website, ":redirect_uris": client.redirect_uris.join("\n"), ":scopes": client.scopes,
        ":own": own, ":created_at": client.created_at,
    })?;
    Ok(())
}

/// The application with this id.
pub fn by_id(db: &Connection, id: AppId) -> Result<Option<Client>> {
    let sql = format!("SELECT {COLUMNS} FROM apps WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Client::from_row).optional()?)
}

/// The application that calls itself `client_id`.
pub fn by_client_id(db: &Connection, client_id: &str) -> Result<Option<Client>> {
    let sql = format!("SELECT {COLUMNS} FROM apps WHERE client_id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([client_id], Client::from_row).optional()?)
}

/// The application that calls itself `client_id` and knows the secret with this hash.
pub fn by_credentials(db: &Connection, client_id: &str, secret_hash: &[u8; 32]) -> Result<Option<Client>> {
    let sql = format!("SELECT {COLUMNS} FROM apps WHERE client_id = ?1 AND client_secret_hash = ?2");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_row(rusqlite::params![client_id, secret_hash.as_slice()], Client::from_row).optional()?)
}

/// Our own application called `name`.
pub fn own(db: &Connection, name: &str) -> Result<Option<Client>> {
    let sql = format!("SELECT {COLUMNS} FROM apps WHERE name = ?1 AND own");
    Ok(db.prepare_cached(&sql)?.query_row([name], Client::from_row).optional()?)
}
