//! The table of actions: a row each.

use super::args::Args;
use super::outcome::{Answer, Failure};
use super::param::Param;
use super::shape::Shape;
use crate::module::Call;
use crate::{Access, codes};

/// A row: what an action is called, what it needs, which keys it takes, and what it is done
/// with. `R` is that: of a [`Class`](super::Class) a [`Function`], of a class with a way of its own what it likes.
pub struct Action<R> {
    name: &'static str,
    summary: &'static str,
    access: Access,
    params: &'static [Param],
    is_long: bool,
    answer: Option<Shape>,
    run: R,
}

/// Refuses a table in which two rows have one name, of which the second could never be asked for:
/// in a constant it does not compile. A [`Class`](super::Class)'s table is held to that by itself; this
/// is for one with a way of its own.
///
/// ```
/// # use sysadm_class::kit::{Action, distinct};
/// static ACTIONS: [Action<()>; 2] = [Action::doing("look", ()), Action::doing("Look", ())];
/// const _: () = distinct(&ACTIONS);
/// ```
/// ```compile_fail,E0080
/// # use sysadm_class::kit::{Action, distinct};
/// static ACTIONS: [Action<()>; 2] = [Action::doing("look", ()), Action::doing("look", ())];
/// const _: () = distinct(&ACTIONS);
/// ```
///
/// # Panics
/// Where it is not evaluated at compile time.
pub const fn distinct<R>(actions: &[Action<R>]) {
    let mut at = 0;
    while at < actions.len() {
        let mut other = at + 1;
        while other < actions.len() {
            assert!(!is_same(actions[at].name, actions[other].name), "two actions have one name");
            other += 1;
        }
        at += 1;
    }
}

/// Refuses keys of which one is there twice.
pub(super) const fn once(params: &[Param]) {
    let mut at = 0;
    while at < params.len() {
        assert!(count(params, params[at].name) == 1, "a key is there twice");
        at += 1;
    }
}

/// See [`Action::takes`].
const fn check(params: &[Param]) {
    once(params);
    let mut at = 0;
    while at < params.len() {
        let param = &params[at];
        assert!(!is_same(param.name, "action"), "`action` is no key of an action");
        if let Some(instead) = param.instead {
            assert!(!is_same(instead, param.name), "a key stands in its own place");
            assert!(count(params, instead) == 1, "what may stand in the place of a key is not there");
        }
        at += 1;
    }
}

const fn count(params: &[Param], name: &str) -> usize {
    let (mut at, mut found) = (0, 0);
    while at < params.len() {
        found += is_same(params[at].name, name) as usize;
        at += 1;
    }
    found
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// What a class does an action with.
pub type Function<C> = fn(&C, &Call<'_>, &Args) -> Result<Answer, Failure>;

/// A row of a class.
pub type Row<C> = Action<Function<C>>;

impl<C> Action<Function<C>> {
    /// An action of a class, done by a function of it, that takes no keys and that everybody
    /// may use.
    #[must_use]
    pub const fn new(name: &'static str, run: Function<C>) -> Row<C> {
        Action::doing(name, run)
    }
}

impl<R> Action<R> {
    /// The same of a class that does its actions in another way than by functions of its own.
    #[must_use]
    pub const fn doing(name: &'static str, run: R) -> Action<R> {
        Action { name, summary: "", access: Access::Limited, params: &[], is_long: false, answer: None, run }
    }
}

impl<R: Copy> Action<R> {
    /// The same with a sentence on what it does.
    #[must_use]
    pub const fn says(self, summary: &'static str) -> Action<R> {
        Action { summary, ..self }
    }

    /// The same with the keys that it takes beside `action`: each once, and what may stand in the
    /// place of another among them. A row that is wrong does not compile:
    ///
    /// ```
    /// # use sysadm_class::kit::{Action, Key};
    /// # const KEY: Key<String> = Key::new("key");
    /// # const OTHER: Key<bool> = Key::new("other");
    /// const ROW: Action<()> = Action::doing("look", ()).takes(&[KEY.required().or(&OTHER), OTHER.optional()]);
    /// ```
    /// A key that is there twice, by whatever type:
    /// ```compile_fail,E0080
    /// # use sysadm_class::kit::{Action, Key};
    /// # const KEY: Key<String> = Key::new("key");
    /// # const OTHER: Key<bool> = Key::new("key");
    /// const ROW: Action<()> = Action::doing("look", ()).takes(&[KEY.required(), OTHER.optional()]);
    /// ```
    /// The key that names the action:
    /// ```compile_fail,E0080
    /// # use sysadm_class::kit::{Action, Key};
    /// # const KEY: Key<String> = Key::new("action");
    /// const ROW: Action<()> = Action::doing("look", ()).takes(&[KEY.required()]);
    /// ```
    /// A key in the place of which one stands that the action does not take:
    /// ```compile_fail,E0080
    /// # use sysadm_class::kit::{Action, Key};
    /// # const KEY: Key<String> = Key::new("key");
    /// # const OTHER: Key<bool> = Key::new("other");
    /// const ROW: Action<()> = Action::doing("look", ()).takes(&[KEY.required().or(&OTHER)]);
    /// ```
    /// And one that stands in its own:
    /// ```compile_fail,E0080
    /// # use sysadm_class::kit::{Action, Key};
    /// # const KEY: Key<String> = Key::new("key");
    /// const ROW: Action<()> = Action::doing("look", ()).takes(&[KEY.required().or(&KEY)]);
    /// ```
    #[must_use]
    pub const fn takes(self, params: &'static [Param]) -> Action<R> {
        check(params);
        Action { params, ..self }
    }

    /// The same for callers with this access.
    #[must_use]
    pub const fn needs(self, access: Access) -> Action<R> {
        Action { access, ..self }
    }

    /// The same, which answers so where it is done: what stands under its name.
    #[must_use]
    pub const fn answers(self, answer: Shape) -> Action<R> {
        Action { answer: Some(answer), ..self }
    }

    /// The same, which may take longer than somebody waits: a host does well to make a job of it.
    #[must_use]
    pub const fn long(self) -> Action<R> {
        Action { is_long: true, ..self }
    }
}

impl<R> Action<R> {
    /// The word in a request, compared with case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// A sentence.
    #[must_use]
    pub const fn summary(&self) -> &'static str {
        self.summary
    }

    /// What its caller needs.
    #[must_use]
    pub const fn access(&self) -> Access {
        self.access
    }

    /// The keys that it takes beside `action`.
    #[must_use]
    pub const fn params(&self) -> &'static [Param] {
        self.params
    }

    /// May it take longer than somebody waits?
    #[must_use]
    pub const fn is_long(&self) -> bool {
        self.is_long
    }

    /// What it answers, where that was said.
    #[must_use]
    pub const fn answer(&self) -> Option<&Shape> {
        self.answer.as_ref()
    }

    /// What it is done with.
    #[must_use]
    pub const fn run(&self) -> &R {
        &self.run
    }

    /// Does it take this key?
    #[must_use]
    pub fn has<T>(&self, key: &super::Key<T>) -> bool {
        self.params.iter().any(|param| param.is(key))
    }
}

impl Failure {
    /// That an action needs more than the caller has.
    #[must_use]
    pub fn needs<R>(action: &Action<R>, access: Access) -> Failure {
        Failure::of(codes::ACCESS_DENIED, format!("{} needs {} access", action.name(), access.word()))
    }
}
