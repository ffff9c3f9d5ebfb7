//! Numbers for a dashboard: measures, dimensions, retention.
//!
//! Spec: https://docs.joinmastodon.org/methods/admin/measures/, …/dimensions/, …/retention/

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;

use crate::actions::role::Permission;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::TagId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;
use crate::store::measures::{self, Dimension, Measure};
use crate::store::{Connection, accounts};
use crate::text::locale::Lang;
use crate::text::mentions;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest time that is counted day by day.
const DAYS: usize = 366;
/// How many cohorts are compared; the work grows with the square.
const PERIODS: usize = 62;
/// How many kinds of a dimension are told.
const KINDS: i64 = 10;
const MOST_KINDS: i64 = 100;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/measures", post(measures_of))
        .route("/api/v1/admin/dimensions", post(dimensions))
        .route("/api/v1/admin/retention", post(retention))
}

async fn measures_of(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Vec<entities::AdminMeasure>>> {
    auth.staff("admin:read", Permission::Dashboard)?;
    let (from, until) = time(&params)?;
    let asked: Vec<(String, Asked)> = keys(&params).into_iter().map(|key| asked(key, &params)).collect();
    let read = app.store.read(move |db| {
        let mut answer = Vec::new();
        for (key, asked) in asked {
            if let Some(measure) = measure(db, &key, &asked)? {
                answer.push(counted(db, key, &measure, from, until)?);
            }
        }
        Ok(answer)
    });
    Ok(Reply::own(read.await?))
}

/// What a key is asked about.
#[derive(Debug, Clone, Default)]
struct Asked {
    tag: Option<TagId>,
    domain: Option<String>,
    with_subdomains: bool,
}

fn asked(key: String, params: &Params) -> (String, Asked) {
    let domain = params.text(&format!("{key}[domain]")).map(|text| mentions::domain(&text).unwrap_or(text));
    let asked = Asked {
        tag: params.id(&format!("{key}[id]")).unwrap_or_default(),
        domain,
        with_subdomains: params.flag(&format!("{key}[include_subdomains]")) == Some(true),
    };
    (key, asked)
}

impl Asked {
    fn tag(&self, key: &str) -> Result<TagId> {
        self.tag.ok_or_else(|| missing(&format!("{key}[id]")))
    }

    fn domains(&self, db: &Connection, key: &str) -> Result<Vec<String>> {
        let domain = self.domain.clone().ok_or_else(|| missing(&format!("{key}[domain]")))?;
        if !self.with_subdomains {
            return Ok(vec![domain]);
        }
        let below = format!(".{domain}");
        let all = accounts::domains(db)?.into_iter();
        Ok(all.filter(|known| *known == domain || known.ends_with(&below)).collect())
    }
}

fn missing(name: &str) -> Error {
    Error::Malformed(format!("param is missing or the value is empty: {name}"))
}

/// What `key` means; `None`: nothing.
fn measure(db: &Connection, key: &str, asked: &Asked) -> Result<Option<Measure>> {
    Ok(Some(match key {
        "active_users" => Measure::ActiveUsers,
        "new_users" => Measure::NewUsers,
        "interactions" => Measure::Interactions,
        "opened_reports" => Measure::OpenedReports,
        "resolved_reports" => Measure::ResolvedReports,
        "tag_accounts" => Measure::TagAccounts(asked.tag(key)?),
        "tag_uses" => Measure::TagUses(asked.tag(key)?),
        "tag_servers" => Measure::TagServers(asked.tag(key)?),
        "instance_accounts" => Measure::InstanceAccounts(asked.domains(db, key)?),
        "instance_media_attachments" => Measure::InstanceMedia(asked.domains(db, key)?),
        "instance_reports" => Measure::InstanceReports(asked.domains(db, key)?),
        "instance_statuses" => Measure::InstanceStatuses(asked.domains(db, key)?),
        "instance_follows" => Measure::InstanceFollows(asked.domains(db, key)?),
        "instance_followers" => Measure::InstanceFollowers(asked.domains(db, key)?),
        _ => return Ok(None),
    }))
}

fn counted(db: &Connection, key: String, measure: &Measure, from: Time, until: Time) -> Result<entities::AdminMeasure> {
    let days = days(from, until);
    let day = |day: &Time| {
        let value = measures::count(db, measure, *day, day.plus(DAY))?.to_string();
        Ok(entities::AdminMeasureDay { date: day.rfc3339(), value })
    };
    let data = days.iter().map(day).collect::<Result<Vec<_>>>()?;
    // About a server everything is counted that we ever knew of it.
    let of_time = !key.starts_with("instance_");
    let total = match of_time {
        true => measures::count(db, measure, from, until)?,
        false => measures::count(db, measure, Time(0), Time(i64::MAX >> 20))?,
    };
    let before = from.minus(until.since(from));
    let previous = if of_time { Some(measures::count(db, measure, before, from)?.to_string()) } else { None };
    let bytes = matches!(measure, Measure::InstanceMedia(_));
    Ok(entities::AdminMeasure {
        unit: bytes.then_some("bytes"),
        human_value: bytes.then(|| human_bytes(total)),
        total: total.to_string(),
        previous_total: previous,
        data,
        key,
    })
}

async fn dimensions(
    State(app): State<App>,
    auth: Auth,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminDimension>>> {
    auth.staff("admin:read", Permission::Dashboard)?;
    let (from, until) = time(&params)?;
    let most = params.number("limit")?.unwrap_or(KINDS).clamp(0, MOST_KINDS);
    let asked: Vec<(String, Asked)> = keys(&params).into_iter().map(|key| asked(key, &params)).collect();
    let own = app.config.handle_domain.clone();
    let read = app.store.read(move |db| {
        let mut answer = Vec::new();
        for (key, asked) in asked {
            let data = match key.as_str() {
                "space_usage" => space(db)?,
                "software_versions" => versions(),
                "sources" => sources(db, from, until)?,
                _ => match dimension(db, &key, &asked)? {
                    Some(dimension) => kinds(measures::kinds(db, &dimension, from, until, most)?, &dimension, &own),
                    None => continue,
                },
            };
            answer.push(entities::AdminDimension { key, data });
        }
        Ok(answer)
    });
    Ok(Reply::own(read.await?))
}

fn dimension(db: &Connection, key: &str, asked: &Asked) -> Result<Option<Dimension>> {
    Ok(Some(match key {
        "languages" => Dimension::Languages,
        "servers" => Dimension::Servers,
        "tag_servers" => Dimension::TagServers(asked.tag(key)?),
        "tag_languages" => Dimension::TagLanguages(asked.tag(key)?),
        "instance_accounts" => Dimension::InstanceAccounts(asked.domains(db, key)?),
        "instance_languages" => Dimension::InstanceLanguages(asked.domains(db, key)?),
        _ => return Ok(None),
    }))
}

fn kinds(found: Vec<(String, i64)>, dimension: &Dimension, own: &str) -> Vec<entities::AdminDimensionValue> {
    let of_languages =
        matches!(dimension, Dimension::Languages | Dimension::TagLanguages(_) | Dimension::InstanceLanguages(_));
    let render = |(kind, number): (String, i64)| {
        let key = if kind.is_empty() { own.to_owned() } else { kind };
        let name = Lang::find(&key).filter(|_| of_languages).map(|lang| lang.name().to_owned());
        value(&key, &name.unwrap_or_else(|| key.clone()), number.to_string())
    };
    found.into_iter().map(render).collect()
}

fn value(key: &str, human_key: &str, value: String) -> entities::AdminDimensionValue {
    entities::AdminDimensionValue { key: key.into(), human_key: human_key.into(), value, unit: None, human_value: None }
}

fn space(db: &Connection) -> Result<Vec<entities::AdminDimensionValue>> {
    let (database, media) = measures::space(db)?;
    let bytes = |key: &str, human_key: &str, bytes: i64| entities::AdminDimensionValue {
        unit: Some("bytes"),
        human_value: Some(human_bytes(bytes)),
        ..value(key, human_key, bytes.to_string())
    };
    Ok(vec![bytes("sqlite", "SQLite", database), bytes("media", "Media storage", media)])
}

fn versions() -> Vec<entities::AdminDimensionValue> {
    let version = |key: &str, human_key: &str, version: &str| entities::AdminDimensionValue {
        human_value: Some(version.into()),
        ..value(key, human_key, version.into())
    };
    vec![
        version("nagaya", "Nagaya", env!("CARGO_PKG_VERSION")),
        version("sqlite", "SQLite", measures::sqlite_version()),
    ]
}

/// By which app people signed up. Which one it was is not kept, so all of them came by the server itself.
fn sources(db: &Connection, from: Time, until: Time) -> Result<Vec<entities::AdminDimensionValue>> {
    let count = measures::count(db, &Measure::NewUsers, from, until)?;
    Ok((count > 0).then(|| value("web", "Website", count.to_string())).into_iter().collect())
}

async fn retention(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Vec<entities::AdminCohort>>> {
    auth.staff("admin:read", Permission::Dashboard)?;
    let (from, until) = time(&params)?;
    let (frequency, periods) = match params.text("frequency").as_deref() {
        Some("month") => ("month", months(from, until)),
        Some("day") | None => ("day", days(from, until).into_iter().map(|day| (day, day.plus(DAY))).collect()),
        Some(_) => return Err(Error::invalid("frequency", "is neither day nor month").into()),
    };
    if periods.len() > PERIODS {
        return Err(Error::Malformed(format!("{PERIODS} periods are the most that are compared")).into());
    }
    let read = app.store.read(move |db| {
        let cohort = |(at, born): (usize, &(Time, Time))| {
            let size = measures::count(db, &Measure::NewUsers, born.0, born.1)?;
            let later = |seen: &(Time, Time)| {
                let stayed = measures::stayed(db, *born, *seen)?;
                let rate = if size == 0 { 0.0 } else { stayed as f64 / size as f64 };
                Ok(entities::AdminCohortPeriod { date: seen.0.rfc3339(), rate, value: stayed.to_string() })
            };
            let data = periods[at..].iter().map(later).collect::<Result<Vec<_>>>()?;
            Ok(entities::AdminCohort { period: born.0.rfc3339(), frequency, data })
        };
        periods.iter().enumerate().map(cohort).collect::<Result<Vec<_>>>()
    });
    Ok(Reply::own(read.await?))
}

fn keys(params: &Params) -> Vec<String> {
    params.list("keys").unwrap_or_default()
}

/// The asked time in whole days, the last one included: from midnight to midnight.
fn time(params: &Params) -> Result<(Time, Time)> {
    let read = |name: &'static str| {
        let text = params.text(name).filter(|text| !text.trim().is_empty()).ok_or_else(|| missing(name))?;
        let date = Time::parse(&text).or_else(|| Time::parse(&format!("{}T00:00:00Z", text.trim())));
        date.map(Time::midnight).ok_or_else(|| Error::Malformed(format!("{name} is no date")))
    };
    let (from, until) = (read("start_at")?, read("end_at")?.plus(DAY));
    if until <= from || until.since(from) > DAY * DAYS as u32 || from < Time(0) {
        return Err(Error::Malformed("start_at and end_at must be in order, and a year apart at most".into()));
    }
    Ok((from, until))
}

fn days(from: Time, until: Time) -> Vec<Time> {
    std::iter::successors(Some(from), |day| Some(day.plus(DAY))).take_while(|day| *day < until).collect()
}

/// The calendar months that begin in this time, or in which it begins.
fn months(from: Time, until: Time) -> Vec<(Time, Time)> {
    let first = |day: Time| Time::parse(&format!("{}-01T00:00:00Z", &day.date()[..7])).unwrap_or(day);
    let next = |month: Time| first(month.plus(DAY * 31));
    std::iter::successors(Some(first(from)), |month| Some(next(*month)))
        .take_while(|month| *month < until)
        .map(|month| (month, next(month)))
        .collect()
}

/// `1.5 MB`.
fn human_bytes(bytes: i64) -> String {
    const UNITS: [&str; 5] = ["KB", "MB", "GB", "TB", "PB"];
    if bytes < 1024 {
        return format!("{bytes} Bytes");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_the_calendar() {
        let time = |text: &str| Time::parse(text).expect("a time");
        let found = months(time("2026-01-31T00:00:00Z"), time("2026-04-02T00:00:00Z"));
        let names: Vec<String> = found.iter().map(|(month, _)| month.date()).collect();
        assert_eq!(names, ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]);
        assert_eq!(found[1].1.date(), "2026-03-01");
        assert_eq!(days(time("2026-01-30T00:00:00Z"), time("2026-02-02T00:00:00Z")).len(), 3);
    }

    #[test]
    fn sizes_are_for_people() {
        for (bytes, expected) in
            [(0, "0 Bytes"), (1023, "1023 Bytes"), (1536, "1.5 KB"), (5 << 20, "5.0 MB"), (i64::MAX, "8192.0 PB")]
        {
            assert_eq!(human_bytes(bytes), expected);
        }
    }
}
