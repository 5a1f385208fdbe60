//! What both generations print of so many jails, and a runner that prints it
//! without a program.

use std::fmt::Write;
use std::time::Duration;

use sysadm_class::Status;
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::{Config, Generation};
use sysadm_iocage::process::{Captured, Command, End, Outcome, Runner, StartError};

/// A UUID of a jail, none in order: a multiplication scatters them.
pub(crate) fn uuid(jail: usize) -> String {
    let number = (jail as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{:08x}-{:04x}-11e6-9602-54ee75595566", number >> 32, (number >> 16) & 0xffff)
}

/// Text of one line a jail.
fn lines(jails: usize, mut header: String, line: impl Fn(usize, &mut String) -> std::fmt::Result) -> String {
    for jail in 0..jails {
        line(jail, &mut header).expect("memory");
    }
    header
}

/// `list` of the shell iocage.
pub(crate) fn shell_list(jails: usize) -> String {
    let header = "JID  UUID                                  BOOT  STATE  TAG         TYPE      IP4\n";
    lines(jails, header.to_owned(), |jail, text| {
        let tag = format!("jail-{jail}");
        writeln!(
            text,
            "{:<4} {}  on    up     {tag:<10}  basejail  10.{}.{}.1",
            jail + 1,
            uuid(jail),
            jail / 256,
            jail % 256
        )
    })
}

fn shell_df(jails: usize) -> String {
    let header = "UUID                                  CRT     RES    QTA    USE    AVA   TAG\n";
    lines(jails, header.to_owned(), |jail, text| {
        writeln!(text, "{}  1.00x   none   none   540K   5.87G jail-{jail}", uuid(jail))
    })
}

fn shell_each(jails: usize) -> String {
    let header = "UUID                                  TAG         notes\n";
    lines(jails, header.to_owned(), |jail, text| {
        writeln!(text, "{}  {:<10}  a note of some words", uuid(jail), format!("jail-{jail}"))
    })
}

fn python_list(jails: usize) -> String {
    lines(jails, String::new(), |jail, text| {
        writeln!(
            text,
            "{}\tjail-{jail}\ton\tup\tjail\t14.3-RELEASE-p5\tvnet0|10.{}.{}.1/24\t-\t-\tno",
            jail + 1,
            jail / 256,
            jail % 256
        )
    })
}

fn python_df(jails: usize) -> String {
    lines(jails, String::new(), |jail, text| writeln!(text, "jail-{jail}\t1.02x\tnone\tnone\t624K\t5.86G"))
}

/// A request and what is printed for it.
pub(crate) struct Case {
    /// For people.
    pub(crate) what: String,
    /// How much is printed.
    pub(crate) bytes: usize,
    request: String,
    instance: Instance,
}

struct Printed(Vec<u8>);

impl Runner for Printed {
    fn run(&self, _: &Command<'_>) -> Result<Outcome, StartError> {
        Ok(Outcome {
            end: End::Exited(0),
            stdout: Captured::whole(self.0.clone()),
            stderr: Captured::default(),
            duration: Duration::ZERO,
            left: None,
            pid: 1,
        })
    }
}

impl Case {
    /// The response args.
    pub(crate) fn answer(&self) -> Vec<u8> {
        let caller = Caller::ANYBODY;
        let (status, args) = self.instance.dispatch(&caller, self.request.as_bytes());
        assert_eq!(status, Status::Ok);
        args
    }
}

/// Every table of both generations.
pub(crate) fn cases(jails: usize) -> Vec<Case> {
    let each = r#"{"action":"getjailsettings","prop":"notes","switches":"-r"}"#;
    [
        ("listjails, shell", Generation::Shell, r#"{"action":"listjails"}"#, shell_list(jails)),
        ("df, shell", Generation::Shell, r#"{"action":"df"}"#, shell_df(jails)),
        ("getjailsettings -r, shell", Generation::Shell, each, shell_each(jails)),
        ("listjails, Python", Generation::Python, r#"{"action":"listjails"}"#, python_list(jails)),
        ("df, Python", Generation::Python, r#"{"action":"df"}"#, python_df(jails)),
    ]
    .map(|(what, generation, request, text)| {
        // Nothing is started, so nothing need be there.
        let config = Config { allow_unsafe_program: true, dialect: Some(generation), ..Config::default() };
        let bytes = text.len();
        let instance = Instance::with_runner(config, Box::new(Printed(text.into_bytes())));
        let case = Case { what: what.to_owned(), bytes, request: request.to_owned(), instance };
        // A response without the jails would be fast.
        let text = String::from_utf8(case.answer()).expect("UTF-8");
        assert!(
            !text.contains("problems") && text.matches("jail-").count() >= jails,
            "{what}: {}",
            &text[..200]
        );
        case
    })
    .into()
}
