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
    pub publisher_key: String,
    pub shadow: bool,
    pub on_failure: Option<String>,
    pub only_if: String,
    pub off_reason: Option<String>,
}

/// A version that does not run: `previous`, or `pending` (it asks for more than is granted).
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in the migration")]
pub struct Version {
    pub plugin_id: String,
    pub role: String,
    pub version: String,
    pub manifest: String,
    pub wasm: Vec<u8>,
    pub sha256: String,
    pub publisher_key: String,
    pub config: String,
    pub saved_at: Time,
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
            publisher_key: row.get("publisher_key")?,
            shadow: row.get("shadow")?,
            on_failure: row.get("on_failure")?,
            only_if: row.get("only_if")?,
            off_reason: row.get("off_reason")?,
        })
    }
}

/// Installs the plugin, or replaces the version that is there: then whether it runs, its place and its settings stay.
pub fn install(tx: &Tx, plugin: &Plugin) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO plugins (id, version, manifest, wasm, sha256, enabled, sort_order, config, installed_at, publisher_key)
         VALUES (:id, :version, :manifest, :wasm, :sha256, :enabled, :sort_order, :config, :installed_at, :key)
         ON CONFLICT (id) DO UPDATE SET version = :version, manifest = :manifest, wasm = :wasm, sha256 = :sha256,
             installed_at = :installed_at, publisher_key = :key, off_reason = NULL",
    )?
    .execute(named_params! {
        ":id": plugin.id, ":version": plugin.version, ":manifest": plugin.manifest, ":wasm": plugin.wasm,
        ":sha256": plugin.sha256, ":enabled": plugin.enabled, ":sort_order": plugin.sort_order,
        ":config": plugin.config, ":installed_at": plugin.installed_at, ":key": plugin.publisher_key,
    })?;
    Ok(())
}

/// The plugin with this id, with its component.
pub fn by_id(db: &Connection, id: &str) -> Result<Option<Plugin>> {
    let mut statement = db.prepare_cached(
        "SELECT id, version, manifest, wasm, sha256, enabled, sort_order, config, installed_at, publisher_key,
             shadow, on_failure, only_if, off_reason
         FROM plugins WHERE id = ?1",
    )?;
    Ok(statement.query_row([id], Plugin::from_row).optional()?)
}

/// Those that should run, and those that the server switched off, with their components, in order.
pub fn enabled(db: &Connection) -> Result<Vec<Plugin>> {
    let mut statement = db.prepare_cached(
        "SELECT id, version, manifest, wasm, sha256, enabled, sort_order, config, installed_at, publisher_key,
             shadow, on_failure, only_if, off_reason
         FROM plugins WHERE enabled OR off_reason IS NOT NULL ORDER BY sort_order, id",
    )?;
    let rows = statement.query_map([], Plugin::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All, in order, without their components.
pub fn all(db: &Connection) -> Result<Vec<Plugin>> {
    let mut statement = db.prepare_cached(
        "SELECT id, version, manifest, x'' AS wasm, sha256, enabled, sort_order, config, installed_at, publisher_key,
             shadow, on_failure, only_if, off_reason
         FROM plugins ORDER BY sort_order, id",
    )?;
    let rows = statement.query_map([], Plugin::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Switches it on or off. `false`: there is no such plugin.
pub fn set_enabled(tx: &Tx, id: &str, enabled: bool) -> Result<bool> {
    let changed = tx
        .prepare_cached("UPDATE plugins SET enabled = ?2, off_reason = NULL WHERE id = ?1")?
        .execute((id, enabled))?;
    Ok(changed > 0)
}

/// Replaces the admin's settings, a JSON object. `false`: there is no such plugin.
pub fn set_config(tx: &Tx, id: &str, config: &str) -> Result<bool> {
    let changed = tx.prepare_cached("UPDATE plugins SET config = ?2 WHERE id = ?1")?.execute((id, config))?;
    Ok(changed > 0)
}

/// Whether what it says is only noted.
pub fn set_shadow(tx: &Tx, id: &str, shadow: bool) -> Result<()> {
    tx.prepare_cached("UPDATE plugins SET shadow = ?2 WHERE id = ?1")?.execute((id, shadow))?;
    Ok(())
}

/// The admin's choices: place in the chain, what a failure means (`None`: the plugin's own), chain rules (JSON).
pub fn set_choices(tx: &Tx, id: &str, order: i32, on_failure: Option<&str>, only_if: &str) -> Result<()> {
    tx.prepare_cached("UPDATE plugins SET sort_order = ?2, on_failure = ?3, only_if = ?4 WHERE id = ?1")?
        .execute((id, order, on_failure, only_if))?;
    Ok(())
}

/// Switches it off, and remembers why.
pub fn switch_off(tx: &Tx, id: &str, reason: &str) -> Result<()> {
    tx.prepare_cached("UPDATE plugins SET enabled = 0, off_reason = ?2 WHERE id = ?1")?.execute((id, reason))?;
    Ok(())
}

/// Uninstalls it; what it kept and what was granted stay until they are dropped. `false`: there is no such plugin.
pub fn delete(tx: &Tx, id: &str) -> Result<bool> {
    Ok(tx.prepare_cached("DELETE FROM plugins WHERE id = ?1")?.execute([id])? > 0)
}

/// What is granted to the plugin of this publisher.
pub fn grants(db: &Connection, id: &str, publisher_key: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT permission FROM plugin_grants WHERE plugin_id = ?1 AND publisher_key = ?2 ORDER BY permission",
    )?;
    let rows = statement.query_map((id, publisher_key), |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Grants exactly these from now on.
pub fn set_grants(tx: &Tx, id: &str, publisher_key: &str, permissions: &[String], now: Time) -> Result<()> {
    drop_grants(tx, id)?;
    let mut grant = tx.prepare_cached("INSERT OR IGNORE INTO plugin_grants VALUES (?1, ?2, ?3, ?4)")?;
    for permission in permissions {
        grant.execute((id, publisher_key, permission, now))?;
    }
    Ok(())
}

/// Revokes all that was ever granted to a plugin of this id.
pub fn drop_grants(tx: &Tx, id: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM plugin_grants WHERE plugin_id = ?1")?.execute([id])?;
    Ok(())
}

/// Keeps a version that does not run.
pub fn keep_version(tx: &Tx, version: &Version) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO plugin_versions (plugin_id, role, version, manifest, wasm, sha256, publisher_key, config, saved_at)
         VALUES (:id, :role, :version, :manifest, :wasm, :sha256, :key, :config, :now)",
    )?
    .execute(named_params! {
        ":id": version.plugin_id, ":role": version.role, ":version": version.version, ":manifest": version.manifest,
        ":wasm": version.wasm, ":sha256": version.sha256, ":key": version.publisher_key, ":config": version.config,
        ":now": version.saved_at,
    })?;
    Ok(())
}

/// The version kept in this role.
pub fn version(db: &Connection, id: &str, role: &str) -> Result<Option<Version>> {
    let mut statement = db.prepare_cached(
        "SELECT plugin_id, role, version, manifest, wasm, sha256, publisher_key, config, saved_at
         FROM plugin_versions WHERE plugin_id = ?1 AND role = ?2",
    )?;
    let found = statement.query_row((id, role), |row| {
        Ok(Version {
            plugin_id: row.get("plugin_id")?,
            role: row.get("role")?,
            version: row.get("version")?,
            manifest: row.get("manifest")?,
            wasm: row.get("wasm")?,
            sha256: row.get("sha256")?,
            publisher_key: row.get("publisher_key")?,
            config: row.get("config")?,
            saved_at: row.get("saved_at")?,
        })
    });
    Ok(found.optional()?)
}

/// Forgets the version kept in this role.
pub fn drop_version(tx: &Tx, id: &str, role: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM plugin_versions WHERE plugin_id = ?1 AND role = ?2")?.execute((id, role))?;
    Ok(())
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
            publisher_key: "ab".into(),
            shadow: false,
            on_failure: None,
            only_if: "[]".into(),
            off_reason: None,
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
