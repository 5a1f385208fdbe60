//! What a job has told so far: made of the progress that its class tells, whichever class, and
//! bounded, whatever it tells.
//!
//! Of each program that is told of its output is kept apart, as sysadm's frames have it; of output
//! the end is kept, for that is what somebody who comes later wants to see.

use serde_json::Value;

/// The most bytes of one told progress that are looked at, and of the last that are kept.
const MOST: usize = 1 << 20;
const MOST_LAST: usize = 16 << 10;
/// The most bytes of output that are kept: of all, of what was not sent yet, and of one program.
const TAIL: usize = 32 << 10;
const TAIL_OF_ONE: usize = 8 << 10;
/// The most programs that are kept; of more the first are forgotten.
const PROGRAMS: usize = 12;
/// The most bytes of a command line.
const LINE: usize = 1 << 10;

/// The end of a text.
#[derive(Clone, Debug, Default)]
struct Tail(String);

impl Tail {
    fn add(&mut self, text: &str, most: usize) {
        let text = &text[text.ceil_char_boundary(text.len().saturating_sub(most))..];
        let surplus = (self.0.len() + text.len()).saturating_sub(most);
        self.0.drain(..self.0.ceil_char_boundary(surplus));
        self.0.push_str(text);
    }
}

/// A program that was told of.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Its command line.
    pub(crate) line: String,
    step: Option<u64>,
    output: Tail,
    fresh: Tail,
    /// How it ended.
    pub(crate) end: Option<String>,
}

impl Program {
    /// What it printed: all that is kept, or what was not sent yet.
    pub(crate) fn output(&self, is_all: bool) -> &str {
        if is_all { &self.output.0 } else { &self.fresh.0 }
    }
}

/// What a job has told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    has_told: bool,
    last: Option<Value>,
    programs: Vec<Program>,
    output: Tail,
    fresh: Tail,
    percent: Option<Value>,
    item: Option<String>,
}

impl Told {
    /// Take what is told. `true` if it is the beginning or the end of something, which is sent on at once.
    pub(crate) fn add(&mut self, json: &str) -> bool {
        if json.len() > MOST {
            return false;
        }
        let mut told = serde_json::from_str::<Value>(json).unwrap_or_default();
        let Some(members) = told.as_object_mut() else { return false };
        let output = members.remove("output");
        let mut is_news = !self.has_told;
        let step = told["step"].as_u64();
        if let Some(words) = told["program"].as_array() {
            let line: Vec<_> = words.iter().filter_map(Value::as_str).collect();
            is_news |= self.begin(line.join(" "), step);
        }
        if let Some(Value::String(output)) = &output {
            self.output.add(output, TAIL);
            self.fresh.add(output, TAIL);
            if let Some(program) = self.programs.last_mut() {
                program.output.add(output, TAIL_OF_ONE);
                program.fresh.add(output, TAIL_OF_ONE);
            }
        }
        let end = match (told["exit"].as_i64(), told["signal"].as_i64()) {
            (Some(exit), _) => Some(exit.to_string()),
            (None, signal) => signal.map(|signal| format!("signal {signal}")),
        };
        if let (Some(end), Some(program)) = (end, self.programs.last_mut()) {
            program.end = Some(end);
            is_news = true;
        }
        let item = told["item"].as_str().map(|item| cut(item.to_owned()));
        if item.is_some() && item != self.item {
            (self.item, self.percent) = (item, None);
        }
        if told["percent"].is_number() {
            self.percent = Some(told["percent"].clone());
        }
        self.has_told = true;
        self.last = Some(told).filter(|told| told.to_string().len() <= MOST_LAST);
        is_news
    }

    /// This program is meant; `true` if it is another than before.
    fn begin(&mut self, line: String, step: Option<u64>) -> bool {
        let line = cut(line);
        let is_same = |last: &Program| last.end.is_none() && last.line == line && last.step == step;
        // What is told of its end only is its own all the same, not a further run of it.
        if self.programs.last().is_some_and(is_same) {
            return false;
        }
        if self.programs.len() == PROGRAMS {
            self.programs.remove(0);
        }
        // What was at hand was the other one's.
        (self.item, self.percent) = (None, None);
        let (output, fresh) = (Tail::default(), Tail::default());
        self.programs.push(Program { line, step, output, fresh, end: None });
        true
    }

    /// What was told last, but for its output.
    pub(crate) fn last(&self) -> Option<&Value> {
        self.last.as_ref()
    }

    /// The programs, the last one last.
    pub(crate) fn programs(&self) -> &[Program] {
        &self.programs
    }

    /// The one that runs.
    pub(crate) fn current(&self) -> Option<&Program> {
        self.programs.last().filter(|program| program.end.is_none())
    }

    /// The output of all: all that is kept, or what was not sent yet.
    pub(crate) fn output(&self, is_all: bool) -> &str {
        if is_all { &self.output.0 } else { &self.fresh.0 }
    }

    pub(crate) fn percent(&self) -> Option<&Value> {
        self.percent.as_ref()
    }

    pub(crate) fn item(&self) -> Option<&str> {
        self.item.as_deref()
    }

    /// All was sent.
    pub(crate) fn sent(&mut self) {
        self.fresh.0.clear();
        for program in &mut self.programs {
            program.fresh.0.clear();
        }
    }

    /// No more will come: what was to be sent is not kept.
    pub(crate) fn shrink(&mut self) {
        self.fresh = Tail::default();
        for program in &mut self.programs {
            program.fresh = Tail::default();
        }
    }

    /// How many bytes it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        let of_program = |program: &Program| program.line.len() + program.output.0.len();
        let programs: usize = self.programs.iter().map(of_program).sum();
        programs + self.output.0.len() + self.last.as_ref().map_or(0, |last| last.to_string().len())
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(LINE));
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn add(told: &mut Told, value: &Value) -> bool {
        told.add(&value.to_string())
    }

    #[test]
    fn each_program_has_its_output_and_its_end() {
        let mut told = Told::default();
        assert!(add(&mut told, &json!({"state": "running", "program": ["echo", "one"], "step": 1})));
        assert_eq!(told.current().map(|program| &*program.line), Some("echo one"));
        assert!(!add(&mut told, &json!({"program": ["echo", "one"], "step": 1, "output": "one\n"})));
        assert!(add(&mut told, &json!({"program": ["echo", "one"], "step": 1, "exit": 0})));
        assert!(told.current().is_none());
        assert!(add(&mut told, &json!({"program": ["echo", "one"], "step": 2, "output": "again\n"})));
        assert!(add(&mut told, &json!({"signal": 15})));
        let all: Vec<_> = told.programs().iter().map(|p| (p.output(true), p.end.as_deref())).collect();
        assert_eq!(all, [("one\n", Some("0")), ("again\n", Some("signal 15"))]);
        assert_eq!((told.output(true), told.output(false)), ("one\nagain\n", "one\nagain\n"));
        told.sent();
        assert_eq!((told.output(true), told.output(false)), ("one\nagain\n", ""));
    }

    #[test]
    fn a_percentage_is_that_of_its_item() {
        let mut told = Told::default();
        add(&mut told, &json!({"item": "base.txz", "percent": 45}));
        assert_eq!((told.item(), told.percent()), (Some("base.txz"), Some(&json!(45))));
        add(&mut told, &json!({"output": "x"}));
        assert_eq!((told.item(), told.percent()), (Some("base.txz"), Some(&json!(45))));
        add(&mut told, &json!({"item": "lib32.txz"}));
        assert_eq!((told.item(), told.percent()), (Some("lib32.txz"), None));
    }

    #[test]
    fn whatever_is_told_so_much_is_kept() {
        let mut told = Told::default();
        let long = "\u{e9}".repeat(10_000);
        for step in 0..1000 {
            add(&mut told, &json!({"program": [long, "x"], "step": step, "output": long, "item": long}));
        }
        assert!(!told.add(&"x".repeat(MOST + 1)) && !told.add("[]") && !told.add("no"));
        assert!(!told.add("5") && told.last().is_none());
        told.add(r#"{"output":"x","percent":1}"#);
        assert_eq!(told.last(), Some(&json!({"percent": 1})));
        let most = MOST_LAST + TAIL + PROGRAMS * (TAIL_OF_ONE + LINE);
        assert!(told.bytes() <= most, "{} of {most}", told.bytes());
        // What is not sent yet comes on top.
        assert!(most + TAIL + PROGRAMS * TAIL_OF_ONE <= 384 << 10);
        assert!(told.output(true).len() > TAIL - 4 && told.programs().len() == PROGRAMS);
    }
}
