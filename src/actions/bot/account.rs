//! The accounts of bots: made when a bot is installed, of type Service, with their owner on the profile.

use crate::actions::account::{key_pair, local};
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::plugins::cron::Calendar;
use crate::plugins::manifest::{Kind, Manifest};
use crate::store::accounts::{self, Account, Field};
use crate::store::bot_timers::{self, Timer};
use crate::store::plugins::{self, Plugin};
use crate::store::users::{self, User};
use crate::store::{Connection, Tx, bots, keys};
use crate::text::render;

use super::timer;

/// Makes what installed bots lack: accounts, which events they want, and the alarms of their calendars.
pub async fn settle(app: &App) -> Result<()> {
    let found = app.store.read(|db| {
        let mut found = Vec::new();
        for row in plugins::all(db)? {
            let manifest = Manifest::parse(&row.manifest)?;
            if manifest.kinds.contains(&Kind::Bot) {
                found.push((bots::of_plugin(db, &row.id)?.is_some(), row, manifest));
            }
        }
        Ok(found)
    });
    for (known, row, manifest) in found.await? {
        // A key takes a while, so it is made outside of the transaction.
        let pair = if known { None } else { Some(key_pair().await?) };
        let (now, deed) = (app.clock.now(), app.clone());
        let write = app.store.write(move |tx| {
            if let Some(pair) = pair
                && bots::of_plugin(tx, &row.id)?.is_none()
            {
                let account = write_account(tx, &deed, &manifest, now)?;
                keys::insert_pair(tx, account.id, &pair)?;
                bots::insert(tx, &row.id, account.id, now)?;
            }
            bots::set_events(tx, &row.id, &manifest.events)?;
            write_calendar(tx, &deed, &row, &manifest, now)
        });
        write.await?;
    }
    Ok(())
}

fn write_account(tx: &Tx, app: &App, manifest: &Manifest, now: Time) -> Result<Account> {
    let name = free_name(tx, &manifest.id)?;
    let (en, ja) = (&manifest.summary.en, manifest.summary.ja());
    let about = if en == ja { en.clone() } else { format!("{en}\n{ja}") };
    let paragraph = |text: &str| format!("<p>{}</p>", render::escape(text).replace('\n', "<br>"));
    let mut fields = vec![plain("Plugin / プラグイン", &format!("{} {}", manifest.id, manifest.version))];
    if let Some(owner) = users::contact(tx)?
        && let Some(owner) = accounts::by_id(tx, owner.account_id)?
    {
        let (url, name) = (render::escape(&owner.url), render::escape(&owner.username));
        fields.insert(
            0,
            Field {
                name: "Owner / 管理者".into(),
                value: format!("<a href=\"{url}\" rel=\"me nofollow noopener\">@{name}</a>"),
                verified_at: None,
            },
        );
    }
    let account = Account {
        display_name: manifest.name.en.clone(),
        note: paragraph(&about),
        note_source: about,
        fields,
        discoverable: Some(false),
        ..local(app, app.ids.next(now), &name, "Service", now)
    };
    accounts::upsert(tx, &account)?;
    // Nobody signs in as a bot: no password fits, and no mail arrives.
    let user = User {
        account_id: account.id,
        email: format!("{name}@bots.invalid"),
        password_hash: "-".into(),
        role: "member".into(),
        locale: "en".into(),
        default_visibility: Visibility::Unlisted,
        default_sensitive: false,
        default_language: None,
        created_at: now,
        confirmed_at: Some(now),
        approved_at: Some(now),
        disabled_at: None,
        last_active_at: None,
    };
    users::insert(tx, &user)?;
    Ok(account)
}

fn plain(name: &str, value: &str) -> Field {
    Field { name: name.into(), value: render::escape(value), verified_at: None }
}

/// The last part of the plugin's id, or that with a number when somebody is called so already.
fn free_name(db: &Connection, plugin: &str) -> Result<String> {
    let last = plugin.rsplit('.').next().unwrap_or(plugin);
    let base: String = last.replace('-', "_").chars().take(24).collect();
    for number in 0..1_000 {
        let name = match number {
            0 => base.clone(),
            1 => format!("{base}_bot"),
            number => format!("{base}_bot{number}"),
        };
        let reserved = crate::actions::account::RESERVED.contains(&name.as_str());
        if !reserved && accounts::by_handle(db, &name, None)?.is_none() {
            return Ok(name);
        }
    }
    Err(crate::error::Error::Conflict(format!("no name is left for the bot {plugin}")))
}

/// A bot that runs has the alarms of its calendar; what was missed while it did not run is not made up for.
fn write_calendar(tx: &Tx, app: &App, row: &Plugin, manifest: &Manifest, now: Time) -> Result<()> {
    let known = bot_timers::of(tx, &row.id)?;
    let runs = row.enabled && !row.shadow;
    for timer in known.iter().filter(|timer| timer.cron.is_some()) {
        let kept = |entry: &&crate::plugins::manifest::Cron| {
            entry.name == timer.name && Some(&entry.spec) == timer.cron.as_ref() && entry.jitter == timer.jitter
        };
        if !runs || manifest.cron.iter().find(kept).is_none() {
            bot_timers::cancel(tx, &row.id, &timer.name)?;
        }
    }
    for entry in manifest.cron.iter().filter(|_| runs) {
        let there = bot_timers::of(tx, &row.id)?.iter().any(|timer| timer.name == entry.name && timer.cron.is_some());
        let next = Calendar::parse(&entry.spec).ok().and_then(|calendar| calendar.next(now));
        if let Some(next) = next.filter(|_| !there) {
            let timer = Timer {
                plugin_id: row.id.clone(),
                name: entry.name.clone(),
                cron: Some(entry.spec.clone()),
                jitter: entry.jitter,
                at: timer::jittered(app, next, entry.jitter),
                payload: Vec::new(),
            };
            bot_timers::set(tx, &timer)?;
        }
    }
    Ok(())
}
