//! Installed plugins: the component, its settings, and whether it runs.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;

/// One row of `plugins`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Plugin {
    pub id: String,
    pub version: String,
    pub manifest: String,
    /// Empty in rows from [`all`].
    pub wasm: Vec<u8>,
    pub sha256: String,
    pub enabled: bool,
    pub sort_order: i32,
    pub config: String,
    pub installed_at: Time,
}

impl Plugin {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            version: row.get("version")?,
            manifest: row.get("manifest")?,
            wasm: row.get("wasm")?,
            sha256: row.get("sha256")?,
            enabled: row.get("enabled")?,
            sort_order: row.get("sort_order")?,
            config: row.get("config")?,
            installed_at: row.get("installed_at")?,
        })
    }
}

/// Installs the plugin, or replaces the version that is there: then whether it runs, its place and its settings stay.
pub fn install(tx: &Tx, plugin: &Plugin) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO plugins (id, version, manifest, wasm, sha256, enabled, sort_order, config, installed_at)
         VALUES (:id, :version, :manifest, :wasm, :sha256, :enabled, :sort_order, :config, :installed_at)
         ON CONFLICT (id) DO UPDATE SET version = :version, manifest = :manifest, wasm = :wasm, sha256 = :sha256,
             installed_at = :installed_at",
    )?
    .execute(named_params! {
        ":id": plugin.id, ":version": plugin.version, ":manifest": plugin.manifest, ":wasm": plugin.wasm,
        ":sha256": plugin.sha256, ":enabled": plugin.enabled, ":sort_order": plugin.sort_order,
        ":config": plugin.config, ":installed_at": plugin.installed_at,
    })?;
    Ok(())
}

/// The plugin with this id, with its component.
pub fn by_id(db: &Connection, id: &str) -> Result<Option<Plugin>> {
    let mut statement = db.prepare_cached(
        "SELECT id, version, manifest, wasm, sha256, enabled, sort_order, config, installed_at
         FROM plugins WHERE id = ?1",
    )?;
    Ok(statement.query_row([id], Plugin::from_row).optional()?)
}

/// Those that should run, with their components, in order.
pub fn enabled(db: &Connection) -> Result<Vec<Plugin>> {
    let mut statement = db.prepare_cached(
        "SELECT id, version, manifest, wasm, sha256, enabled, sort_order, config, installed_at
         FROM plugins WHERE enabled ORDER BY sort_order, id",
    )?;
    let rows = statement.query_map([], Plugin::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All, in order, without their components.
pub fn all(db: &Connection) -> Result<Vec<Plugin>> {
    let mut statement = db.prepare_cached(
        "SELECT id, version, manifest, x'' AS wasm, sha256, enabled, sort_order, config, installed_at
         FROM plugins ORDER BY sort_order, id",
    )?;
    let rows = statement.query_map([], Plugin::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Switches it on or off. `false`: there is no such plugin.
pub fn set_enabled(tx: &Tx, id: &str, enabled: bool) -> Result<bool> {
    let changed = tx.prepare_cached("UPDATE plugins SET enabled = ?2 WHERE id = ?1")?.execute((id, enabled))?;
    Ok(changed > 0)
}

/// Replaces the admin's settings, a JSON object. `false`: there is no such plugin.
pub fn set_config(tx: &Tx, id: &str, config: &str) -> Result<bool> {
    let changed = tx.prepare_cached("UPDATE plugins SET config = ?2 WHERE id = ?1")?.execute((id, config))?;
    Ok(changed > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn an_upgrade_keeps_what_the_admin_decided() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = Store::open(folder.path()).expect("opens");
        let first = Plugin {
            id: "org.example.a".into(),
            version: "1".into(),
            manifest: "{}".into(),
            wasm: vec![1],
            sha256: "01".into(),
            enabled: false,
            sort_order: 5,
            config: "{}".into(),
            installed_at: Time(1),
        };
        let second = Plugin { version: "2".into(), wasm: vec![2], installed_at: Time(2), ..first.clone() };
        let expected = Plugin { enabled: true, config: r#"{"a":1}"#.into(), ..second.clone() };
        let found = store
            .write(move |tx| {
                install(tx, &first)?;
                assert_eq!(enabled(tx)?, []);
                assert!(set_enabled(tx, &first.id, true)? && set_config(tx, &first.id, r#"{"a":1}"#)?);
                install(tx, &second)?;
                assert!(!set_enabled(tx, "org.example.b", true)?);
                assert!(all(tx)?[0].wasm.is_empty());
                assert_eq!(by_id(tx, "org.example.a")?.as_ref(), enabled(tx)?.first());
                enabled(tx)
            })
            .await
            .expect("writes");
        assert_eq!(found, [expected]);
    }
}
