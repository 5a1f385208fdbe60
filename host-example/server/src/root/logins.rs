//! Logins: is he who he says, and for how long is that so.
//!
//! Everything is asked of the file of accounts as it is now: who is taken out of it, gets another password or loses a token
//! is nobody from then on, in connections that are open, too. What a login leads to is a session, a token that is good
//! while it is used (sysadm's `rpc/auth`); what comes with a request over HTTP is good for that request. A password that
//! was right is remembered for some time, as a digest under a key of this process: else each request over HTTP would
//! cost what a login has to cost.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use sha2::{Digest, Sha256};
use sysadm_host::Level;

use super::caller::{Caller, Proof};
use super::counted::{Counted, Place};
use super::log::Log;
use super::throttle::{FREE, Origin, Throttle};
use crate::accounts::{Account, Accounts, AccountsError, Grounds, Stamp};
use crate::wire::frame::Login;

/// How long a password that was right is remembered.
const REMEMBERED: Duration = Duration::from_secs(300);
const MOST_REMEMBERED: usize = 1024;
/// Sessions of one account, and of all; one more ends the oldest.
const MOST_OF_ONE: usize = 64;
const MOST_SESSIONS: usize = 4096;

/// What becomes of a login.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is he.
    In(Caller),
    /// It is not, or there is nobody of that name.
    Wrong,
    /// There were too many failures: to be tried again after so long.
    Wait(Duration),
    /// The accounts cannot be asked, which is nobody's failure.
    Closed,
}

/// Why somebody is not who he was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// That is over.
    Over,
    /// The accounts cannot be asked now; he may be again when they can.
    Closed,
}

/// Checks of passwords of one origin that wait or are worked on: one more is told to come again, or one could keep all others out.
const MOST_CHECKS: usize = 4;

type Key = [u8; 32];

/// Who is logged in.
pub(crate) struct Logins {
    path: PathBuf,
    log: Log,
    secret: Key,
    state: Mutex<State>,
    checks: Arc<Counted<Origin>>,
    /// Of these, what is being looked at.
    under_way: Arc<Counted<Origin>>,
}

struct State {
    accounts: Arc<Accounts>,
    has_looked: bool,
    /// There are no accounts that can be asked.
    is_closed: bool,
    stamp: Option<Stamp>,
    throttle: Throttle,
    sessions: HashMap<Key, Session>,
    remembered: HashMap<Key, (String, Instant)>,
    /// How long a session lasts without use.
    lasts: Duration,
    failures: u64,
    successes: u64,
}

/// A login that lasts.
struct Session {
    name: String,
    grounds: Grounds,
    used: Instant,
}

impl Logins {
    /// Those of the file at this path, which need not be there yet.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(crate) fn new(path: PathBuf, lasts: Duration, log: Log) -> Result<Logins, getrandom::Error> {
        let mut secret = Key::default();
        getrandom::fill(&mut secret)?;
        let state = State {
            accounts: Arc::new(Accounts::none()),
            has_looked: false,
            is_closed: false,
            stamp: None,
            throttle: Throttle::default(),
            sessions: HashMap::new(),
            remembered: HashMap::new(),
            lasts,
            failures: 0,
            successes: 0,
        };
        Ok(Logins {
            path,
            log,
            secret,
            state: Mutex::new(state),
            checks: Arc::default(),
            under_way: Arc::default(),
        })
    }

    /// A place for one more check of a password; `None` if there are as many from there as may be.
    pub(crate) fn place(&self, origin: Origin) -> Option<Place<Origin>> {
        self.checks.take(origin, MOST_CHECKS)
    }

    /// How long a session lasts without use.
    pub(crate) fn set_lasts(&self, lasts: Duration) {
        self.state().lasts = lasts;
    }

    /// The same in seconds.
    pub(crate) fn lasts(&self) -> u64 {
        self.state().lasts.as_secs()
    }

    /// How many logins failed and how many did not, and how many sessions there are.
    pub(crate) fn counts(&self) -> (u64, u64, usize) {
        let mut state = self.state();
        let (now, lasts) = (Instant::now(), state.lasts);
        state.sessions.retain(|_, session| now.duration_since(session.used) < lasts);
        (state.failures, state.successes, state.sessions.len())
    }

    /// The file is to be read again, whether or not it looks like another one.
    pub(crate) fn reload(&self) {
        self.state().has_looked = false;
    }

    /// A login that costs nothing to look at: a token, or a password that was right before. `None` if it has to be
    /// [checked](Logins::check).
    pub(crate) fn glance(&self, login: &Login, origin: Origin) -> Option<Verdict> {
        let now = Instant::now();
        let mut state = self.state();
        self.look(&mut state);
        if state.is_closed {
            return Some(Verdict::Closed);
        }
        match login {
            Login::Password { username, password } => {
                let key = self.key(username, password);
                let (name, at) = state.remembered.get(&key)?;
                let grounds = state.accounts.grounds_of_password(name)?;
                let account =
                    (now.duration_since(*at) < REMEMBERED).then(|| state.accounts.get(name)).flatten()?;
                Some(Verdict::In(for_request(account, grounds)))
            }
            Login::Token { token } => {
                let digest: Key = Sha256::digest(token.as_bytes()).into();
                if let Some(caller) = session(&mut state, &digest, now, true) {
                    return Some(Verdict::In(caller));
                }
                if let Some(wait) = state.throttle.must_wait(origin, None, now) {
                    return Some(Verdict::Wait(wait));
                }
                let accounts = Arc::clone(&state.accounts);
                let account = accounts.by_token(token, SystemTime::now());
                let Some((account, grounds)) = account.zip(accounts.grounds_of_token(token)) else {
                    self.failed(&mut state, origin, None, "a token", now);
                    return Some(Verdict::Wrong);
                };
                Some(Verdict::In(for_request(account, grounds)))
            }
        }
    }

    /// Look at any login. It takes a processor for some 27 ms, and is done on threads of its own.
    pub(crate) fn check(&self, login: &Login, origin: Origin) -> Verdict {
        if let Some(verdict) = self.glance(login, origin) {
            return verdict;
        }
        let Login::Password { username, password } = login else { return Verdict::Wrong };
        let now = Instant::now();
        let state = self.state();
        if let Some(wait) = state.throttle.must_wait(origin, Some(username), now) {
            return Verdict::Wait(wait);
        }
        // Else one could guess as often as there are checks at once, before the first is known to have failed.
        let Some(_counts_until_it_is_known) = self.under_way.take(origin, state.throttle.at_once(origin))
        else {
            return Verdict::Wait(Duration::from_secs(1));
        };
        let accounts = Arc::clone(&state.accounts);
        drop(state);
        let account = accounts.by_password(username, password);
        let now = Instant::now();
        let mut state = self.state();
        let Some((account, grounds)) = account.zip(accounts.grounds_of_password(username)) else {
            self.failed(&mut state, origin, Some(username), "a password", now);
            return Verdict::Wrong;
        };
        // The file may have become another one meanwhile.
        if Arc::ptr_eq(&accounts, &state.accounts) {
            if state.remembered.len() >= MOST_REMEMBERED {
                state.remembered.retain(|_, (_, at)| now.duration_since(*at) < REMEMBERED);
            }
            if state.remembered.len() < MOST_REMEMBERED {
                state.remembered.insert(self.key(username, password), (account.name.to_string(), now));
            }
        }
        state.throttle.succeeded(origin, username, now);
        state.successes += 1;
        Verdict::In(for_request(account, grounds))
    }

    /// A session of him whom a verdict has let in: its token, and who he is in it. It stands on what was shown to the verdict, which may be
    /// no good any more. `None` then.
    pub(crate) fn begin(&self, caller: &Caller) -> Option<(String, Caller)> {
        let mut random = Key::default();
        getrandom::fill(&mut random).ok()?;
        let token = written(&random);
        let now = Instant::now();
        let mut state = self.state();
        self.look(&mut state);
        let (name, grounds) = match &caller.proof {
            Proof::Kernel => return None,
            Proof::Request(grounds) => (caller.name.clone(), grounds.clone()),
            // Who shows the token of a session goes on with what that one stands on.
            Proof::Session(digest) => {
                let session = state.sessions.get(digest)?;
                (session.name.clone(), session.grounds.clone())
            }
        };
        make_room(&mut state, &name, now);
        let digest: Key = Sha256::digest(token.as_bytes()).into();
        state.sessions.insert(digest, Session { name, grounds, used: now });
        let caller = session(&mut state, &digest, now, true)?;
        Some((token, caller))
    }

    /// End a session.
    pub(crate) fn end(&self, caller: &Caller) {
        if let Proof::Session(digest) = &caller.proof {
            self.state().sessions.remove(digest);
        }
    }

    /// Who he is now who was this before. `is_use`: does he do something?
    ///
    /// # Errors
    /// He is nobody, for now or for ever.
    pub(crate) fn still(&self, caller: &Caller, is_use: bool) -> Result<Caller, Lost> {
        let is_lowered = caller.is_lowered;
        self.now(caller, is_use).map(|caller| Caller { is_lowered, ..caller })
    }

    fn now(&self, caller: &Caller, is_use: bool) -> Result<Caller, Lost> {
        // Whom the kernel names has no account.
        if matches!(caller.proof, Proof::Kernel) {
            return Ok(caller.clone());
        }
        let now = Instant::now();
        let mut state = self.state();
        self.look(&mut state);
        if state.is_closed {
            return Err(Lost::Closed);
        }
        let found = match &caller.proof {
            Proof::Kernel => None,
            Proof::Session(digest) => session(&mut state, digest, now, is_use),
            Proof::Request(grounds) => {
                let account = state.accounts.still(&caller.name, grounds, SystemTime::now());
                account.map(|account| for_request(account, grounds.clone()))
            }
        };
        found.ok_or(Lost::Over)
    }

    fn failed(&self, state: &mut State, origin: Origin, account: Option<&str>, what: &str, now: Instant) {
        state.failures += 1;
        let count = state.throttle.failed(origin, account, now);
        // What was typed as a name may be a password.
        let known = account.filter(|account| state.accounts.get(account).is_some());
        let of = known.map_or_else(|| "of no account".to_owned(), |name| format!("of {name:?}"));
        let then =
            if count >= FREE { "; logins from there have to wait now, and are answered 429" } else { "" };
        let text = format!("{what} {of} was wrong, from {origin} ({count} from there{then})");
        self.log.line(Level::Warn, "login", &text);
    }

    /// Read the file again, if it is another one, which one look of the system's tells. One that cannot be used is no
    /// accounts at all.
    fn look(&self, state: &mut State) {
        let stamp = Stamp::now(&self.path);
        let has_looked = std::mem::replace(&mut state.has_looked, true);
        if has_looked && stamp == state.stamp {
            return;
        }
        state.stamp = stamp;
        state.remembered.clear();
        state.is_closed = false;
        state.accounts = Arc::new(match Accounts::load(&self.path) {
            Ok(accounts) => accounts,
            Err(why) => {
                state.is_closed = true;
                // Before anybody has made them they are missed by nobody.
                let is_new = matches!(why, AccountsError::Missing(_)) && !has_looked;
                let level = if is_new { Level::Info } else { Level::Error };
                self.log.line(level, "login", &format!("nobody can log in: {why}"));
                Accounts::none()
            }
        });
    }

    fn key(&self, name: &str, password: &str) -> Key {
        let mut hash = Sha256::new();
        hash.update(self.secret);
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update(password);
        hash.finalize().into()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn for_request(account: &Account, grounds: Grounds) -> Caller {
    Caller {
        name: account.name.to_string(),
        rights: account.rights.clone(),
        proof: Proof::Request(grounds),
        is_lowered: false,
    }
}

/// Who he is in this session, if it goes on. Where the accounts cannot be asked nobody is anybody, and none ends for that.
fn session(state: &mut State, digest: &Key, now: Instant, is_use: bool) -> Option<Caller> {
    if state.is_closed {
        return None;
    }
    let session = state.sessions.get_mut(digest)?;
    let account = state.accounts.still(&session.name, &session.grounds, SystemTime::now());
    let account = account.filter(|_| now.duration_since(session.used) < state.lasts);
    let Some(account) = account else {
        state.sessions.remove(digest);
        return None;
    };
    if is_use {
        session.used = now;
    }
    let (name, rights) = (account.name.to_string(), account.rights.clone());
    Some(Caller { name, rights, proof: Proof::Session(*digest), is_lowered: false })
}

/// One more session has its place.
fn make_room(state: &mut State, name: &str, now: Instant) {
    let lasts = state.lasts;
    state.sessions.retain(|_, session| now.duration_since(session.used) < lasts);
    let is_one_too_many =
        state.sessions.values().filter(|session| session.name == name).count() >= MOST_OF_ONE;
    if is_one_too_many || state.sessions.len() >= MOST_SESSIONS {
        let mine = state.sessions.iter().filter(|(_, session)| !is_one_too_many || session.name == name);
        let oldest = mine.min_by_key(|(_, session)| session.used).map(|(digest, _)| *digest);
        oldest.map(|oldest| state.sessions.remove(&oldest));
    }
}

/// 256 random bits as letters and digits, which all clients take.
fn written(random: &Key) -> String {
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
