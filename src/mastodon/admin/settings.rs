//! Settings, rules and terms of service, for whoever runs the server. Ours alone: Mastodon has pages for them and no API.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::routing::{delete, get, post, put};
use std::collections::BTreeMap;

use crate::actions::about::{self, Rule, Translation};
use crate::actions::role::Permission;
use crate::actions::{audit, setting};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{self, Empty};
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::{Id, Name};
use crate::mastodon::render::{self, Base};
use crate::store::settings_history::{self, Change};
use crate::store::terms::{self, Terms};
use crate::store::{Connection, accounts};
use crate::text::locale::Lang;

const READ: &str = "admin:read";
const WRITE: &str = "admin:write";
/// The longest terms of service, in characters.
const TERMS: usize = 200_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/admin/settings", get(list))
        .route("/api/nagaya/v1/admin/settings/history", get(history))
        .route("/api/nagaya/v1/admin/settings/history/{id}/undo", post(undo))
        .route("/api/nagaya/v1/admin/settings/{key}", put(set).delete(unset))
        .route("/api/nagaya/v1/admin/rules", get(rules).put(set_rules))
        .route("/api/nagaya/v1/admin/terms", get(all_terms).post(publish_terms))
        .route("/api/nagaya/v1/admin/terms/{date}", delete(withdraw_terms))
}

async fn list(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::AdminSetting>>> {
    auth.staff(READ, Permission::Settings)?;
    let all = app.store.read(setting::read).await?;
    Ok(Reply::own(all.into_iter().map(|(setting, value)| rendered(setting, value)).collect()))
}

async fn set(
    State(app): State<App>,
    auth: Auth,
    Name(key): Name,
    params: Params,
) -> Answer<Reply<entities::AdminSetting>> {
    auth.staff(WRITE, Permission::Settings)?;
    let value = params.text("value").ok_or_else(|| Error::invalid("value", "is missing"))?;
    setting::change(&app, auth.as_staff(), &key, Some(value)).await?;
    shown(&app, &key).await
}

async fn unset(State(app): State<App>, auth: Auth, Name(key): Name) -> Answer<Reply<entities::AdminSetting>> {
    auth.staff(WRITE, Permission::Settings)?;
    setting::change(&app, auth.as_staff(), &key, None).await?;
    shown(&app, &key).await
}

async fn shown(app: &App, key: &str) -> Answer<Reply<entities::AdminSetting>> {
    let setting = setting::find(key)?;
    let value = app.store.read(move |db| crate::store::settings::get(db, setting.key)).await?;
    Ok(Reply::own(rendered(setting, value)))
}

async fn history(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminSettingChange>>> {
    auth.staff(READ, Permission::Settings)?;
    let page = paging::page(&params, 40, 200)?;
    let (base, key) = (Base::new(&app), params.text("key").filter(|key| !key.is_empty()));
    let read = app.store.read(move |db| {
        let rows = match &key {
            Some(key) => settings_history::of_key(db, key, &page)?,
            None => settings_history::all(db, &page)?,
        };
        changes(db, &base, &rows)
    });
    let answer = read.await?;
    let cursors: Vec<i64> = answer.iter().filter_map(|change| change.id.parse().ok()).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}

async fn undo(State(app): State<App>, auth: Auth, Id(id): Id<i64>) -> Answer<Reply<entities::AdminSettingChange>> {
    auth.staff(WRITE, Permission::Settings)?;
    let change = setting::undo(&app, auth.as_staff(), id).await?;
    let base = Base::new(&app);
    let lost = || Error::Bug("a change was not rendered".into());
    let read = app.store.read(move |db| changes(db, &base, &[change])?.pop().ok_or_else(lost));
    Ok(Reply::own(read.await?))
}

fn changes(db: &Connection, base: &Base, rows: &[Change]) -> Result<Vec<entities::AdminSettingChange>> {
    let people = people(db, base, rows.iter().filter_map(|row| row.account_id))?;
    let render = |row: &Change| entities::AdminSettingChange {
        id: row.id.to_string(),
        key: row.key.clone(),
        before: row.before.clone(),
        after: row.after.clone(),
        account: row.account_id.and_then(|id| people.get(&id).cloned()),
        undoes: row.undoes.map(|id| id.to_string()),
        undone: row.undone,
        created_at: row.at.rfc3339(),
    };
    Ok(rows.iter().map(render).collect())
}

/// Those of these people who are still here.
pub(super) fn people(
    db: &Connection,
    base: &Base,
    ids: impl Iterator<Item = AccountId>,
) -> Result<BTreeMap<AccountId, entities::Account>> {
    let mut ids: Vec<AccountId> = ids.collect();
    ids.sort();
    ids.dedup();
    let rows = accounts::by_ids(db, &ids)?;
    let shown = render::accounts(db, base, &rows)?;
    Ok(rows.iter().map(|row| row.id).zip(shown).collect())
}

fn rendered(setting: setting::Setting, value: Option<String>) -> entities::AdminSetting {
    use setting::Kind;
    let (minimum, maximum) = match setting.kind {
        Kind::Number(least, most) => (Some(least), Some(most)),
        _ => (None, None),
    };
    entities::AdminSetting {
        key: setting.key,
        group: setting.group,
        kind: setting.kind.name(),
        is_set: value.is_some(),
        value: value.filter(|_| setting.kind != Kind::Secret),
        default: setting.default,
        choices: if let Kind::Choice(words) = setting.kind { words.to_vec() } else { Vec::new() },
        max_length: if let Kind::Line(most) | Kind::Text(most) = setting.kind { Some(most) } else { None },
        minimum,
        maximum,
    }
}

async fn rules(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::AdminRule>>> {
    auth.staff(READ, Permission::Rules)?;
    current_rules(&app).await
}

/// All rules at once, so that their order is said too. Each version stays in the history of the setting `rules`.
async fn set_rules(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Vec<entities::AdminRule>>> {
    auth.staff(WRITE, Permission::Rules)?;
    let given = params.sets("rules").ok_or_else(|| Error::invalid("rules", "are missing"))?;
    let text = |set: &Params, name: &str| set.text(name).unwrap_or_default().trim().to_owned();
    let read = |set: &Params| {
        let spoken = Lang::all().filter_map(|lang| {
            let at = |part: &str| format!("translations[{}][{part}]", lang.code());
            let words = Translation { text: text(set, &at("text")), hint: text(set, &at("hint")) };
            (!words.text.is_empty()).then(|| (lang.code().to_owned(), words))
        });
        Rule { text: text(set, "text"), hint: text(set, "hint"), translations: spoken.collect() }
    };
    let rules: Vec<Rule> = given.iter().map(read).collect();
    setting::change(&app, auth.as_staff(), "rules", Some(setting::rules_as_text(&rules)?)).await?;
    current_rules(&app).await
}

async fn current_rules(app: &App) -> Answer<Reply<Vec<entities::AdminRule>>> {
    let rules = about::read(app, Lang::ENGLISH).await?.rules;
    let words =
        |(lang, words): (String, Translation)| (lang, entities::RuleTranslation { text: words.text, hint: words.hint });
    let render = |rule: Rule| entities::AdminRule {
        text: rule.text,
        hint: rule.hint,
        translations: rule.translations.into_iter().map(words).collect(),
    };
    Ok(Reply::own(rules.into_iter().map(render).collect()))
}

async fn all_terms(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::AdminTerms>>> {
    auth.staff(READ, Permission::Rules)?;
    Ok(Reply::own(versions(&app).await?))
}

/// Publishes terms, in the place of those of the same day.
async fn publish_terms(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::AdminTerms>> {
    auth.staff(WRITE, Permission::Rules)?;
    let text = params.text("text").unwrap_or_default().replace("\r\n", "\n").trim().to_owned();
    let day = params.text("effective_date").unwrap_or_default().trim().to_owned();
    if text.is_empty() || text.chars().count() > TERMS {
        return Err(Error::invalid("text", format!("must have from 1 to {TERMS} characters")).into());
    }
    if !is_day(&day) {
        return Err(Error::invalid("effective_date", "must be a day such as 2026-12-01").into());
    }
    let (row, staff, deed) =
        (Terms { effective_on: day.clone(), text, published_at: app.clock.now() }, auth.as_staff(), app.clone());
    app.store
        .write(move |tx| {
            terms::put(tx, &row)?;
            audit::note(tx, &deed, &staff, "terms", &row.effective_on, "")
        })
        .await?;
    let found = versions(&app).await?.into_iter().find(|version| version.effective_date == day);
    Ok(Reply::own(found.ok_or(Error::NotFound("terms"))?))
}

async fn withdraw_terms(State(app): State<App>, auth: Auth, Path(day): Path<String>) -> Answer<Reply<Empty>> {
    auth.staff(WRITE, Permission::Rules)?;
    let (staff, deed) = (auth.as_staff(), app.clone());
    app.store
        .write(move |tx| {
            if !terms::delete(tx, &day)? {
                return Err(Error::NotFound("terms"));
            }
            audit::note(tx, &deed, &staff, "withdraw_terms", &day, "")
        })
        .await?;
    Ok(Reply::own(Empty {}))
}

async fn versions(app: &App) -> Result<Vec<entities::AdminTerms>> {
    let today = app.clock.now().date();
    let read = app.store.read(move |db| {
        let current = terms::current(db, &today)?.map(|terms| terms.effective_on);
        let render = |row: Terms| entities::AdminTerms {
            current: Some(&row.effective_on) == current.as_ref(),
            effective_date: row.effective_on,
            text: row.text,
            published_at: row.published_at.rfc3339(),
        };
        Ok(terms::all(db)?.into_iter().map(render).collect())
    });
    read.await
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && crate::clock::Time::parse(&format!("{text}T00:00:00Z")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_days() {
        for (text, is) in [("2026-12-01", true), ("2026-13-01", false), ("2026-02-30", false), ("tomorrow", false)] {
            assert_eq!(is_day(text), is, "{text}");
        }
    }
}
