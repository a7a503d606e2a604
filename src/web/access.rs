//! Who may read: a password for people, a token derived from it for programs.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How long a session lasts.
const SESSION: TimeDelta = TimeDelta::hours(12);
/// Sessions at one time; the oldest ends for a new one.
const MOST_SESSIONS: usize = 64;
/// Wrong passwords that may be given at once; then one more each [`AGAIN`].
const TRIES: u32 = 5;
/// How long it takes until another wrong password may be given.
const AGAIN: TimeDelta = TimeDelta::seconds(30);

/// Bytes of randomness in a session's name.
const NAME: usize = 32;

/// Sessions, and how often a wrong password was given.
#[derive(Default)]
struct Memory {
    /// When each session ends, by its name.
    sessions: BTreeMap<String, DateTime<Utc>>,
    wrong: u32,
    since: Option<DateTime<Utc>>,
}

/// Who may read.
pub(super) struct Access {
    hash: Option<String>,
    token: Option<String>,
    memory: Mutex<Memory>,
}

/// How a login went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Login {
    /// The name of the new session.
    Open(String),
    /// The password is wrong.
    Wrong,
    /// Too many were wrong; one may be given again after this many seconds.
    Later(i64),
}

impl Access {
    pub(super) fn new(hash: Option<String>) -> Self {
        Self {
            token: hash.as_deref().map(read_token),
            hash,
            memory: Mutex::default(),
        }
    }

    /// Whether a password is needed at all.
    pub(super) fn is_closed(&self) -> bool {
        self.hash.is_some()
    }

    /// The token with which programs read; there is none where none is needed. It changes with the
    /// password.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Whether this is the token.
    pub(super) fn is_token(&self, given: &str) -> bool {
        self.token
            .as_deref()
            .is_some_and(|token| same(token, given))
    }

    /// Whether the session is open.
    pub(super) fn is_open(&self, session: &str, now: DateTime<Utc>) -> bool {
        let memory = self.memory();
        memory.sessions.get(session).is_some_and(|&end| now < end)
    }

    /// Ends a session.
    pub(super) fn close(&self, session: &str) {
        self.memory().sessions.remove(session);
    }

    /// Tries a password. It takes some tens of milliseconds and as many megabytes, by design: not for
    /// a thread of the runtime.
    pub(super) fn log_in(&self, password: &str, now: DateTime<Utc>) -> Login {
        let Some(hash) = self.hash.as_deref() else {
            return Login::Wrong;
        };
        if let Some(seconds) = self.must_wait(now) {
            return Login::Later(seconds);
        }
        let verified = Argon2::default().verify_password(password.as_bytes(), hash);
        if verified.is_err() {
            return Login::Wrong;
        }
        let mut memory = self.memory();
        (memory.wrong, memory.since) = (0, None);
        memory.sessions.retain(|_, end| now < *end);
        while memory.sessions.len() >= MOST_SESSIONS {
            let oldest = memory.sessions.iter().min_by_key(|(_, end)| **end);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                break;
            };
            memory.sessions.remove(&oldest);
        }
        let Some(name) = random_name() else {
            return Login::Wrong;
        };
        memory.sessions.insert(name.clone(), now + SESSION);
        Login::Open(name)
    }

    /// Counted for everybody together: behind a proxy all addresses are one. A try counts as wrong until
    /// it proved right, so that many at once are not all let through.
    fn must_wait(&self, now: DateTime<Utc>) -> Option<i64> {
        let mut memory = self.memory();
        if let Some(since) = memory.since {
            let passed = (now - since).num_seconds().max(0) / AGAIN.num_seconds();
            let forgiven = u32::try_from(passed).unwrap_or(u32::MAX);
            if forgiven > 0 {
                memory.wrong = memory.wrong.saturating_sub(forgiven);
                memory.since = Some(now);
            }
        }
        if memory.wrong < TRIES {
            memory.wrong += 1;
            memory.since = Some(now);
            return None;
        }
        let waited = memory.since.map_or(0, |since| (now - since).num_seconds());
        Some((AGAIN.num_seconds() - waited).clamp(1, AGAIN.num_seconds()))
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hashes a password for `web.password_hash`, with a salt of its own.
///
/// # Errors
/// In words, when the system gives no randomness or the password cannot be hashed.
pub fn hash_password(password: &str) -> Result<String, String> {
    let hash: PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

/// Whether a text is a hash that [`hash_password`] could have made.
pub fn is_password_hash(text: &str) -> bool {
    text.starts_with("$argon2id$") && PasswordHash::new(text).is_ok_and(|hash| hash.hash.is_some())
}

/// Who knows the hash can derive it, who knows it cannot learn the hash.
fn read_token(hash: &str) -> String {
    let mac = <Hmac<Sha256>>::new_from_slice(hash.as_bytes()).map(|mut mac| {
        mac.update(b"coverd: token to read, version 1");
        mac.finalize().into_bytes()
    });
    mac.map_or_else(|_| String::new(), |bytes| URL_SAFE_NO_PAD.encode(bytes))
}

/// Compares without telling by its time how much is the same.
fn same(a: &str, b: &str) -> bool {
    let differs = a
        .bytes()
        .zip(b.bytes())
        .fold(0, |all, (a, b)| all | (a ^ b));
    !a.is_empty() && a.len() == b.len() && differs == 0
}

/// A name that nobody can guess.
fn random_name() -> Option<String> {
    use std::io::Read as _;
    let mut bytes = [0_u8; NAME];
    let mut random = std::fs::File::open("/dev/urandom").ok()?;
    random.read_exact(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn access() -> Access {
        Access::new(Some(hash_password("open sesame").unwrap()))
    }

    #[test]
    fn the_password_opens_a_session_that_ends() {
        let access = access();
        let Login::Open(session) = access.log_in("open sesame", instant(0)) else {
            panic!("not let in");
        };
        assert!(access.is_open(&session, instant(60)));
        assert!(!access.is_open(&session, instant(13 * 3_600)));
        assert!(!access.is_open("", instant(0)));
        access.close(&session);
        assert!(!access.is_open(&session, instant(60)));
    }

    #[test]
    fn after_five_wrong_ones_a_password_has_to_wait() {
        let access = access();
        for _ in 0..TRIES {
            assert_eq!(access.log_in("guess", instant(0)), Login::Wrong);
        }
        // The right one waits too: else the answer would tell it.
        assert_eq!(access.log_in("open sesame", instant(10)), Login::Later(20));
        assert_eq!(access.log_in("guess", instant(31)), Login::Wrong);
        assert!(matches!(
            access.log_in("guess", instant(32)),
            Login::Later(_)
        ));
        assert!(matches!(
            access.log_in("open sesame", instant(70)),
            Login::Open(_)
        ));
    }

    #[test]
    fn hashes_are_told_from_passwords() {
        let hash = hash_password("open sesame").unwrap();
        assert!(is_password_hash(&hash));
        assert_ne!(hash, hash_password("open sesame").unwrap());
        for no in ["open sesame", "", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA"] {
            assert!(!is_password_hash(no), "{no}");
        }
    }

    #[test]
    fn the_token_belongs_to_the_password() {
        let (one, other) = (access(), access());
        let token = one.token().unwrap();
        assert!(token.len() > 40);
        assert!(one.is_token(token));
        assert!(!other.is_token(token), "another salt, another token");
        assert!(!one.is_token("") && !Access::new(None).is_token(""));
    }
}
