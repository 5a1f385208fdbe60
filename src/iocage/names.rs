//! Which jail a name means: exactly one, by equality, or none.
//!
//! iocage itself matches names as patterns, suffixes and prefixes. So a request
//! never hands its name on: the class looks the jail up first and hands iocage
//! the full identifier. A [`JailId`] can be made only here, and everything that
//! changes a jail takes one.

use std::ops::Range;

use crate::error::{Code, Error, Quoted};
use crate::iocage::sets::set_of;
use crate::policy::JailName;

/// What iocage prints for a tag that is not there.
pub(super) const NO_TAG: &str = "-";

/// What a jail is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Its UUID, or where there is none its name.
    pub uuid: String,
    /// The friendly name.
    pub tag: String,
}

/// The jails there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(pub Vec<Name>);

/// A jail that exists, or did a moment ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JailId {
    name: Name,
    twin: Option<String>,
    is_half_made: bool,
}

impl JailId {
    /// What is left of a create that failed: iocage does not know it for a jail, and
    /// nothing can be done with it but to remove it.
    #[must_use]
    pub fn half_made(uuid: &str) -> JailId {
        let name = Name { uuid: uuid.to_owned(), tag: NO_TAG.to_owned() };
        JailId { name, twin: None, is_half_made: true }
    }

    /// Is it that?
    #[must_use]
    pub fn is_half_made(&self) -> bool {
        self.is_half_made
    }

    /// What the answer calls it, and what iocage is given: the one word by which it
    /// finds this jail and no other.
    #[must_use]
    pub fn uuid(&self) -> &str {
        &self.name.uuid
    }

    /// The friendly name.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.name.tag
    }

    /// The friendly name, if it has one.
    #[must_use]
    pub fn own_tag(&self) -> Option<&str> {
        Some(self.tag()).filter(|tag| *tag != NO_TAG)
    }

    /// Another jail whose name differs only in `.` and `_`. The kernel knows a
    /// running jail by a name in which both are `_`, and the Python iocage takes
    /// one for the other.
    #[must_use]
    pub fn twin(&self) -> Option<&str> {
        self.twin.as_deref()
    }
}

/// Which bytes are hexadecimal digits.
const HEX: [bool; 256] = {
    let mut digits = [false; 256];
    let mut byte = 0;
    while byte < digits.len() {
        digits[byte] = (byte as u8).is_ascii_hexdigit();
        byte += 1;
    }
    digits
};

/// A UUID, 8-4-4-4-12 hexadecimal digits.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Most of what is asked about is one, so all of it is looked at, at once, and
    // ten thousand times for one list: hence by a table.
    let is_hex = |part: Range<usize>| bytes[part].iter().fold(true, |all, b| all & HEX[usize::from(*b)]);
    bytes.len() == 36
        && [8, 13, 18, 23].iter().all(|&at| bytes[at] == b'-')
        && [0..8, 9..13, 14..18, 19..23, 24..36].into_iter().all(is_hex)
}

/// Are these one UUID, however it is spelt, or one name?
fn is_same(known: &str, name: &str) -> bool {
    known == name || (known.eq_ignore_ascii_case(name) && is_uuid(known))
}

/// Would iocage, given the word `word`, think of this jail? One generation takes the
/// word for a regular expression that ends a dataset's name, without regard to case,
/// and a template's dataset is called by its tag; both for a tag, to the letter. All
/// but equality only matters once the jail that was meant is gone.
fn could_be_meant_by(word: &str, other: &Name) -> bool {
    let ends = |text: &str| {
        let start = text.len().checked_sub(word.len()).filter(|start| text.is_char_boundary(*start));
        start.is_some_and(|start| text[start..].eq_ignore_ascii_case(word))
    };
    is_same(&other.uuid, word) || other.tag == word || (ends(&other.tag) && is_uuid(word))
}

/// Does the kernel know these two by one name, as it does for the Python iocage?
pub(super) fn are_twins(a: &str, b: &str) -> bool {
    let plain = |c: u8| if c == b'.' { b'_' } else { c };
    a.len() == b.len() && a != b && a.bytes().map(plain).eq(b.bytes().map(plain))
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.uuid, self.tag)
    }
}

/// How many names an error lists.
const NAMED: usize = 8;

impl Names {
    /// Refuse a new name for a jail that it has, or that another has.
    ///
    /// # Errors
    /// [`Code::TagInUse`], naming that one.
    pub fn refuse_called(&self, name: &str, jail: &JailId) -> Result<(), Error> {
        if jail.tag() == name || jail.uuid() == name {
            let message = format!("the jail {} is called {} as it is", jail.uuid(), Quoted(name));
            return Err(Error::about("name", Code::TagInUse, message));
        }
        let others = self.0.iter().filter(|other| other.uuid != jail.uuid()).cloned();
        let taken = Names(others.collect()).refuse_taken(&[name.to_owned()]);
        taken.map_err(|error| Error { key: Some("name"), ..error })
    }

    /// The one jail that `name` means, if the word that iocage is then given, its
    /// UUID, leads to no other.
    ///
    /// # Errors
    /// [`Code::UnknownJail`] or [`Code::AmbiguousJail`], naming candidates.
    pub fn resolve(&self, name: &JailName) -> Result<JailId, Error> {
        let name = name.as_str();
        let means = |known: &&Name| is_same(&known.uuid, name) || known.tag == name;
        let found: Vec<_> = self.0.iter().filter(means).collect();
        match found[..] {
            [jail] => {
                self.refuse_confusable(name, jail)?;
                let name = jail;
                let twin = self.0.iter().find(|other| are_twins(&other.uuid, &name.uuid));
                Ok(JailId {
                    name: name.clone(),
                    twin: twin.map(|twin| twin.uuid.clone()),
                    is_half_made: false,
                })
            }
            [] => Err(Error::about("jail", Code::UnknownJail, self.unknown(name))),
            _ => {
                let list: Vec<_> = found.iter().take(NAMED).map(|name| name.to_string()).collect();
                let is_of_several = found.iter().filter(|jail| is_same(&jail.uuid, name)).count() > 1;
                let advice = match is_uuid(name) {
                    false if is_of_several => "rename one of them",
                    false => "use the UUID",
                    true if is_of_several => "give one of them another UUID, with iocage itself",
                    true => "give that whose tag it is another one, with iocage itself",
                };
                let message = format!(
                    "jail {} means {} jails: {}; {advice}",
                    Quoted(name),
                    found.len(),
                    list.join(", ")
                );
                Err(Error::about("jail", Code::AmbiguousJail, message))
            }
        }
    }

    /// Refuse a jail whose UUID would lead iocage to another one, whose tag it is.
    fn refuse_confusable(&self, name: &str, jail: &Name) -> Result<(), Error> {
        let mut others = self.0.iter().filter(|other| !std::ptr::eq(*other, jail));
        let Some(other) = others.find(|other| could_be_meant_by(&jail.uuid, other)) else { return Ok(()) };
        let message = format!(
            "jail {} is {jail}, but given its UUID iocage finds {other} as well; \
             give that one another tag, with iocage itself",
            Quoted(name)
        );
        Err(Error::about("jail", Code::AmbiguousJail, message))
    }

    /// Refuse tags that a jail already has.
    ///
    /// # Errors
    /// [`Code::TagInUse`], naming the jail.
    pub fn refuse_taken(&self, tags: &[String]) -> Result<(), Error> {
        let holder = |tag: &String| {
            self.0
                .iter()
                .find(|known| known.tag == *tag || is_same(&known.uuid, tag) || are_twins(&known.uuid, tag))
        };
        match tags.iter().find_map(|tag| holder(tag).map(|jail| (tag, jail))) {
            None => Ok(()),
            Some((tag, Name { uuid, .. })) if is_same(uuid, tag) => {
                Err(Error::about("props", Code::TagInUse, format!("there is a jail {} already", Quoted(tag))))
            }
            Some((tag, Name { uuid, .. })) if are_twins(uuid, tag) => Err(Error::about(
                "props",
                Code::TagInUse,
                format!("there is a jail {uuid}, and iocage takes {} for the same name", Quoted(tag)),
            )),
            Some((tag, Name { uuid, .. })) => Err(Error::about(
                "props",
                Code::TagInUse,
                format!("the jail {uuid} has the tag {}; iocage would take it away", Quoted(tag)),
            )),
        }
    }

    /// The jails that were not there `before`, as iocage tells of a new one: those of
    /// these tags, or where a request gave none, all, among which may be others'.
    #[must_use]
    pub fn new_since(&self, before: &Names, tags: &[String]) -> Vec<String> {
        let was_there = before.index();
        // 1.7.x takes `count` for nothing, and gives the tag as it is.
        let is_of = |tag: &String, name: &Name| {
            tag.strip_prefix(&*name.tag).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        };
        let is_meant = |name: &&Name| tags.is_empty() || tags.iter().any(|tag| is_of(tag, name));
        let new = self.0.iter().filter(|name| !was_there(&name.uuid));
        new.filter(is_meant).map(Name::to_string).collect()
    }

    /// [`holds`](Self::holds) for many questions.
    pub fn index(&self) -> impl Fn(&str) -> bool + use<> {
        let plain = |uuid: &str| if is_uuid(uuid) { uuid.to_ascii_lowercase() } else { uuid.to_owned() };
        let known = set_of(self.0.iter().map(|known| plain(&known.uuid)));
        move |uuid| known.contains(&plain(uuid))
    }

    /// Is there a jail with this UUID?
    #[must_use]
    pub fn holds(&self, uuid: &str) -> bool {
        self.0.iter().any(|known| is_same(&known.uuid, uuid))
    }

    fn unknown(&self, name: &str) -> String {
        // Tags first: a few letters are in any UUID.
        let known = self.0.iter().map(|known| &known.tag).chain(self.0.iter().map(|known| &known.uuid));
        format!("jail {} does not exist{}", Quoted(name), did_you_mean(known, name))
    }
}

/// Which of the known names somebody who wrote `name` may have meant, as the end of a
/// sentence; nothing where there is none.
pub(super) fn did_you_mean<'k>(known: impl Iterator<Item = &'k String>, name: &str) -> String {
    let mut similar: Vec<String> = Vec::new();
    for known in known.filter(|known| is_similar(known, name)).map(|known| Quoted(known).to_string()) {
        if similar.len() < NAMED && !similar.contains(&known) {
            similar.push(known);
        }
    }
    if similar.is_empty() { String::new() } else { format!("; did you mean {}?", similar.join(" or ")) }
}

/// Could somebody who wrote `name` have meant `known`? One is in the other, or
/// they differ in one character.
fn is_similar(known: &str, name: &str) -> bool {
    // Names are ASCII, and the tables for the rest of Unicode are large.
    let (known, name) = (known.to_ascii_lowercase(), name.to_ascii_lowercase());
    if known.contains(&name) || (known.len() > 2 && name.contains(&known)) {
        return true;
    }
    let differing = known.chars().zip(name.chars()).filter(|(a, b)| a != b).count();
    known.chars().count() == name.chars().count() && differing == 1
}

#[cfg(test)]
mod tests;
