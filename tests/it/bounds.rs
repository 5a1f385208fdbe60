//! Nothing that comes in costs more than it should: not args, and not what a program
//! prints, whatever it is. What an answer may cost is counted on the thread that asks.

pub mod heap;
pub mod machine;
#[allow(dead_code)]
pub mod shapes;

use std::time::Duration;

use serde_json::{Value, json};
use sysadm_class::Status;
use sysadm_iocage::config::{Direct, Generation};

use machine::Stand;

/// What may be had beside a multiple of what came in, in bytes.
const BESIDE: usize = 1 << 20;

fn stand(generation: Generation, direct: Direct) -> Stand {
    Stand::new(generation, direct, |_| ())
}

/// The time that this thread has had of a processor: other tests run beside.
fn processor() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writing through the call.
    let done = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(done, 0);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("below a second"))
}

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
        let large = time(512 << 10);
        let most = small * 9 + Duration::from_millis(50);
        assert!(large < most, "{line} for {args}: {small:?}, and four times as much {large:?}");
    }
}

/// Who asks for something that there is not, or may not ask, costs nothing more than
/// the text; and what an action does not take is not kept.
#[test]
fn args_cost_at_most_twice_what_they_are() {
    const SIZE: usize = (1 << 20) - 256;
    let stand = stand(Generation::Shell, Direct::Auto);
    let fill = |unit: &str| unit.repeat(SIZE / unit.len());
    let shapes = [
        format!("[{}0]", fill("{\"\":0},")),
        format!("[{}0]", fill("[],")),
        format!("[{}\"\"]", fill("\"\",")),
        format!("[{}\"\"]", fill("\"a\",")),
        format!("[{}1]", fill("1,")),
        format!("{{{}\"\":0}}", fill("\"\":0,")),
        format!("\"{}\"", fill("a ")),
        format!("\"{}\"", fill("\\u0061 ")),
        format!("\"{}\\n\"", fill("x")),
        format!("\"\\n{}\"", fill("a=b ")),
        format!("\"{}\"", fill("'' ")),
    ];
    let before = [
        r#""action":"nosuch","x":"#,
        r#""action":"execjail","jail":"test","user":"root","command":"#,
        r#""action":"execjail","jail":"test","user":"root","argv":"#,
        r#""action":"execjail","user":"root","command":"a","x":"a","jail":"#,
        r#""action":"createjail","props":"#,
        r#""action":"createjail","switches":"#,
        r#""action":"getjailsettings","jail":"test","detail":"#,
        r#""action":"df","x":"#,
        r#""action":"#,
    ];
    for start in before {
        for shape in &shapes {
            let args = format!("{{{start}{shape}}}");
            let ((status, answer), peak) = heap::peak(|| stand.send(args.as_bytes()));
            let answer = String::from_utf8_lossy(&answer);
            let most = 2 * args.len() + BESIDE;
            assert!(peak <= most, "{start}{shape:.20}: {peak}, not {most}, {status:?} {answer:.200}");
        }
    }
    // A word of a command, as many as are taken and as long.
    let words = vec!["a".repeat(127); 1024];
    let args = json!({"action": "execjail", "jail": "test", "user": "root", "argv": words}).to_string();
    let ((_, answer), peak) = heap::peak(|| stand.send(args.as_bytes()));
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    assert!(answer["execjail"].get("success").is_some(), "{answer}");
    assert!(peak <= 2 * args.len() + BESIDE, "{peak}");
}
