//! The names of the server, chosen once: every id that others keep contains them. Spec: rule W3

use std::time::Duration;

use crate::app::App;
use crate::error::{Error, Result};
use crate::store::settings;

use super::peer_software;

/// How long the chosen domain may take to say that somebody else lives there.
const PATIENCE: Duration = Duration::from_secs(3);

/// Keeps the names at the first start, and fails at a later one under other names (in development they may change).
/// Warns when other software answered there before: its ids live on elsewhere, and ours would contradict them.
pub async fn keep(app: &App) -> Result<()> {
    let names = format!("{} {}", app.config.domain, app.config.handle_domain);
    let kept = app.store.read(|db| settings::get(db, settings::NAMES)).await?;
    match kept {
        Some(kept) if kept == names => return Ok(()),
        Some(kept) if !app.config.development => return Err(Error::Conflict(changed(&kept, &names))),
        Some(_) => {}
        None if !app.config.development => warn(app).await,
        None => {}
    }
    app.store.write(move |tx| settings::set(tx, settings::NAMES, &names)).await
}

fn changed(kept: &str, names: &str) -> String {
    format!(
        "this data folder belongs to {kept:?} (domain and handle domain) and the configuration says {names:?}; other \
         servers know everybody here under the old names, so they cannot change. Write the old ones into the \
         configuration, or begin with an empty data folder"
    )
}

async fn warn(app: &App) {
    let domain = app.config.handle_domain.clone();
    if let Ok(Ok(software)) = tokio::time::timeout(PATIENCE, peer_software::ask(app, &domain)).await {
        let (name, version) = (software.name, software.version);
        tracing::warn!(
            "{name} {version} answers at {domain}. Servers that know people of it will not accept other people under the \
             same names: choose a domain that was never used for the fediverse"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::Outbound;
    use crate::testing;
    use crate::testing::net::{Page, played};

    #[tokio::test]
    async fn w3_the_names_of_a_server_cannot_change_later() {
        let (outbound, asked) = played(|_| Some(Page::status(404)));
        let (_folder, app) = testing::server("here.example", false, 4, 1, outbound);
        keep(&app).await.expect("keeps");
        assert_eq!(asked.count_of("https://here.example/.well-known/nodeinfo"), 1, "who lived there before is asked");
        keep(&app).await.expect("the same names");
        assert_eq!(asked.count(), 1);
        for names in ["there.example here.example", "here.example there.example"] {
            let names = names.to_owned();
            app.store.write(move |tx| settings::set(tx, settings::NAMES, &names)).await.expect("writes");
            assert!(matches!(keep(&app).await, Err(Error::Conflict(_))));
        }
        let (_folder, app) = testing::server("127.0.0.1:4001", true, 4, 1, Outbound::unplugged());
        app.store
            .write(|tx| settings::set(tx, settings::NAMES, "127.0.0.1:4000 127.0.0.1:4000"))
            .await
            .expect("writes");
        keep(&app).await.expect("in development the port may change");
    }
}
