//! An action's answer, on its way to JSON.
//!
//! The documented object stands under the action's name. What this class tells
//! beside it (`count`, `detail`, `left_out`, `order`, `problems`, `warnings`) stands beside it, where no
//! jail, property or line of output can have the same key.
//!
//! How long it may be is known before it is written, and what there is no room for is
//! left out and counted: a list that was cut never looks like a short one.

use std::io::{self, Write};

use serde::ser::Serialize;
use serde_json::json;

use super::detail::Detail;
use super::keyed::Keyed;
use super::object::Object;
use crate::error::Error;
use crate::iocage::told::Told;
use crate::iocage::{Output, Spent};

/// What an action answers.
#[derive(Debug)]
pub struct Answer {
    /// The documented object, written.
    body: Vec<u8>,
    /// What could not be read among what could.
    pub problems: Told,
    /// What should be looked at although it was done.
    pub warnings: Told,
    /// The jails that are new, for the log and for events.
    pub made: Told,
    /// Of what in the object how much is left out.
    left_out: Option<(&'static str, usize)>,
    /// What else stands beside the object, where it was asked for: in order, and written.
    beside: Vec<(&'static str, Vec<u8>)>,
}

impl Answer {
    /// An answer that consists of the documented object alone.
    pub fn new(body: &impl Serialize) -> Answer {
        // Writing to memory fails only for maps with keys that are no strings,
        // which none of our types has.
        let body = serde_json::to_vec(body).unwrap_or_else(|e| format!("{{\"error\":\"{e}\"}}").into_bytes());
        Answer::written(body, None)
    }

    fn written(body: Vec<u8>, left_out: Option<(&'static str, usize)>) -> Answer {
        let (problems, warnings, made) = Default::default();
        Answer { body, problems, warnings, made, left_out, beside: Vec::new() }
    }

    /// An answer that consists of rows.
    pub(super) fn of_rows<const M: usize>(rows: &Keyed<'_, M>, room: usize) -> Answer {
        let written = rows.write(room);
        let beside = written.order.map(|order| ("order", order)).into_iter().collect();
        Answer { beside, ..Answer::written(written.object, Some(("rows", written.left_out))) }
    }

    /// The same with how many rows there are.
    #[must_use]
    pub(super) fn with_count(mut self, count: usize) -> Answer {
        self.beside.insert(0, ("count", count.to_string().into_bytes()));
        self
    }

    /// An answer that consists of an object of texts; `before` is how many more of them
    /// there were that nobody kept. It is written as long as it is `wanted`.
    pub(super) fn of_object(
        object: &Object<'_>,
        room: usize,
        (what, before): (&'static str, usize),
        wanted: &dyn Fn() -> Result<(), Error>,
    ) -> Result<Answer, Error> {
        let (body, left_out) = object.write(room, wanted)?;
        Ok(Answer::written(body, Some((what, left_out + before))))
    }

    /// The same, in which so many of something are missing.
    #[must_use]
    pub(super) fn with_left_out(self, what: &'static str, count: usize) -> Answer {
        Answer { left_out: Some((what, count)), ..self }
    }

    /// The same with problems.
    #[must_use]
    pub fn with_problems(self, problems: Told) -> Answer {
        Answer { problems, ..self }
    }

    /// The same, which tells of new jails.
    #[must_use]
    pub fn with_made(self, made: Told) -> Answer {
        Answer { made, ..self }
    }

    /// The same with warnings.
    #[must_use]
    pub fn with_warnings(self, warnings: Told) -> Answer {
        Answer { warnings, ..self }
    }
}

/// What stands around the documented object.
struct Around<'a> {
    beside: Vec<(&'static str, Vec<u8>)>,
    detail: Option<Detail<'a>>,
    left_out: Vec<(&'static str, usize)>,
    problems: Told,
    warnings: Told,
}

impl Around<'_> {
    /// Write what stands before the action's name, or behind it.
    fn write(&self, out: &mut impl Write, action: &str, before: bool) -> io::Result<()> {
        let (start, end): (&[u8], &[u8]) = if before { (b"", b",") } else { (b",", b"") };
        let is_here = |name: &str| (name < action) == before;
        let beside = |out: &mut dyn Write, from: &str, to: &str| {
            let there = |name: &str| is_here(name) && from <= name && name < to;
            self.beside.iter().filter(|(name, _)| there(name)).try_for_each(|(name, json)| {
                out.write_all(start)?;
                write!(out, "\"{name}\":")?;
                out.write_all(json)?;
                out.write_all(end)
            })
        };
        beside(out, "", "detail")?;
        if let Some(detail) = self.detail.as_ref().filter(|_| is_here("detail")) {
            out.write_all(start)?;
            out.write_all(b"\"detail\":")?;
            detail.write(out)?;
            out.write_all(end)?;
        }
        if !self.left_out.is_empty() && is_here("left_out") {
            let parts: Vec<_> =
                self.left_out.iter().map(|(what, count)| format!("\"{what}\":{count}")).collect();
            out.write_all(start)?;
            write!(out, "\"left_out\":{{{}}}", parts.join(","))?;
            out.write_all(end)?;
        }
        beside(out, "detail", "problems")?;
        for (name, told) in [("problems", &self.problems), ("warnings", &self.warnings)] {
            if !told.is_empty() && is_here(name) {
                out.write_all(start)?;
                write!(out, "\"{name}\":")?;
                serde_json::to_writer(&mut *out, &**told)?;
                out.write_all(end)?;
            }
        }
        Ok(())
    }
}

/// The response args of a request: keys sorted, as everywhere. `remarks` are warnings
/// whatever came of it; `room` is how long the object and the detail may be together.
pub fn args(
    action: &str,
    outcome: Result<Answer, Error>,
    remarks: Told,
    detail: Option<(Output, &Spent)>,
    room: usize,
) -> Vec<u8> {
    let answer = outcome.unwrap_or_else(|error| Answer::new(&error.bounded()));
    let detail = detail
        .as_ref()
        .map(|(output, spent)| Detail::of(output, spent, room.saturating_sub(answer.body.len())));
    let (mut problems, warnings) = (answer.problems, answer.warnings.behind(remarks));
    let told = [("problems", problems.left_out()), ("warnings", warnings.left_out())];
    let of_detail = detail.as_ref().into_iter().flat_map(Detail::left_out);
    let mut left_out: Vec<(&str, usize)> = Vec::new();
    // Few, and a sort of the library's is large.
    for part in answer.left_out.into_iter().chain(of_detail).chain(told).filter(|(_, count)| *count > 0) {
        let at = left_out.partition_point(|other| *other < part);
        left_out.insert(at, part);
    }
    if !left_out.is_empty() {
        let parts: Vec<_> = left_out.iter().map(|(what, count)| format!("{count} of `{what}`")).collect();
        let sentence = format!(
            "this answer is not whole: it would be longer than it may be, and is without {}, bytes of streams \
             and else their number; see `max_answer`",
            parts.join(", ")
        );
        problems = problems.behind(vec![sentence].into());
    }
    let around = Around { beside: answer.beside, detail, left_out, problems, warnings };
    finish(action, answer.body, &around)
}

/// Put around an object what belongs there. It may be large, as may be what stands before
/// it: it is moved where it is, and the rest written into the place.
fn finish(action: &str, mut args: Vec<u8>, around: &Around<'_>) -> Vec<u8> {
    let name = json!(action).to_string();
    let mut count = Count(0);
    // Counting does not fail, and neither does writing as much as was counted.
    let _ = around.write(&mut count, action, true);
    let (length, before) = (args.len(), count.0 + name.len() + "{:".len());
    let _ = around.write(&mut count, action, false);
    args.reserve_exact(count.0 + name.len() + "{:}".len());
    args.resize(before + length, 0);
    args.copy_within(..length, before);
    let mut place = &mut args[..before];
    let _ = place.write_all(b"{");
    let _ = around.write(&mut place, action, true);
    let _ = place.write_all(name.as_bytes());
    let _ = place.write_all(b":");
    let _ = around.write(&mut args, action, false);
    args.push(b'}');
    args
}

/// Counts what is written.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beside_the_action_is_sorted_with_it() {
        let answer =
            || Answer::new(&json!({})).with_warnings(vec!["w"].into()).with_problems(vec!["p"].into());
        let text = |action| {
            String::from_utf8(args(action, Ok(answer()), Told::default(), None, 1000)).expect("JSON")
        };
        assert_eq!(text("df"), r#"{"df":{},"problems":["p"],"warnings":["w"]}"#);
        assert_eq!(text("startjail"), r#"{"problems":["p"],"startjail":{},"warnings":["w"]}"#);
    }

    /// What is beside the object is written twice, the first time to be counted: time that passes
    /// between must not make it longer.
    #[test]
    fn a_detail_is_the_same_each_time_that_it_is_written() {
        let (output, spent) = (Output::default(), Spent::since(std::time::Instant::now()));
        let detail = Detail::of(&output, &spent, 1000);
        let [first, second] = std::array::from_fn(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            let mut text = Vec::new();
            detail.write(&mut text).expect("memory");
            String::from_utf8(text).expect("UTF-8")
        });
        assert_eq!(first, second);
    }

    #[test]
    fn an_answer_that_is_not_whole_says_so() {
        let output = Output { stdout: "\u{1}".repeat(4000).into(), stderr: "e".into(), ..Output::default() };
        let spent = Spent::since(std::time::Instant::now());
        let answer = Answer { left_out: Some(("rows", 3)), ..Answer::new(&json!({"a": {}})) };
        for action in ["df", "listjails", "zz"] {
            let answer = Answer {
                body: answer.body.clone(),
                made: Told::default(),
                problems: Told::default(),
                warnings: Told::default(),
                left_out: answer.left_out,
                beside: vec![("count", b"3".to_vec()), ("order", b"[]".to_vec())],
            };
            let text = String::from_utf8(args(
                action,
                Ok(answer),
                Told::default(),
                Some((output.clone(), &spent)),
                1000,
            ));
            let text = text.expect("UTF-8");
            let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(value.to_string(), text, "sorted");
            let shown = value["detail"]["stdout"].as_str().expect("a text");
            assert_eq!(value["left_out"]["rows"], 3);
            let left_out = value["left_out"]["stdout"].as_u64().expect("a number") as usize;
            assert!(shown.ends_with(&format!("\n[{left_out} bytes left out]\n")), "{text}");
            assert_eq!(shown.matches('\u{1}').count() + left_out, 4000);
            assert!(text.len() < 1500 && value["detail"]["truncated"] == true, "{text}");
            assert!(value["problems"][0].as_str().is_some_and(|told| told.contains("3 of `rows`")), "{text}");
        }
    }
}
