//! The outcome, for people line by line as it comes, for programs as one object.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::catalogue::Test;
use crate::options::Options;

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed,
    /// There was nothing to test, or no way to.
    Skipped,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::Skipped => "skipped",
        }
    }
}

/// One test's outcome.
pub(crate) struct Line {
    pub(crate) test: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) why: String,
    pub(crate) seconds: f64,
}

impl Line {
    /// A line for a test that took no time.
    pub(crate) fn new(test: &Test, verdict: Verdict, why: String) -> Line {
        Line { test: test.name, verdict, why, seconds: 0.0 }
    }
}

/// All of them.
pub(crate) struct Report {
    module: String,
    json: bool,
    lines: Vec<Line>,
}

impl Report {
    /// An empty one.
    pub(crate) fn new(options: &Options) -> Report {
        Report { module: options.module.display().to_string(), json: options.json, lines: Vec::new() }
    }

    /// Take a line, and show it to whoever looks on.
    ///
    /// # Errors
    /// If nobody does any more.
    pub(crate) fn add(&mut self, line: Line) -> io::Result<()> {
        if !self.json {
            let word = if line.verdict == Verdict::Failed { "FAILED" } else { line.verdict.word() };
            let colon = if line.why.is_empty() { "" } else { ": " };
            writeln!(io::stdout(), "{word:<8} {}{colon}{}", line.test, line.why)?;
        }
        self.lines.push(line);
        Ok(())
    }

    /// Tell the sum; has nothing failed?
    ///
    /// # Errors
    /// As above.
    pub(crate) fn finish(self) -> io::Result<bool> {
        let [passed, failed, skipped] = [Verdict::Passed, Verdict::Failed, Verdict::Skipped]
            .map(|verdict| self.lines.iter().filter(|line| line.verdict == verdict).count());
        if self.json {
            let tests: Vec<Value> = self.lines.iter().map(as_json).collect();
            let sum = json!({
                "module": self.module, "passed": passed, "failed": failed, "skipped": skipped, "tests": tests,
            });
            writeln!(io::stdout(), "{sum}")?;
        } else {
            let sum = format!("{passed} passed, {failed} failed, {skipped} skipped");
            writeln!(io::stdout(), "{}: {sum}", self.module)?;
        }
        Ok(failed == 0)
    }
}

fn as_json(line: &Line) -> Value {
    json!({"test": line.test, "result": line.verdict.word(), "why": line.why, "seconds": line.seconds})
}
