//! The second factor: one-time codes from an authenticator, and recovery codes for when it is lost.
//!
//! A code is taken once; none before it is taken afterwards. Ten wrong ones in a quarter of an hour close the door for
//! the rest of it. Recovery codes have 80 random bits, so a plain hash keeps them. Spec: RFC 6238

use std::time::Duration;

use totp_rs::{Algorithm, Builder, Totp};

use super::token::hash;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::random::Random;
use crate::store::accounts::Account;
use crate::store::one_time_codes::{self, OneTime};
use crate::store::{Connection, Tx};

/// Seconds that a code is shown.
const STEP: u64 = 30;
/// How many wrong codes are allowed in [`WINDOW`].
const WRONG: i64 = 10;
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// How many recovery codes are handed out.
const CODES: usize = 10;
/// What recovery codes are made of: nothing that looks like something else.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What an authenticator must learn.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Enrolment {
    /// Base32, for typing.
    pub secret: String,
    /// `otpauth://…`, for scanning.
    pub address: String,
}

/// How things stand with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Standing {
    pub on: bool,
    pub recovery_left: i64,
}

/// How things stand with `account`.
pub fn standing(db: &Connection, account: AccountId) -> Result<Standing> {
    Ok(Standing { on: one_time_codes::is_on(db, account)?, recovery_left: one_time_codes::recovery_left(db, account)? })
}

/// Begins: a new secret, which is good for nothing until [`confirm`].
pub async fn begin(app: &App, me: &Account) -> Result<Enrolment> {
    let mut secret = [0; 20];
    app.random.fill(&mut secret);
    let id = me.id;
    if !app.store.write(move |tx| one_time_codes::begin(tx, id, &secret)).await? {
        return Err(Error::invalid("", "Two-factor authentication is on already"));
    }
    enrolment(app, me, &secret)
}

/// The enrolment that `me` began and did not finish.
pub async fn pending(app: &App, me: &Account) -> Result<Option<Enrolment>> {
    let id = me.id;
    let row = app.store.read(move |db| one_time_codes::of(db, id)).await?;
    row.filter(|row| row.confirmed_at.is_none()).map(|row| enrolment(app, me, &row.secret)).transpose()
}

/// The authenticator works: from now on its codes are asked for. Answers the recovery codes, which are shown only now.
pub async fn confirm(app: &App, me: &Account, code: &str) -> Result<Vec<String>> {
    let (id, now, code) = (me.id, app.clock.now(), code.to_owned());
    let codes = recovery_codes(&app.random);
    let hashes: Vec<_> = codes.iter().map(|code| hash(&plain(code))).collect();
    let verdict = app.store.write(move |tx| {
        let row = one_time_codes::of(tx, id)?.filter(|row| row.confirmed_at.is_none());
        let row = row.ok_or_else(|| Error::invalid("", "Nothing waits to be confirmed"))?;
        if !check_code(tx, id, &row, &code, now)? {
            return Ok(false);
        }
        one_time_codes::confirm(tx, id, now)?;
        one_time_codes::set_recovery(tx, id, &hashes)?;
        Ok(true)
    });
    if verdict.await? { Ok(codes) } else { Err(wrong()) }
}

/// New recovery codes; the old ones are worth nothing any more.
pub async fn regenerate(app: &App, me: &Account) -> Result<Vec<String>> {
    let id = me.id;
    let codes = recovery_codes(&app.random);
    let hashes: Vec<_> = codes.iter().map(|code| hash(&plain(code))).collect();
    let written = app.store.write(move |tx| {
        if !one_time_codes::is_on(tx, id)? {
            return Err(Error::invalid("", "Two-factor authentication is off"));
        }
        one_time_codes::set_recovery(tx, id, &hashes)
    });
    written.await?;
    Ok(codes)
}

/// Switches it off; `false`: it was off.
pub async fn off(app: &App, account: AccountId) -> Result<bool> {
    app.store.write(move |tx| one_time_codes::remove(tx, account)).await
}

/// Whether `code` (of the authenticator, or a recovery code) is good, which uses it up. [`Error::Limited`] after too many
/// wrong ones.
pub fn write_check(tx: &Tx, account: AccountId, code: &str, now: Time) -> Result<bool> {
    let Some(row) = one_time_codes::of(tx, account)?.filter(|row| row.confirmed_at.is_some()) else {
        return Ok(false);
    };
    check_code(tx, account, &row, code, now)
}

fn check_code(tx: &Tx, account: AccountId, row: &OneTime, code: &str, now: Time) -> Result<bool> {
    let running = now.since(row.wrong_since) < WINDOW;
    if running && row.wrong >= WRONG {
        return Err(Error::Limited { retry_after: WINDOW.saturating_sub(now.since(row.wrong_since)) });
    }
    let code = plain(code);
    let step = (code.len() == 6).then(|| step(&row.secret, &code, row.last_step, now)).flatten();
    if let Some(step) = step {
        one_time_codes::taken(tx, account, step)?;
        return Ok(true);
    }
    if row.confirmed_at.is_some() && one_time_codes::take_recovery(tx, account, &hash(&code))? {
        one_time_codes::set_wrong(tx, account, 0, now)?;
        return Ok(true);
    }
    let (wrong, since) = if running { (row.wrong + 1, row.wrong_since) } else { (1, now) };
    one_time_codes::set_wrong(tx, account, wrong, since)?;
    Ok(false)
}

/// The step that `code` belongs to: the present one, the one before or the one after, and later than `last`.
fn step(secret: &[u8], code: &str, last: i64, now: Time) -> Option<i64> {
    let seconds = u64::try_from(now.seconds()).ok()?;
    let step = totp(secret, "", None).check(code, seconds)?;
    i64::try_from(step).ok().filter(|step| *step > last)
}

/// Six digits of HMAC-SHA-1 are what every authenticator understands.
fn totp(secret: &[u8], account: &str, issuer: Option<&str>) -> Totp {
    let builder = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(STEP)
        .with_secret(secret.to_vec());
    builder.with_account_name(account).with_issuer(issuer).build_noncompliant()
}

fn enrolment(app: &App, me: &Account, secret: &[u8]) -> Result<Enrolment> {
    // A colon would end the issuer; ports have one.
    let issuer = app.config.handle_domain.replace(':', " ");
    let totp = totp(secret, &me.username, Some(&issuer));
    let address = totp.to_url().map_err(|why| Error::Bug(format!("an authenticator's address: {why}")))?;
    Ok(Enrolment { secret: totp.secret().to_base32(), address })
}

fn recovery_codes(random: &Random) -> Vec<String> {
    let code = || {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        let letters: String = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
        [&letters[..4], &letters[4..8], &letters[8..12], &letters[12..]].join("-")
    };
    (0..CODES).map(|_| code()).collect()
}

/// A code without what people put between its letters.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).take(32).collect::<String>().to_ascii_lowercase()
}

fn wrong() -> Error {
    Error::invalid("code", "is wrong, or was used before")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::app::tests::{local_account, test_app};

    pub(crate) fn shown(secret: &str, now: Time) -> String {
        let secret = totp_rs::Secret::try_from_base32(secret).expect("base32");
        totp(secret.as_bytes(), "", None).generate(u64::try_from(now.seconds()).expect("after 1970")).to_string()
    }

    async fn check(app: &App, id: AccountId, code: &str) -> Result<bool> {
        let (now, code) = (app.clock.now(), code.to_owned());
        app.store.write(move |tx| write_check(tx, id, &code, now)).await
    }

    #[tokio::test]
    async fn codes_and_recovery_codes_work_once() {
        let (_folder, app) = test_app();
        let alice = local_account(&app, "alice", "member").await;
        let enrolment = begin(&app, &alice).await.expect("begins");
        assert!(enrolment.address.starts_with("otpauth://totp/"), "{}", enrolment.address);
        assert_eq!(pending(&app, &alice).await.expect("reads"), Some(enrolment.clone()));
        assert!(confirm(&app, &alice, "000000").await.is_err());
        let now = || shown(&enrolment.secret, app.clock.now());
        assert!(!check(&app, alice.id, &now()).await.expect("checks"), "nothing is confirmed yet");
        let codes = confirm(&app, &alice, &now()).await.expect("confirms");
        assert_eq!(codes.len(), 10);
        assert!(begin(&app, &alice).await.is_err(), "it is on");
        assert!(!check(&app, alice.id, &now()).await.expect("checks"), "the code was used to confirm");
        app.clock.advance(Duration::from_secs(STEP));
        let spaced = format!("{} {}", &now()[..3], &now()[3..]);
        assert!(check(&app, alice.id, &spaced).await.expect("checks"));
        assert!(!check(&app, alice.id, &spaced).await.expect("checks"), "a replay");
        assert!(check(&app, alice.id, &codes[3].to_uppercase()).await.expect("checks"));
        assert!(!check(&app, alice.id, &codes[3]).await.expect("checks"), "used");
        let standing = |id| app.store.read(move |db| standing(db, id));
        assert_eq!(standing(alice.id).await.expect("reads"), Standing { on: true, recovery_left: 9 });
        let new = regenerate(&app, &alice).await.expect("makes new ones");
        assert!(!check(&app, alice.id, &codes[0]).await.expect("checks"));
        assert!(check(&app, alice.id, &new[0]).await.expect("checks"));
        assert!(off(&app, alice.id).await.expect("switches off"));
        assert_eq!(standing(alice.id).await.expect("reads"), Standing { on: false, recovery_left: 0 });
    }

    #[tokio::test]
    async fn too_many_wrong_codes_close_the_door_for_a_while() {
        let (_folder, app) = test_app();
        let alice = local_account(&app, "alice", "member").await;
        let enrolment = begin(&app, &alice).await.expect("begins");
        confirm(&app, &alice, &shown(&enrolment.secret, app.clock.now())).await.expect("confirms");
        app.clock.advance(Duration::from_secs(STEP * 3));
        for _ in 0..WRONG {
            assert!(!check(&app, alice.id, "not it").await.expect("checks"));
        }
        let right = shown(&enrolment.secret, app.clock.now());
        assert!(matches!(check(&app, alice.id, &right).await, Err(Error::Limited { .. })));
        app.clock.advance(WINDOW);
        assert!(check(&app, alice.id, &shown(&enrolment.secret, app.clock.now())).await.expect("checks"));
    }
}
