//! What a listener is shown of what a child prints. It borrows from what is kept anyway.

use std::borrow::Cow;

/// What is new since the last telling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News<'a> {
    /// On its standard output.
    pub stdout: Printed<'a>,
    /// On its standard error.
    pub stderr: Printed<'a>,
    /// Nothing more will come: what is unfinished stays so.
    pub is_last: bool,
}

/// What is new of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed<'a> {
    /// Whole lines, each with its end.
    pub lines: Cow<'a, [u8]>,
    /// How many bytes before them are not shown, because more came at once than is told.
    pub left_out: u64,
    /// What stands on the line that has no end yet, or the end of that; told again until it has one. A bar that
    /// is redrawn is all in here.
    pub unfinished: Cow<'a, [u8]>,
}
