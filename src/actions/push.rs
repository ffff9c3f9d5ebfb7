//! What a push says, and with which key the server proves that it sends it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::token::hash;
use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::{ReportId, SeveranceId, WarningId};
use crate::store::accounts::{self, Account};
use crate::store::push_subscriptions::{self, Subscription};
use crate::store::pushes::Push;
use crate::store::{Connection, reports, settings, severances, statuses, users, warnings};
use crate::text::clean;
use crate::text::locale::Lang;
use crate::webpush::vapid::Vapid;

/// The setting that keeps the private key, in base64url.
const KEY: &str = "vapid_private_key";
/// How much of a post is told, in characters.
const BODY: usize = 140;
/// How much of a name is told, in characters.
const NAME: usize = 100;

/// The address that ends a subscription, for a push service whose user wants no more of it. It works once, because the
/// subscription that it names is gone then, and only for those who were told it: it follows from a secret that the app
/// and we share.
pub fn unsubscribe_url(config: &Config, subscription: &Subscription) -> String {
    config.url(&format!("/api/v1/push/unsubscribe/{}/{}", subscription.id, unsubscribe_secret(subscription)))
}

/// Ends the subscription `id` if `secret` is the one of [`unsubscribe_url`]; else [`Error::NotFound`].
pub async fn unsubscribe(app: &App, id: i64, secret: String) -> Result<()> {
    let written = app.store.write(move |tx| {
        let found = push_subscriptions::by_id(tx, id)?;
        found.filter(|found| unsubscribe_secret(found) == secret).ok_or(Error::NotFound("push subscription"))?;
        push_subscriptions::delete_by_id(tx, id)
    });
    written.await
}

fn unsubscribe_secret(subscription: &Subscription) -> String {
    let text = format!("unsubscribe {} {}", subscription.id, hex::encode(&subscription.auth));
    URL_SAFE_NO_PAD.encode(hash(&text))
}

/// The server's key pair; made when it is first asked for, and then kept for good.
pub async fn vapid(app: &App) -> Result<Vapid> {
    if let Some(text) = app.store.read(|db| settings::get(db, KEY)).await? {
        return read(&text);
    }
    let mut private = [0; 32];
    app.random.fill(&mut private);
    // One in four thousand million numbers is no key; then the next request makes one.
    Vapid::from_private(&private)?;
    let text = URL_SAFE_NO_PAD.encode(private);
    let kept = app.store.write(move |tx| match settings::get(tx, KEY)? {
        Some(other) => Ok(other),
        None => settings::set(tx, KEY, &text).map(|()| text),
    });
    read(&kept.await?)
}

fn read(text: &str) -> Result<Vapid> {
    let private =
        URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::Bug(format!("the setting {KEY} is not base64url")))?;
    Vapid::from_private(&private)
}

/// The message of a push as JSON, before it is sealed; `None`: its sender or post is gone meanwhile.
pub fn message(db: &Connection, config: &Config, push: &Push) -> Result<Option<Vec<u8>>> {
    let row = &push.notification;
    let (Some(sender), Some(user)) =
        (accounts::by_id(db, row.from_account_id)?, users::by_account(db, row.account_id)?)
    else {
        return Ok(None);
    };
    let lang = Lang::find(&user.locale).unwrap_or_default();
    let post = row.status_id.map(|id| statuses::by_id(db, id)).transpose()?.flatten();
    let body = match post {
        Some(post) if !post.spoiler_text.is_empty() => post.spoiler_text,
        Some(post) => clean::plain(&post.content),
        None if row.status_id.is_some() => return Ok(None),
        None => match row.subject_id {
            Some(subject) => subject_body(db, &row.kind, subject)?,
            None => clean::plain(&sender.note),
        },
    };
    let name = if sender.display_name.is_empty() { sender.acct() } else { sender.display_name.clone() };
    let message = json!({
        "access_token": push.subscription.token,
        "preferred_locale": lang.code(),
        "notification_id": row.id.0,
        "notification_type": row.kind,
        "icon": avatar(config, &sender),
        "title": lang.fill(title(&row.kind), &[("name", &shortened(&name, NAME))]),
        "body": shortened(&body, BODY),
    });
    Ok(Some(message.to_string().into_bytes()))
}

/// What was reported, said in a warning, or lost.
fn subject_body(db: &Connection, kind: &str, id: i64) -> Result<String> {
    Ok(match kind {
        "admin.report" => reports::by_id(db, ReportId(id))?.map(|report| report.comment),
        "moderation_warning" => warnings::by_id(db, WarningId(id))?.map(|warning| warning.text),
        "severed_relationships" => severances::by_ids(db, &[SeveranceId(id)])?.pop().map(|event| event.target_name),
        _ => None,
    }
    .unwrap_or_default())
}

fn title(kind: &str) -> &'static str {
    match kind {
        "mention" => "push.mention",
        "status" => "push.status",
        "reblog" => "push.reblog",
        "follow" => "push.follow",
        "follow_request" => "push.follow_request",
        "favourite" => "push.favourite",
        "poll" => "push.poll",
        "update" => "push.update",
        "quote" => "push.quote",
        "quoted_update" => "push.quoted_update",
        "severed_relationships" => "notice.severed_relationships",
        "moderation_warning" => "notice.moderation_warning",
        "admin.sign_up" => "notice.admin.sign_up",
        "admin.report" => "notice.admin.report",
        "added_to_collection" => "notice.added_to_collection",
        "collection_update" => "notice.collection_update",
        _ => "push.other",
    }
}

/// The first `most` characters; an ellipsis tells that there is more.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// The picture by our own address; other servers' pictures come from our cache.
fn avatar(config: &Config, account: &Account) -> String {
    match (&account.avatar_file, &account.avatar_remote_url) {
        (Some(file), _) if !file.is_empty() => config.url(&format!("/media/{file}")),
        (_, Some(_)) if !account.is_local() => config.url(&format!("/media/avatar/{}", account.id)),
        _ => config.url("/static/avatar.png"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::test_app;

    #[tokio::test]
    async fn the_key_is_made_once() {
        let (_folder, app) = test_app();
        let (one, two) = tokio::join!(vapid(&app), vapid(&app));
        let one = one.expect("a key");
        assert_eq!(one.public(), two.expect("a key").public());
        assert_eq!(one.public(), vapid(&app).await.expect("a key").public());
    }

    #[test]
    fn long_texts_end_with_an_ellipsis() {
        assert_eq!(shortened("長屋の猫", 4), "長屋の猫");
        assert_eq!(shortened("長屋の猫だ", 4), "長屋の…");
    }
}
