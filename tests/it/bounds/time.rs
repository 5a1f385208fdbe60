//! Time: what comes in takes as long as it is large and no longer, and work on it ends when its request does.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::Status;
use sysadm_iocage::config::{Direct, Generation};

use super::host::CHost;
use super::processor::processor;
use super::{machine, stand};

/// Somebody prints so much of something, on standard output and on standard error.
type Prints = fn(usize) -> (String, String);

/// What once took time by the square of its size: the request, what is run for it, and
/// what that prints.
const SLOW: &[(Generation, Direct, &str, &str, Prints)] = &[
    // A banner, which was taken away line by line.
    (
        Generation::Python,
        Direct::Off,
        r#"{"action":"execjail","jail":"test","user":"root","command":"true"}"#,
        "iocage exec -U root test",
        |size| (String::new(), "fdescfs(5) is not mounted\n".repeat(size / 26)),
    ),
    // Templates, each held against all jails, where a version lists them in both.
    (Generation::Shell, Direct::Auto, r#"{"action":"startjail","jail":"test"}"#, "iocage list -t", |size| {
        let header = "JID UUID BOOT STATE TAG TYPE IP4 RELEASE\n".to_owned();
        let row = |n| format!("- {n:08x}-ca0f-11e5-8d45-d05099728dbf off down test template - R\n");
        (header + &(0..size / 72).map(row).collect::<String>(), String::new())
    }),
    // Half clones of a jail, each looked for among all datasets.
    (Generation::Python, Direct::Auto, r#"{"action":"listjails"}"#, "iocage list -lh", |size| {
        ("None\ttest\toff\tdown\tjail\t14.3-RELEASE\t-\t-\t-\tno\n".repeat(size / 48), String::new())
    }),
    // Jails that have gone along, each looked for among all datasets.
    (
        Generation::Python,
        Direct::Auto,
        r#"{"action":"destroyjail","jail":"test"}"#,
        "zfs list -H -t filesystem",
        |size| {
            let of = |n| format!("tank/iocage/jails/test{n}\ttank/iocage/jails/test@{n}\t-\n");
            let own = "tank\t-\tyes\ntank/iocage/jails/test\t-\t-\ntank/iocage/jails/test/root\t-\t-\n";
            (own.to_owned() + &(0..size / 56).map(of).collect::<String>(), String::new())
        },
    ),
    // Several rows for each jail, and all jails named for each.
    (
        Generation::Python,
        Direct::Auto,
        r#"{"action":"getjailsettings","prop":"notes","switches":"-r"}"#,
        "iocage get -rh notes",
        |size| ("test\ta\tb\n".repeat(size / 9), String::new()),
    ),
    // A border of a box with as many columns as it has room for, and rows.
    (Generation::Python, Direct::Auto, r#"{"action":"df"}"#, "iocage df -lh", |size| {
        (
            "+-".repeat(size / 4) + "+\n" + &"+=".repeat(size / 8) + "+\n" + &"| |\n".repeat(size / 16),
            String::new(),
        )
    }),
    // A complaint for which each line is looked at.
    (Generation::Shell, Direct::Auto, r#"{"action":"listjails"}"#, "iocage list", |size| {
        (String::new(), "a\n".repeat(size / 2))
    }),
];

/// Four times as much takes about four times as long; by its square it would be
/// sixteen.
#[test]
fn time_grows_no_faster_than_output() {
    for (generation, direct, args, line, prints) in SLOW {
        let stand = stand(*generation, *direct);
        let time = |size: usize| {
            let (stdout, stderr) = prints(size);
            let exit = i32::from(stdout.is_empty() && !args.contains("exec"));
            stand.print(line, machine::Printed { stdout: stdout.into(), stderr: stderr.into(), exit });
            let start = processor();
            let (status, _) = stand.send(args.as_bytes());
            assert_eq!(status, Status::Ok);
            processor() - start
        };
        let small = time(128 << 10).min(time(128 << 10));
        let large = time(512 << 10).min(time(512 << 10));
        let most = small * 9 + Duration::from_millis(50);
        assert!(large < most, "{line} for {args}: {small:?}, and four times as much {large:?}");
    }
}

/// Who closes has drained in his time, whatever was printed: what is made of 16 MiB of it
/// ends with the request.
#[test]
fn closing_waits_for_no_work_on_output() {
    let host = CHost::new();
    let exec = r#"{"action":"execjail","jail":"test","user":"root","command":"true","detail":true}"#;
    let lines: String = (0..2_200_000).map(|n| format!("{n}\n")).collect();
    for printed in [&*lines, &"\u{1}".repeat(16 << 20)] {
        host.print(printed);
        // Together with the time that it is given to drain.
        let told = host.send(8 << 20, exec, Some(500));
        assert!(told.number("closed") < 10_000, "{told:?}");
    }
}

/// Who cancels a request while lines are made of what was printed has his answer as soon
/// as that is seen, and so has one whose time is over meanwhile: of many lines as of few that
/// are long and alike.
#[test]
fn work_on_output_ends_with_the_request() {
    let stand = stand(Generation::Shell, Direct::Auto);
    let args = br#"{"action":"execjail","jail":"test","user":"root","command":"true","detail":true}"#;
    let many: String = (0..60_000).map(|n| format!("{n}\n")).collect();
    let alike = "x".repeat(4000);
    let long: String = (0..500).map(|n| format!("{alike}{}\n", n * 7919 % 500)).collect();
    for (lines, least) in [(many, 60), (long, 50)] {
        stand.print("jexec -U root 1 true", machine::Printed { stdout: lines.into(), ..Default::default() });
        let (asked, half) = (Cell::new(0), Cell::new(u32::MAX));
        let send = |most: u32, deadline: Option<Instant>| {
            asked.set(0);
            let wanted = || {
                asked.set(asked.get() + 1);
                if let Some(deadline) = deadline.filter(|_| asked.get() == half.get()) {
                    std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
                }
                asked.get() <= most
            };
            let (_, answer) = stand.send_while(args, deadline, &wanted);
            let answer: Value = serde_json::from_slice(&answer).expect("JSON");
            (
                answer["execjail"]["code"].as_str().map(str::to_owned),
                answer["execjail"]["exit"].clone(),
                asked.get(),
            )
        };
        let (code, _, all) = send(u32::MAX, None);
        assert!(code.is_none() && all > least, "{all} {code:?}");
        for most in [all / 4, all / 2, all * 3 / 4] {
            let (code, exit, asked) = send(most, None);
            assert_eq!((code.as_deref(), exit), (Some("cancelled"), json!(0)));
            assert!(asked <= most + 3, "{asked}, and {most}");
        }
        // Its time is over after it has begun, by the half of it: then it is not cancelled.
        half.set(all / 2);
        let (code, ..) = send(u32::MAX, Some(Instant::now() + Duration::from_secs(2)));
        half.set(u32::MAX);
        assert_eq!(code.as_deref(), Some("timed-out"));
    }
}
