//! Passwords and tokens: how they are made, and how one that is shown is held against what is kept.
//!
//! Neither can be told from the time that this takes. Of a password it is the same for a name that there is not, and for an
//! account without one; there is one cost, which every hash in the file has to have. Of a token the id is looked up, which is no secret, and the rest is
//! compared as a digest, in constant time.

use argon2::password_hash::{PasswordHashString, SaltString};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::names::{ID_BYTES, TokenId};

/// The most bytes of a password; what is longer is nobody's.
pub const MOST_PASSWORD: usize = 1024;
const LEAST_PASSWORD: usize = 8;
/// What stands before the cost, the salt and the hash in a text of ours.
const COST: &str = "$argon2id$v=19$m=19456,t=2,p=1$";
/// The hash that a password is held against where there is none; that one fits it is not looked at.
const DUMMY: &str = "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const PREFIX: &str = "sat_";
const TOKEN_BYTES: usize = 32;

/// 19 MiB, twice, on one thread: what OWASP names first, some 27 ms here.
fn argon2() -> Argon2<'static> {
    // These are within what the library allows, and are its defaults besides.
    let params = Params::new(19_456, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// May this be a password?
///
/// # Errors
/// Why not; the sentence does not have it.
pub fn is_acceptable(password: &str) -> Result<(), String> {
    if password.chars().count() < LEAST_PASSWORD {
        return Err(format!("a password has at least {LEAST_PASSWORD} characters"));
    }
    if password.len() > MOST_PASSWORD {
        return Err(format!("a password has at most {MOST_PASSWORD} bytes"));
    }
    if password.chars().any(char::is_control) {
        return Err("a password has no control characters, which HTTP cannot carry".to_owned());
    }
    Ok(())
}

/// The hash of a password, in the form of the PHC.
#[derive(Clone, Deserialize, Serialize, PartialEq, Eq)]
#[serde(try_from = "String", into = "String")]
pub(super) struct PasswordHash(PasswordHashString);

impl PasswordHash {
    /// Of a new password.
    ///
    /// # Errors
    /// Why it is none; or that the system has no random numbers.
    pub(super) fn new(password: &str) -> Result<PasswordHash, String> {
        is_acceptable(password)?;
        let salt = SaltString::encode_b64(&random::<16>()?).map_err(|why| format!("no salt: {why}"))?;
        let hash = argon2().hash_password(password.as_bytes(), &salt);
        Ok(PasswordHash(hash.map_err(|why| format!("it cannot be hashed: {why}"))?.serialize()))
    }
}

impl TryFrom<String> for PasswordHash {
    type Error = &'static str;
    fn try_from(text: String) -> Result<PasswordHash, &'static str> {
        let hash = text.starts_with(COST).then(|| PasswordHashString::new(&text).ok()).flatten();
        let whole =
            hash.filter(|hash| hash.salt().is_some() && hash.hash().is_some_and(|hash| hash.len() == 32));
        whole.map(PasswordHash).ok_or(
            "`password` is not a hash that `sysadmctl user passwd` has written ($argon2id$v=19$m=19456,t=2,p=1$...)",
        )
    }
}

impl From<PasswordHash> for String {
    fn from(hash: PasswordHash) -> String {
        hash.0.to_string()
    }
}

/// Is this the password? Without a hash it is not, which is found out in the same time.
pub(super) fn is_password(hash: Option<&PasswordHash>, password: &str) -> bool {
    if password.len() > MOST_PASSWORD {
        return false;
    }
    let dummy = || PasswordHashString::new(&format!("{COST}{DUMMY}")).ok();
    let Some(against) = hash.map(|hash| hash.0.clone()).or_else(dummy) else { return false };
    let fits = argon2().verify_password(password.as_bytes(), &against.password_hash()).is_ok();
    fits & hash.is_some()
}

/// The SHA-256 of a token's text.
#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct TokenHash([u8; 32]);

impl TryFrom<String> for TokenHash {
    type Error = &'static str;
    fn try_from(text: String) -> Result<TokenHash, &'static str> {
        bytes(&text).map(TokenHash).ok_or("`hash` is the SHA-256 of a token, 64 of 0-9 and a-f")
    }
}

impl From<TokenHash> for String {
    fn from(hash: TokenHash) -> String {
        hex(&hash.0)
    }
}

/// The id in the text of a token, if it has the form of one.
pub(super) fn id_of(token: &str) -> Option<&str> {
    let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    (secret.len() == base64url(&[0; TOKEN_BYTES]).len()).then_some(id)
}

/// Is this the token? As of passwords.
pub(super) fn is_token(hash: Option<&TokenHash>, token: &str) -> bool {
    let kept = hash.map_or([0; 32], |hash| hash.0);
    let shown: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    bool::from(shown.ct_eq(&kept)) & hash.is_some()
}

/// A new token: its id, its text, which is nowhere else, and what is kept of it.
///
/// # Errors
/// The system has no random numbers.
pub(super) fn new_token() -> Result<(TokenId, String, TokenHash), String> {
    let id = hex(&random::<ID_BYTES>()?);
    let text = format!("{PREFIX}{id}_{}", base64url(&random::<TOKEN_BYTES>()?));
    let hash = TokenHash(Sha256::digest(text.as_bytes()).into());
    Ok((TokenId::try_from(id)?, text, hash))
}

fn random<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|why| format!("the system has no random numbers: {why}"))?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Option<[u8; 32]> {
    let is_hex = hex.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
    let mut bytes = [0; 32];
    if hex.len() != 64 || !is_hex {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Without padding, and without what a URL or a shell would take for its own.
fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..=three.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        // RFC 4648, section 10, without the padding; and the two letters that are other ones in a URL.
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64url(bytes.as_bytes()), text);
        }
        assert_eq!(base64url(&[0xfb, 0xff, 0xfe]), "-__-");
    }

    #[test]
    fn a_hash_of_another_cost_or_kind_is_none() {
        let ours = String::from(PasswordHash::new("correct horse").expect("hashed"));
        assert!(ours.starts_with(COST) && PasswordHash::try_from(ours.clone()).is_ok());
        assert!(
            PasswordHash::try_from(format!("{COST}{DUMMY}")).is_ok(),
            "the dummy costs what another does"
        );
        for other in [
            String::new(),
            "hunter22".to_owned(),
            COST.to_owned(),
            ours.replace("argon2id", "argon2i"),
            ours.replace("m=19456", "m=8"),
            ours.replace("t=2", "t=200"),
            ours[..ours.len() - 8].to_owned(),
            "$2b$12$WApznUPhDubN0oeveSXHp.Rk0rMQ5RAgRPeKGvKj2.Zw4bT/sMcpu".to_owned(),
        ] {
            let why = PasswordHash::try_from(other.clone()).err().expect(&other);
            assert!(other.is_empty() || other == COST || !why.contains(&other), "{why}");
        }
    }

    #[test]
    fn two_tokens_are_two_and_each_is_its_own() {
        let ((id, one, kept), (_, two, other)) =
            (new_token().expect("a token"), new_token().expect("a token"));
        assert_eq!((id_of(&one), one.len()), (Some(id.as_str()), "sat_".len() + 12 + 1 + 43));
        assert!(is_token(Some(&kept), &one) && !is_token(Some(&kept), &two) && is_token(Some(&other), &two));
        assert!(!is_token(None, &one) && !is_token(Some(&TokenHash([0; 32])), &one));
        for text in [
            "",
            "sat_",
            "sat__",
            "sat_5f0c22a31b9e_",
            "5f0c22a31b9e",
            &one[1..],
            &one[..one.len() - 1],
            &format!("{one}A"),
        ] {
            assert_eq!(id_of(text), None, "{text}");
        }
    }
}
