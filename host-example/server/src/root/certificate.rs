//! The certificate of the server and its key: read where there are some, made where there are none.
//!
//! They are read by the part that is root, and given to the front: the key is a file that nobody else can read.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use webpki::EndEntityCert;

use super::folder;
use crate::accounts::When;
use crate::beside::beside;
use crate::config::{Tls, regular};

/// How long one lasts that is made here, in days: what browsers take of one at most.
const DAYS: u64 = 397;

/// From when on its end is told of, in seconds before it.
const SOON: u64 = 30 * 24 * 3600;

/// What one that is made here says of who has made it, so that it is known again: what is told of it is not what is told of one that
/// somebody has put there.
const MAKER: &str = "made by sysadmd";

const NO_DAY: &str = "the clock tells a year in which there are none";

/// PEM.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// The certificate and its key; made, if neither is there. Tells whether they were. Those that cannot be served are refused here, before
/// the front is told: it would go on with what it has, and could not begin with these when it is started again.
///
/// # Errors
/// A sentence with the path.
pub(crate) fn take(tls: &Tls, hostname: &str) -> Result<(Pair, bool), String> {
    let is_made = !is_there(tls);
    if is_made {
        make(tls, hostname)?;
    }
    Ok((read_pair(tls)?, is_made))
}

/// Is there one of the two, so that none is made? A link that leads nowhere is there: where it leads to may be what is to come back.
pub(crate) fn is_there(tls: &Tls) -> bool {
    [&tls.certificate, &tls.key].into_iter().any(|path| std::fs::symlink_metadata(path).is_ok())
}

/// Those that are there, if they can be served.
///
/// # Errors
/// A sentence with the paths.
pub(crate) fn read_pair(tls: &Tls) -> Result<Pair, String> {
    let pair = Pair { certificate: read(&tls.certificate, false)?, key: read(&tls.key, true)? };
    crate::front::is_pair(&pair.certificate, &pair.key)
        .map_err(|why| format!("{}, {}: {why}", tls.certificate.display(), tls.key.display()))?;
    Ok(pair)
}

fn read(path: &Path, is_secret: bool) -> Result<String, String> {
    let read = || -> io::Result<String> {
        let (text, about) = regular(path)?;
        if is_secret && about.mode() & 0o077 != 0 {
            return Err(io::Error::other("others can read it; `chmod 600` it, and think of it as known"));
        }
        Ok(text)
    };
    read().map_err(|why| format!("cannot read {}: {why}", path.display()))
}

/// Could they be made, by the names that are to be in it and where they are to be? Nothing is.
///
/// # Errors
/// What a start would say.
pub(crate) fn judge(tls: &Tls, hostname: &str, run: &Path) -> Result<(), String> {
    wanted(tls, hostname)?;
    for path in [&tls.key, &tls.certificate] {
        let named = |why: io::Error| failed(&cannot_write(&draft(path), &why));
        folder::will_be(path.parent().unwrap_or(path), run).map_err(named)?;
    }
    Ok(())
}

fn failed(why: &dyn fmt::Display) -> String {
    format!("cannot make a certificate: {why}")
}

fn make(tls: &Tls, hostname: &str) -> Result<(), String> {
    let params = wanted(tls, hostname)?;
    let key = KeyPair::generate().map_err(|why| failed(&why))?;
    let certificate = params.self_signed(&key).map_err(|why| failed(&why))?;
    let (key, certificate) = (key.serialize_pem(), certificate.pem());
    let files =
        [(tls.key.as_path(), key.as_str(), 0o600), (tls.certificate.as_path(), certificate.as_str(), 0o644)];
    write(files).map_err(|why| failed(&why))
}

/// What is to stand in it.
fn wanted(tls: &Tls, hostname: &str) -> Result<CertificateParams, String> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, hostname);
    params.distinguished_name.push(DnType::OrganizationName, MAKER);
    params.use_authority_key_identifier_extension = false;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = When::of(std::time::SystemTime::now());
    let begins = day(now).ok_or_else(|| failed(&NO_DAY))?;
    let end = now.after(Duration::from_secs(DAYS * 24 * 3600));
    let ends = day(end).ok_or_else(|| failed(&NO_DAY))?;
    params.not_before = date_time_ymd(begins.0, begins.1, begins.2);
    params.not_after = date_time_ymd(ends.0, ends.1, ends.2);
    let listens = tls.listen.iter().map(|address| address.ip()).filter(|address| !address.is_unspecified());
    let names = tls.names.iter().map(String::as_str).chain([hostname, "localhost"]);
    let addresses = [IpAddr::from([127, 0, 0, 1])].into_iter().chain(listens);
    let mut sans: Vec<SanType> = addresses.map(SanType::IpAddress).collect();
    for name in names {
        sans.push(match name.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(name.try_into().map_err(|why| failed(&format!("{name:?}: {why}")))?),
        });
    }
    sans.dedup();
    params.subject_alt_names = sans;
    Ok(params)
}

/// The day of a certificate; none beyond the year 9999, which it cannot tell and what makes it does not take.
fn day(when: When) -> Option<(i32, u8, u8)> {
    let text = when.to_string();
    let (date, _) = text.split_once('T')?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let year = year.parse().ok().filter(|year| (1950..=9999).contains(year))?;
    Some((year, month.parse().ok()?, day.parse().ok()?))
}

/// What clients will not take of the certificate, or soon will not: in sentences.
///
/// That an address of `tls.listen` is not in it is told of the server's own, which had them all when it was made, and of one without names.
/// One that somebody has got for names is used by these, wherever the server listens.
pub(crate) fn doubts(tls: &Tls, now: UnixTime) -> Vec<String> {
    let Ok(text) = read(&tls.certificate, false) else { return Vec::new() };
    let Some(first) = first(&text) else { return Vec::new() };
    let Ok(certificate) = EndEntityCert::try_from(&first) else { return Vec::new() };
    let (shown, key) = (tls.certificate.display(), tls.key.display());
    let is_own = is_own(&certificate);
    let another = if is_own {
        format!("another is made at a start where {shown} and {key} are not there")
    } else {
        format!("put another with its key at {shown} and {key}, and reload")
    };
    let is_for_names = !is_own && certificate.valid_dns_names().next().is_some();
    let listens = tls.listen.iter().map(|address| address.ip());
    let listens = listens.filter(|address| !is_for_names && !address.is_unspecified());
    let listens = listens.map(|address| ("listen", address.to_string()));
    let names = tls.names.iter().map(|name| ("names", name.clone()));
    let mut doubts = Vec::new();
    for (key, name) in listens.chain(names) {
        if !is_in(&certificate, &name) {
            doubts.push(format!(
                "`tls.{key}`: {name} is not in {shown}, so that clients refuse it there; {another}"
            ));
        }
    }
    // Nobody's: what is asked is the time alone, which is looked at first.
    let wrong_at = |time| {
        let usage = webpki::KeyUsage::server_auth();
        certificate.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &[], &[], time, usage, None, None).err()
    };
    let day = |time: UnixTime| When::of(UNIX_EPOCH + Duration::from_secs(time.as_secs()));
    let soon = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs().saturating_add(SOON)));
    match (wrong_at(now), wrong_at(soon)) {
        (Some(webpki::Error::CertNotValidYet { not_before, .. }), _) => doubts.push(format!(
            "`tls.certificate`: {shown} begins at {}, so that clients refuse it until then; if the clock is right, {another}",
            day(not_before)
        )),
        (Some(webpki::Error::CertExpired { not_after, .. }), _) => {
            doubts.push(format!("`tls.certificate`: {shown} ended at {}; {another}", day(not_after)));
        }
        (_, Some(webpki::Error::CertExpired { not_after, .. })) => {
            doubts.push(format!("`tls.certificate`: {shown} ends at {}; {another}", day(not_after)));
        }
        _ => {}
    }
    doubts
}

/// Is it one that was made here?
fn is_own(certificate: &EndEntityCert<'_>) -> bool {
    let (issuer, subject) = (certificate.issuer(), certificate.subject());
    issuer == subject && subject.windows(MAKER.len()).any(|part| part == MAKER.as_bytes())
}

/// Is a name or an address of `tls.names` or `tls.listen` in it?
fn is_in(certificate: &EndEntityCert<'_>, name: &str) -> bool {
    match ServerName::try_from(name) {
        Ok(name) => certificate.verify_is_valid_for_subject_name(&name).is_ok(),
        // `*.example.org` is nobody's name, so that it is not to be verified; as it stands it is in it or not.
        Err(_) => certificate.valid_dns_names().any(|other| other.eq_ignore_ascii_case(name)),
    }
}

fn first(certificate: &str) -> Option<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(certificate.as_bytes()).next()?.ok()
}

/// Files that are there together or not at all: half of them would keep every later start from making both.
fn write(files: [(&Path, &str, u32); 2]) -> Result<(), String> {
    let mut made = Vec::new();
    let mut write = || -> Result<(), String> {
        for (path, text, mode) in files {
            let new = draft(path);
            let named = |why: io::Error| cannot_write(&new, &why);
            // Of a start that was ended in the middle.
            let _ = std::fs::remove_file(&new);
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(mode).open(&new).map_err(named)?;
            made.push(new.clone());
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(named)?;
        }
        for (path, ..) in files {
            std::fs::rename(draft(path), path).map_err(|why| cannot_write(path, &why))?;
            made.push(path.to_owned());
        }
        Ok(())
    };
    write().inspect_err(|_| made.iter().for_each(|path| drop(std::fs::remove_file(path))))
}

fn cannot_write(path: &Path, why: &io::Error) -> String {
    format!("cannot write {}: {why}", path.display())
}

/// Where a file is made that is to be at this path.
fn draft(path: &Path) -> PathBuf {
    beside(path, ".new")
}

/// The SHA-256 of the first certificate, as clients show it, so that a person can compare.
pub(crate) fn fingerprint(certificate: &str) -> Option<String> {
    let digest = Sha256::digest(first(certificate)?);
    Some(digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_days_of_four_figures() {
        let of = |seconds| day(When::of(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds)));
        assert_eq!(of(253_402_300_799), Some((9999, 12, 31)));
        assert_eq!(of(253_402_300_800), None);
        assert_eq!(of(1 << 40), None);
    }

    #[test]
    fn what_clients_would_refuse_is_told() {
        let folder = std::env::temp_dir().join(format!("sysadmd-doubts-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a folder");
        let listen =
            vec!["127.0.0.1:1".parse().expect("an address"), "0.0.0.0:1".parse().expect("an address")];
        let mut tls = Tls {
            listen,
            certificate: folder.join("certificate"),
            key: folder.join("key"),
            names: ["jails.example.org", "*.jails.example.org"].map(str::to_owned).to_vec(),
            ..Tls::default()
        };
        take(&tls, "host").expect("made");
        let days = |days: u64| {
            let now = UnixTime::now().as_secs();
            UnixTime::since_unix_epoch(Duration::from_secs(now + days * 24 * 3600))
        };
        assert_eq!((doubts(&tls, days(0)), doubts(&tls, days(DAYS - 32))), (Vec::new(), Vec::new()));
        let soon = doubts(&tls, days(DAYS - 20)).concat();
        assert!(soon.contains(" ends at ") && soon.contains("`tls.certificate`"), "{soon}");
        assert!(soon.contains("another is made at a start"), "{soon}");
        assert!(doubts(&tls, days(DAYS + 2)).concat().contains(" ended at "));
        tls.listen.push("[2001:db8::1]:1".parse().expect("an address"));
        tls.names.push("other.example.org".to_owned());
        let told = doubts(&tls, days(0));
        assert!(
            told.len() == 2
                && told[0].contains("`tls.listen`: 2001:db8::1")
                && told[1].contains("`tls.names`: other."),
            "{told:?}"
        );
        let _ = std::fs::remove_dir_all(&folder);
    }

    /// Put there a certificate for these that was made elsewhere; its days count from today.
    fn foreign(tls: &Tls, sans: &[&str], days: [u64; 2]) {
        let mut params = CertificateParams::new(sans.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
            .expect("names of a certificate");
        let at = |days: u64| {
            let (year, month, day) =
                day(When::of(std::time::SystemTime::now() + Duration::from_secs(days * 24 * 3600)))
                    .expect("it has a day");
            date_time_ymd(year, month, day)
        };
        (params.not_before, params.not_after) = (at(days[0]), at(days[1]));
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        std::fs::write(&tls.certificate, certificate.pem()).expect("written");
        std::fs::write(&tls.key, key.serialize_pem()).expect("written");
    }

    #[test]
    fn one_that_was_made_elsewhere_is_doubted_for_what_it_is_for() {
        let folder = std::env::temp_dir().join(format!("sysadmd-foreign-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a folder");
        let mut tls = Tls {
            listen: vec!["192.0.2.1:1".parse().expect("an address")],
            certificate: folder.join("certificate"),
            key: folder.join("key"),
            ..Tls::default()
        };
        let none = Vec::<String>::new();
        let told = |tls: &Tls| doubts(tls, UnixTime::now());
        // It is used by its name, which leads to the address.
        foreign(&tls, &["jails.example.org", "*.jails.example.org"], [0, 90]);
        assert_eq!(told(&tls), none);
        for name in ["jails.example.org", "a.jails.example.org", "*.jails.example.org", "*.Jails.example.org"]
        {
            tls.names = vec![name.to_owned()];
            assert_eq!(told(&tls), none, "{name}");
        }
        tls.names = vec!["*.example.org".to_owned()];
        let said = told(&tls).concat();
        assert!(said.contains("`tls.names`: *.example.org is not in"), "{said}");
        assert!(said.contains("put another") && !said.contains("is made"), "{said}");
        // It has no name by which it could be used.
        tls.names.clear();
        foreign(&tls, &["192.0.2.2"], [0, 90]);
        assert!(told(&tls).concat().contains("`tls.listen`: 192.0.2.1 is not in"));
        foreign(&tls, &["jails.example.org"], [2, 90]);
        let said = told(&tls).concat();
        assert!(said.contains("`tls.certificate`") && said.contains(" begins at "), "{said}");
        foreign(&tls, &["jails.example.org"], [0, 20]);
        let said = told(&tls).concat();
        assert!(said.contains(" ends at ") && !said.contains("is made"), "{said}");
        let _ = std::fs::remove_dir_all(&folder);
    }

    #[test]
    fn where_one_cannot_be_written_neither_is_left() {
        let folder = std::env::temp_dir().join(format!("sysadmd-certificate-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a folder");
        let mut tls =
            Tls { certificate: folder.join("not/there"), key: folder.join("key"), ..Tls::default() };
        assert!(take(&tls, "host").map(drop).expect_err("no folder").contains("not/there"));
        let left: Vec<_> =
            std::fs::read_dir(&folder).expect("there").flatten().map(|file| file.path()).collect();
        assert_eq!(left, [""; 0].map(PathBuf::from));
        tls.certificate = folder.join("certificate");
        // What a start left that was ended in the middle is in nobody's way.
        std::fs::write(folder.join("key.new"), "").expect("written");
        assert!(take(&tls, "host").expect("both are made").1);
        assert!(!take(&tls, "host").expect("both are read").1);
        let _ = std::fs::remove_dir_all(&folder);
    }
}
