//! The tables that the Python iocage prints: their columns, and what tells a row.

use crate::iocage::rows::Fields;

/// `list -lh`: JID NAME BOOT STATE TYPE RELEASE IP4 IP6 TEMPLATE BASEJAIL.
pub(super) const LIST: Fields<7> = Fields {
    count: 10,
    columns: [0, 1, 2, 3, 1, 4, 6],
    words: Some(["JID", "NAME", "BOOT", "STATE", "NAME", "TYPE", "IP4"]),
    nothing: Some("None"),
};
/// The same by what it has beyond these, and what tells a row.
pub(super) const MORE: Fields<7> = Fields {
    count: 10,
    columns: [1, 5, 7, 8, 9, 2, 3],
    words: Some(["NAME", "RELEASE", "IP6", "TEMPLATE", "BASEJAIL", "BOOT", "STATE"]),
    nothing: Some("None"),
};
/// `df -lh`: NAME CRT RES QTA USE AVA.
pub(super) const DF: Fields<7> = Fields {
    count: 6,
    columns: [0, 1, 2, 3, 4, 5, 0],
    words: Some(["NAME", "CRT", "RES", "QTA", "USE", "AVA", "NAME"]),
    nothing: Some("None"),
};
/// `get -rh PROP`: NAME VALUE; in a box the second is called after the property.
pub(super) const EACH: Fields<3> = Fields { count: 2, columns: [0, 0, 1], words: None, nothing: None };
/// `list -rh`: one release a line.
pub(super) const RELEASES: Fields<1> = Fields { count: 1, columns: [0], words: None, nothing: None };

/// A row of `list -l`: told by BOOT and STATE.
pub(super) fn is_jail([_, name, boot, state, ..]: [&str; 7]) -> bool {
    !name.is_empty() && ["on", "off"].contains(&boot) && ["up", "down", "CORRUPT"].contains(&state)
}

/// The same of what it has beyond, so that both tables of one text have the same rows.
pub(super) fn is_jail_too([name, _, _, _, _, boot, state]: [&str; 7]) -> bool {
    is_jail(["", name, boot, state, "", "", ""])
}

/// A row of `df`: told by CRT, a factor.
pub(super) fn is_usage([name, crt, ..]: [&str; 7]) -> bool {
    !name.is_empty() && (crt.ends_with('x') || crt == "-" || crt == "N/A")
}
