//! Other servers as an operator sees them: who lives there, what waits for them, what fails; and the house at a glance.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};

use crate::actions::role::Permission;
use crate::actions::{audit, mail};
use crate::activitypub::signature::Scheme;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{self, Count};
use crate::mastodon::error::Answer;
use crate::mastodon::paging;
use crate::mastodon::params::Params;
use crate::mastodon::path::Name;
use crate::store::oversight::{self, Peer, Queue, Waiting, Wanted};
use crate::store::{Connection, domain_blocks, measures, media_cache, users};
use crate::text::mentions;

const READ: &str = "admin:read";
const WRITE: &str = "admin:write";
const WEEK: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 60 * 60);

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/admin/overview", get(overview))
        .route("/api/nagaya/v1/admin/peers", get(peers))
        .route("/api/nagaya/v1/admin/peers/{host}", get(one_peer))
        .route("/api/nagaya/v1/admin/peers/{host}/revive", post(revive))
        .route("/api/nagaya/v1/admin/queue", get(queues))
        .route("/api/nagaya/v1/admin/queue/{host}", get(waiting))
        .route("/api/nagaya/v1/admin/queue/{host}/retry", post(retry))
        .route("/api/nagaya/v1/admin/queue/{host}/drop", post(give_up))
}

async fn overview(State(app): State<App>, auth: Auth) -> Answer<Reply<entities::AdminOverview>> {
    auth.staff(READ, Permission::Dashboard)?;
    let now = app.clock.now();
    let read = app.store.read(move |db| {
        let counted = oversight::numbers(db)?;
        let people = entities::AdminPeople {
            users: users::count(db)?,
            active_week: users::active_since(db, now.minus(WEEK))?,
            statuses: users::statuses_count(db)?,
            accounts: counted.accounts,
        };
        Ok((counted, people, oversight::queue(db)?, measures::space(db)?.0, media_cache::total(db)?))
    });
    let (counted, people, waiting, database_bytes, cache_bytes) = read.await?;
    Ok(Reply::own(entities::AdminOverview {
        version: env!("CARGO_PKG_VERSION"),
        todo: entities::AdminTodo {
            reports: counted.open_reports,
            appeals: counted.open_appeals,
            accounts: counted.waiting_people,
        },
        people,
        queue: queue(&waiting),
        inbox: entities::AdminInbox {
            unverified: counted.inbox_unverified,
            ready: counted.inbox_ready,
            parked: counted.inbox_parked,
        },
        hosts: counted.hosts,
        failing_hosts: counted.failing_hosts,
        mails_waiting: counted.mails_waiting,
        mail: mail::is_configured(&app),
        plugins: app.plugins.list().len(),
        streams: app.streams.listening(),
        database_bytes,
        cache_bytes,
    }))
}

async fn peers(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Vec<entities::AdminPeer>>> {
    auth.staff(READ, Permission::Federation)?;
    let wanted = Wanted {
        begins: params.text("q").map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty()),
        failing: params.flag("failing") == Some(true),
    };
    let limit = paging::limit(&params, 40, 100);
    let offset = params.number("offset")?.unwrap_or(0).max(0);
    let read = app.store.read(move |db| {
        let hosts = oversight::hosts(db, &wanted, offset, limit)?;
        hosts.iter().filter_map(|host| peer(db, host).transpose()).collect::<Result<Vec<_>>>()
    });
    Ok(Reply::own(read.await?))
}

async fn one_peer(State(app): State<App>, auth: Auth, Name(host): Name) -> Answer<Reply<entities::AdminPeer>> {
    auth.staff(READ, Permission::Federation)?;
    shown(&app, &host).await
}

async fn shown(app: &App, host: &str) -> Answer<Reply<entities::AdminPeer>> {
    let host = named(host);
    let found = app.store.read(move |db| peer(db, &host)).await?;
    Ok(Reply::own(found.ok_or(Error::NotFound("peer"))?))
}

/// Forgets its failures, so that what waits for it goes now.
async fn revive(State(app): State<App>, auth: Auth, Name(host): Name) -> Answer<Reply<entities::AdminPeer>> {
    auth.staff(WRITE, Permission::Federation)?;
    let (name, now, staff, deed) = (named(&host), app.clock.now(), auth.as_staff(), app.clone());
    app.store
        .write(move |tx| {
            if oversight::forgive(tx, &name, now)? {
                audit::note(tx, &deed, &staff, "revive_peer", &name, "")?;
            }
            Ok(())
        })
        .await?;
    app.deliveries_waiting.notify_one();
    shown(&app, &host).await
}

async fn queues(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Vec<entities::AdminHostQueue>>> {
    auth.staff(READ, Permission::Federation)?;
    let limit = paging::limit(&params, 100, 1_000);
    let rows = app.store.read(move |db| oversight::queues(db, limit)).await?;
    let render = |(host, waiting): (String, Queue)| entities::AdminHostQueue { host, queue: queue(&waiting) };
    Ok(Reply::own(rows.into_iter().map(render).collect()))
}

async fn waiting(
    State(app): State<App>,
    auth: Auth,
    Name(host): Name,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminDelivery>>> {
    auth.staff(READ, Permission::Federation)?;
    let (host, limit) = (named(&host), paging::limit(&params, 40, 200));
    let rows = app.store.read(move |db| oversight::waiting(db, &host, limit)).await?;
    Ok(Reply::own(rows.into_iter().map(delivery).collect()))
}

async fn retry(State(app): State<App>, auth: Auth, Name(host): Name) -> Answer<Reply<Count>> {
    auth.staff(WRITE, Permission::Federation)?;
    let (host, now, staff, deed) = (named(&host), app.clock.now(), auth.as_staff(), app.clone());
    let count = app.store.write(move |tx| {
        oversight::forgive(tx, &host, now)?;
        let count = oversight::retry(tx, &host, now)?;
        audit::note(tx, &deed, &staff, "retry_queue", &host, &count.to_string())?;
        Ok(count)
    });
    let count = count.await?;
    app.deliveries_waiting.notify_one();
    Ok(Reply::own(counted(count)))
}

async fn give_up(State(app): State<App>, auth: Auth, Name(host): Name) -> Answer<Reply<Count>> {
    auth.staff(WRITE, Permission::Federation)?;
    let (host, now, staff, deed) = (named(&host), app.clock.now(), auth.as_staff(), app.clone());
    let count = app.store.write(move |tx| {
        let count = oversight::give_up(tx, &host, "given up by the operator", now)?;
        audit::note(tx, &deed, &staff, "drop_queue", &host, &count.to_string())?;
        Ok(count)
    });
    Ok(Reply::own(counted(count.await?)))
}

fn counted(count: usize) -> Count {
    Count { count: i64::try_from(count).unwrap_or(i64::MAX) }
}

/// A host in its one spelling; with its port, where there is one.
fn named(host: &str) -> String {
    let host = host.trim().to_lowercase();
    mentions::domain(&host).unwrap_or(host)
}

fn peer(db: &Connection, host: &str) -> Result<Option<entities::AdminPeer>> {
    let Some(found) = oversight::peer(db, host)? else { return Ok(None) };
    let block = domain_blocks::covering(db, host)?.map(|block| block.severity.as_str());
    Ok(Some(rendered(found, block)))
}

fn rendered(found: Peer, block: Option<&'static str>) -> entities::AdminPeer {
    entities::AdminPeer {
        host: found.host,
        accounts_count: found.accounts,
        followers_count: found.followers,
        following_count: found.following,
        failing: found.fails > 0,
        fails: found.fails,
        failing_since: found.failing_since.map(Time::rfc3339),
        retry_at: found.retry_at.map(Time::rfc3339),
        last_ok_at: found.last_ok_at.map(Time::rfc3339),
        last_error: found.last_error,
        latency_ms: found.latency_ms,
        signature: found.signature.map(|known| match known.scheme {
            Scheme::Cavage => "cavage",
            Scheme::Rfc9421 => "rfc9421",
        }),
        block,
        queue: queue(&found.queue),
    }
}

fn queue(waiting: &Queue) -> entities::AdminQueue {
    entities::AdminQueue {
        ready: waiting.ready,
        unplanned: waiting.unplanned,
        dropped: waiting.dropped,
        oldest_at: waiting.oldest_at.map(Time::rfc3339),
        next_at: waiting.next_at.map(Time::rfc3339),
    }
}

fn delivery(row: Waiting) -> entities::AdminDelivery {
    entities::AdminDelivery {
        id: row.id.to_string(),
        kind: row.kind,
        uri: row.uri,
        account_id: row.account_id.to_string(),
        inbox: row.inbox,
        state: row.state,
        attempts: row.attempts,
        not_before: row.not_before.rfc3339(),
        last_error: row.last_error,
        drop_reason: row.drop_reason,
        created_at: row.created_at.rfc3339(),
    }
}
