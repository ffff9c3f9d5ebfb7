//! Passkeys: the two ceremonies of WebAuthn, making a key and signing in with one.
//!
//! What was asked stays in memory until it is answered, once, or for five minutes; there is room for so many questions
//! and no more. A key must verify its user (finger, face, PIN), so it stands for password and second factor together.
//! No attestation is asked for: we do not care who made the device. A server without a host name has no passkeys.
//! Spec: https://www.w3.org/TR/webauthn-3/

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use webauthn_rp::bin::{Decode, Encode};
use webauthn_rp::request::auth::AuthenticationVerificationOptions;
use webauthn_rp::request::register::{
    Nickname, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, UserHandle64, Username,
};
use webauthn_rp::request::{AsciiDomain, PublicKeyCredentialDescriptor, RpId};
use webauthn_rp::response::register::{CompressedPubKey, DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication64, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration, RegistrationServerState,
};

use crate::clock::Time;
use crate::config::Config;
use crate::error::{Error, Result};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(300);
/// How many questions of each kind may be open at once.
const ROOM: usize = 4096;

/// How an authenticator knows an account: random bytes that say nothing.
pub type Handle = [u8; 64];

/// Questions that wait for their answers.
#[derive(Debug, Default)]
pub struct Ceremonies {
    registrations: Mutex<HashMap<u128, (Time, RegistrationServerState<64>)>>,
    sign_ins: Mutex<HashMap<u128, (Time, DiscoverableAuthenticationServerState)>>,
}

/// Where passkeys belong: the host that they are bound to, and the origin of our pages.
#[derive(Debug)]
pub struct Place {
    rp: RpId,
    origin: String,
}

/// For whom a key is made.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Owner {
    pub handle: Handle,
    pub username: String,
    pub display_name: String,
    /// Keys that it has already, with their transports: no device makes a second one.
    pub known: Vec<(Vec<u8>, u8)>,
}

/// A new key, to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the table passkeys")]
pub struct NewKey {
    pub credential_id: Vec<u8>,
    pub key: Vec<u8>,
    pub state: Vec<u8>,
    pub transports: u8,
}

/// A stored key, as far as signing in needs it.
#[derive(Debug)]
#[allow(missing_docs, reason = "as in the table passkeys")]
pub struct Known<'a> {
    pub handle: Handle,
    pub key: &'a [u8],
    pub state: &'a [u8],
}

/// An answer to the question who signs in; not yet checked.
#[derive(Debug)]
pub struct Answer(DiscoverableAuthentication64);

impl Answer {
    /// Reads what the browser gave, as JSON.
    pub fn read(json: &str) -> Result<Self> {
        let read = DiscoverableAuthentication64::from_json_relaxed(json.as_bytes());
        read.map(Self).map_err(|why| refused(&why))
    }

    /// Which key it claims to be signed with.
    pub fn credential(&self) -> Vec<u8> {
        self.0.raw_id().into_inner().to_vec()
    }
}

impl Place {
    /// The place of the server with this configuration; `None` when its host is an address, which has no passkeys.
    pub fn of(config: &Config) -> Option<Self> {
        let origin = url::Url::parse(&config.url("")).ok()?;
        let host = origin.domain()?.to_owned();
        let rp = RpId::Domain(AsciiDomain::try_from(host).ok()?);
        Some(Self { rp, origin: origin.origin().ascii_serialization() })
    }
}

impl Ceremonies {
    /// Asks for a new key; answers `PublicKeyCredentialCreationOptionsJSON`.
    pub fn start_registration(&self, place: &Place, owner: &Owner, now: Time) -> Result<String> {
        let handle = user_handle(owner.handle);
        let user = PublicKeyCredentialUserEntity {
            name: Username::try_from(owner.username.as_str())
                .map_err(|_| Error::Bug("a user name that passkeys cannot have".into()))?,
            id: &handle,
            // Not every name that people give themselves is one that devices show.
            display_name: Nickname::try_from(owner.display_name.as_str()).ok(),
        };
        let known = owner.known.iter().filter_map(|(id, transports)| {
            Some(PublicKeyCredentialDescriptor {
                id: CredentialId::<Vec<u8>>::decode(id.clone()).ok()?,
                transports: AuthTransports::decode(*transports).ok()?,
            })
        });
        let options = PublicKeyCredentialCreationOptions::passkey(&place.rp, user, known.collect());
        let (ours, theirs) =
            options.start_ceremony().map_err(|why| Error::Bug(format!("passkey options are refused: {why}")))?;
        let challenge = webauthn_rp::request::TimedCeremony::sent_challenge(&ours).0;
        keep(&self.registrations, challenge, ours, now);
        serde_json::to_string(&theirs).map_err(|why| Error::Bug(why.to_string()))
    }

    /// Checks the new key in `json` (`RegistrationResponseJSON`), made for the account with `handle`.
    pub fn finish_registration(&self, place: &Place, handle: Handle, json: &str, now: Time) -> Result<NewKey> {
        let answer = Registration::from_json_relaxed(json.as_bytes()).map_err(|why| refused(&why))?;
        let challenge = answer.challenge_relaxed().map_err(|why| refused(&why))?.0;
        let asked = take(&self.registrations, challenge, now)?;
        let options = RegistrationVerificationOptions::<String, String> {
            allowed_origins: std::slice::from_ref(&place.origin),
            // What devices tell unasked does no harm.
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let made = asked.verify(&place.rp, &answer, &options).map_err(|why| refused(&why))?;
        if *made.user_id() != user_handle(handle) {
            return Err(refused(&"it was asked for by somebody else"));
        }
        Ok(NewKey {
            credential_id: made.id().into_inner().to_vec(),
            key: infallible(made.static_state().encode()),
            state: infallible(made.dynamic_state().encode()).to_vec(),
            transports: infallible(made.transports().encode()),
        })
    }

    /// Asks who signs in; answers `PublicKeyCredentialRequestOptionsJSON`.
    pub fn start_sign_in(&self, place: &Place, now: Time) -> Result<String> {
        let (ours, theirs) = DiscoverableCredentialRequestOptions::passkey(&place.rp)
            .start_ceremony()
            .map_err(|why| Error::Bug(format!("passkey options are refused: {why}")))?;
        let challenge = webauthn_rp::request::TimedCeremony::sent_challenge(&ours).0;
        keep(&self.sign_ins, challenge, ours, now);
        serde_json::to_string(&theirs).map_err(|why| Error::Bug(why.to_string()))
    }

    /// Checks `answer` against the key that it names; answers the key's new state. The question is used up.
    pub fn finish_sign_in(&self, place: &Place, answer: &Answer, known: &Known<'_>, now: Time) -> Result<Vec<u8>> {
        let challenge = answer.0.challenge_relaxed().map_err(|why| refused(&why))?.0;
        let asked = take(&self.sign_ins, challenge, now)?;
        let broken = || Error::Bug("a stored passkey cannot be read".into());
        let key = StaticState::<CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>>::decode(known.key)
            .map_err(|_| broken())?;
        let state: [u8; 7] = known.state.try_into().map_err(|_| broken())?;
        let state = DynamicState::decode(state).map_err(|_| broken())?;
        let handle = user_handle(known.handle);
        let mut credential =
            AuthenticatedCredential::new(answer.0.raw_id(), &handle, key, state).map_err(|_| broken())?;
        let options = AuthenticationVerificationOptions::<String, String> {
            allowed_origins: std::slice::from_ref(&place.origin),
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        asked.verify(&place.rp, &answer.0, &mut credential, &options).map_err(|why| refused(&why))?;
        Ok(infallible(credential.dynamic_state().encode()).to_vec())
    }
}

fn keep<T>(all: &Mutex<HashMap<u128, (Time, T)>>, challenge: u128, asked: T, now: Time) {
    let mut all = all.lock().expect("no holder panics");
    if all.len() >= ROOM {
        all.retain(|_, (at, _)| now.since(*at) < PATIENCE);
        // Somebody asks without end: the eldest question makes room.
        if all.len() >= ROOM
            && let Some(eldest) = all.iter().min_by_key(|(_, (at, _))| *at).map(|(challenge, _)| *challenge)
        {
            all.remove(&eldest);
        }
    }
    all.insert(challenge, (now, asked));
}

fn take<T>(all: &Mutex<HashMap<u128, (Time, T)>>, challenge: u128, now: Time) -> Result<T> {
    let found = all.lock().expect("no holder panics").remove(&challenge);
    let fresh = found.filter(|(at, _)| now.since(*at) < PATIENCE);
    fresh.map(|(_, asked)| asked).ok_or_else(|| refused(&"it answers nothing that was asked in the last five minutes"))
}

fn user_handle(handle: Handle) -> UserHandle64 {
    infallible(UserHandle64::decode(handle))
}

fn infallible<T>(result: Result<T, std::convert::Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

fn refused(why: &dyn std::fmt::Display) -> Error {
    Error::invalid("credential", format!("cannot be accepted: {why}"))
}

#[cfg(test)]
pub(crate) mod authenticator;

#[cfg(test)]
mod tests {
    use super::authenticator::Authenticator;
    use super::*;

    const ORIGIN: &str = "https://here.example";
    const NOW: Time = Time(1_786_111_355_000);

    fn place() -> Place {
        let rp = RpId::Domain(AsciiDomain::try_from("here.example".to_owned()).expect("a domain"));
        Place { rp, origin: ORIGIN.into() }
    }

    fn owner() -> Owner {
        Owner { handle: [7; 64], username: "alice".into(), display_name: "Alice \u{202e}".into(), known: Vec::new() }
    }

    fn registered(ceremonies: &Ceremonies, device: &mut Authenticator) -> NewKey {
        let asked = ceremonies.start_registration(&place(), &owner(), NOW).expect("asks");
        ceremonies.finish_registration(&place(), [7; 64], &device.create(&asked), NOW).expect("a key")
    }

    fn sign_in(ceremonies: &Ceremonies, answer: &str, key: &NewKey, handle: Handle, now: Time) -> Result<Vec<u8>> {
        let known = Known { handle, key: &key.key, state: &key.state };
        ceremonies.finish_sign_in(&place(), &Answer::read(answer)?, &known, now)
    }

    #[test]
    fn passkeys_belong_to_a_host_name() {
        for (domain, development, origin) in [
            ("here.example", false, Some("https://here.example")),
            ("localhost:3000", true, Some("http://localhost:3000")),
            ("127.0.0.1:3000", true, None),
            ("[::1]:3000", true, None),
        ] {
            let (_folder, app) = crate::testing::app();
            let config = Config { domain: domain.into(), development, ..app.config.clone() };
            assert_eq!(Place::of(&config).map(|place| place.origin).as_deref(), origin, "{domain}");
        }
    }

    #[test]
    fn a_key_is_made_and_signs_in() {
        let (ceremonies, mut device) = (Ceremonies::default(), Authenticator::new(ORIGIN, 1));
        let mut key = registered(&ceremonies, &mut device);
        assert_eq!(key.credential_id, [1; 32]);
        for _ in 0..3 {
            let answer = device.get(&ceremonies.start_sign_in(&place(), NOW).expect("asks"));
            assert_eq!(Answer::read(&answer).expect("reads").credential(), key.credential_id);
            key.state = sign_in(&ceremonies, &answer, &key, [7; 64], NOW).expect("signs in");
        }
    }

    #[test]
    fn another_origin_time_person_question_or_device_is_refused() {
        let (ceremonies, mut device) = (Ceremonies::default(), Authenticator::new(ORIGIN, 1));
        let key = registered(&ceremonies, &mut device);
        let ask = || ceremonies.start_sign_in(&place(), NOW).expect("asks");
        let late = NOW.plus(PATIENCE);
        for (what, handle, now) in [("another person", [8; 64], NOW), ("too late", [7; 64], late)] {
            let answer = device.get(&ask());
            assert!(sign_in(&ceremonies, &answer, &key, handle, now).is_err(), "{what}");
        }
        let answer = device.get(&ask());
        assert!(sign_in(&ceremonies, &answer, &key, [7; 64], NOW).is_ok());
        assert!(sign_in(&ceremonies, &answer, &key, [7; 64], NOW).is_err(), "a replay");
        let strange = Ceremonies::default().start_sign_in(&place(), NOW).expect("asks");
        assert!(sign_in(&ceremonies, &device.get(&strange), &key, [7; 64], NOW).is_err(), "nobody asked this");
        device.origin = "https://here.example.evil.example".into();
        assert!(sign_in(&ceremonies, &device.get(&ask()), &key, [7; 64], NOW).is_err(), "another origin");
        let mut stranger = Authenticator::new(ORIGIN, 1);
        registered(&ceremonies, &mut stranger);
        assert!(sign_in(&ceremonies, &stranger.get(&ask()), &key, [7; 64], NOW).is_err(), "another key");
    }

    #[test]
    fn a_counter_that_goes_back_betrays_a_copy() {
        let (ceremonies, mut device) = (Ceremonies::default(), Authenticator::new(ORIGIN, 1));
        let mut key = registered(&ceremonies, &mut device);
        let ask = || ceremonies.start_sign_in(&place(), NOW).expect("asks");
        key.state = sign_in(&ceremonies, &device.get(&ask()), &key, [7; 64], NOW).expect("signs in");
        device.counter = 0;
        assert!(sign_in(&ceremonies, &device.get(&ask()), &key, [7; 64], NOW).is_err());
    }

    #[test]
    fn a_key_is_kept_only_by_whom_it_was_asked_for_and_once() {
        let (ceremonies, mut device) = (Ceremonies::default(), Authenticator::new(ORIGIN, 1));
        let ask = || ceremonies.start_registration(&place(), &owner(), NOW).expect("asks");
        let answer = device.create(&ask());
        assert!(ceremonies.finish_registration(&place(), [8; 64], &answer, NOW).is_err(), "another person");
        assert!(ceremonies.finish_registration(&place(), [7; 64], &answer, NOW).is_err(), "used up");
        let answer = device.create(&ask());
        assert!(ceremonies.finish_registration(&place(), [7; 64], &answer, NOW.plus(PATIENCE)).is_err(), "too late");
        device.origin = "http://here.example".into();
        let answer = device.create(&ask());
        assert!(ceremonies.finish_registration(&place(), [7; 64], &answer, NOW).is_err(), "another origin");
        for nonsense in ["", "{}", "[]", r#"{"response":{}}"#] {
            assert!(ceremonies.finish_registration(&place(), [7; 64], nonsense, NOW).is_err(), "{nonsense}");
            assert!(Answer::read(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn questions_without_end_push_out_the_eldest() {
        let ceremonies = Ceremonies::default();
        for second in 0..=ROOM as i64 {
            ceremonies.start_sign_in(&place(), NOW.plus(Duration::from_millis(second as u64))).expect("asks");
        }
        assert_eq!(ceremonies.sign_ins.lock().expect("unlocked").len(), ROOM);
    }
}
