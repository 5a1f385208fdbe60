//! Properties that are of a jail that there is, and that no set changes: another action does
//! it, or it is what the jail was made of.

use super::props::Props;
use crate::error::{Code, Error};

/// What else does it.
const OTHERS: [(&str, &str); 5] = [
    ("count", "says to createjail how many jails to make"),
    ("istemplate", "is changed by settemplate, which moves the jail"),
    ("release", "is what the jail was made of"),
    ("tag", "is changed by renamejail"),
    ("template", "is changed by settemplate, which moves the jail"),
];

/// Is it among these names, with a blank between? Of a text of their own each would be a relocation.
#[must_use]
pub fn is_in(names: &str, name: &str) -> bool {
    names.split(' ').any(|one| one == name)
}

/// Refuse what is set by nobody: these, and those of a generation's own, which are in `fixed` with
/// a blank between.
///
/// # Errors
/// [`Code::IllegalValue`], for the first of them, and where nothing is set.
pub fn refuse_unsettable(props: &Props, fixed: &str) -> Result<(), Error> {
    let illegal = |message: String| Err(Error::about("props", Code::IllegalValue, message));
    if props.iter().next().is_none() {
        return illegal("`props` sets nothing: name=value words are wanted".to_owned());
    }
    for (name, _) in props.iter() {
        if let Some((_, does)) = OTHERS.iter().find(|(other, _)| *other == name) {
            return illegal(format!("`{name}` cannot be set: it {does}"));
        }
        if is_in(fixed, name) {
            return illegal(format!("`{name}` cannot be set: it is told of a jail, and nobody changes it"));
        }
    }
    Ok(())
}
