//! Filters that people choose for themselves: what these say counts for whoever chose them, and for nobody else.

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::plugins::Manifest;
use crate::plugins::envelope::Envelope;
use crate::plugins::manifest::{Kind, Scope};
use crate::store::accounts::Account;
use crate::store::plugin_choices as choices;

use super::Marks;
use super::log::note;

/// A filter that one may choose, and whether one did.
#[derive(Debug, Clone)]
pub struct Offer {
    /// What it says about itself.
    pub manifest: Manifest,
    /// Whether it was chosen.
    pub chosen: bool,
}

/// The running filters that `me` may choose.
pub async fn offers(app: &App, me: AccountId) -> Result<Vec<Offer>> {
    let chosen = app.store.read(move |db| choices::of(db, me)).await?;
    let offer = |manifest: Manifest| Offer { chosen: chosen.contains(&manifest.id), manifest };
    Ok(on_offer(app).map(offer).collect())
}

fn on_offer(app: &App) -> impl Iterator<Item = Manifest> {
    let personal = |manifest: &Manifest| manifest.scope == Scope::User && manifest.kinds.contains(&Kind::Filter);
    app.plugins.list().into_iter().map(|loaded| loaded.manifest).filter(personal)
}

/// Chooses a filter, or does without it again; answers it as it is then.
pub async fn choose(app: &App, me: AccountId, plugin: &str, wanted: bool) -> Result<Offer> {
    let manifest = on_offer(app).find(|manifest| manifest.id == plugin).ok_or(Error::NotFound("plugin"))?;
    let (id, now) = (manifest.id.clone(), app.clock.now());
    let write =
        app.store.write(move |tx| if wanted { choices::add(tx, &id, me, now) } else { choices::remove(tx, &id, me) });
    write.await?;
    Ok(Offer { manifest, chosen: wanted })
}

/// Asks them about a post that may pass, and marks for whom it is not.
pub(super) async fn ask(app: &App, envelope: &Envelope, author: &Account, marks: &mut Marks, now: Time) -> Result<()> {
    if on_offer(app).next().is_none() || !app.store.read(choices::any).await? {
        return Ok(());
    }
    let (wishes, outcome) = app.plugins.filter_for_people(envelope).await;
    note(app, envelope, &outcome, author, now).await?;
    for wish in wishes {
        let people = app.store.read(move |db| choices::people(db, &wish.plugin)).await?;
        for person in people.into_iter().filter(|person| *person != author.id) {
            marks.hushed.push(person);
            if wish.hide {
                marks.hidden.push(person);
            }
        }
    }
    Ok(())
}
