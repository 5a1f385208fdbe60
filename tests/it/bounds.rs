//! Nothing that comes in costs more than it should: not args, and not what a program
//! prints, whatever it is. What memory an answer may cost is counted on the thread that asks; time is in `time`.

pub mod heap;
mod host;
pub mod machine;
mod processor;
#[allow(dead_code)]
pub mod shapes;
mod time;

use serde_json::{Value, json};
use sysadm_iocage::config::{Direct, Generation};

use host::CHost;
use machine::Stand;
use shapes::Place;

/// What may be had beside a multiple of what came in, in bytes.
const BESIDE: usize = 1 << 20;

fn stand(generation: Generation, direct: Direct) -> Stand {
    Stand::new(generation, direct, |_| ())
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

/// What may be had beside four times what was read: the rows of short lists, an answer
/// with all that stands around it.
const BESIDE_READ: usize = 3 << 20;

/// How long what is told in an error is at most, and what stands around it.
const AN_ERROR: usize = 64 << 10;

/// An answer costs at most four times what was read for it, whatever was printed by
/// whom: a part of all shapes in all places, another one for each build.
#[test]
fn answers_cost_at_most_four_times_what_is_read() {
    const SIZE: usize = 1 << 20;
    let ways = shapes::ways();
    let mut tried = 0;
    for (at, way) in ways.iter().enumerate().filter(|(at, _)| at % 67 == 0) {
        let stand = stand(way.generation, way.direct);
        for shape in (0..shapes::count()).filter(|shape| (at / 67 + shape) % 31 == 0) {
            tried += 1;
            let read = held_to_its_bounds(&stand, way, shape, SIZE);
            assert!(read > 0);
        }
    }
    println!("{tried} of {} shapes in {} places", shapes::count(), ways.len());
}

/// Have a shape printed there and hold what comes of it to the bounds; how much was read.
fn held_to_its_bounds(stand: &Stand, way: &shapes::Way, shape: usize, size: usize) -> usize {
    let printed = way.place.printed(stand.usual(&way.line), shapes::shape(shape, size));
    stand.print(&way.line, printed);
    let ((status, answer), peak) = heap::peak(|| stand.send(way.args.as_bytes()));
    let what = || format!("shape {shape} for {way:?}: {status:?} {:.300}", String::from_utf8_lossy(&answer));
    assert!(peak <= 4 * stand.read() + BESIDE_READ, "{peak} of {} {}", stand.read(), what());
    let value: Value = serde_json::from_slice(&answer).expect("JSON");
    let of_action = value.as_object().and_then(|all| all.values().find(|of| of.get("code").is_some()));
    if of_action.is_some() && value.get("detail").is_none() {
        assert!(answer.len() <= AN_ERROR + 2 * (128 << 10), "{} {}", answer.len(), what());
    }
    if let Some(left_out) = value.get("left_out") {
        assert!(value.get("problems").is_some(), "{left_out} {}", what());
    }
    stand.read()
}

/// The shapes that were the worst, each where it was.
#[test]
fn the_worst_shapes_cost_no_more() {
    type Row = (Generation, Direct, &'static str, &'static str, &'static [u8], Place);
    const ROWS: &[Row] = &[
        // 16 MiB of 0x01 on both streams with `detail` were 740 MB.
        (Generation::Shell, Direct::Auto, EXEC, "jexec -U root 1 true", b"\x01", Place::Both),
        (Generation::Shell, Direct::Auto, EXEC, "jexec -U root 1 true", b"\x01\n", Place::Alone),
        (Generation::Python, Direct::Off, EXEC, "iocage exec -U root test", b"#\n", Place::Alone),
        // And `get all` of one property over and over 1.45 GB.
        (Generation::Shell, Direct::Auto, ALL, "iocage get all", b"a:\n", Place::Behind),
        (Generation::Python, Direct::Auto, ALL, "iocage get all test", b"boot:0\n", Place::Behind),
        (
            Generation::Python,
            Direct::Auto,
            LIST,
            "iocage list -lh",
            b"\t#\ton\tup\t\t\t\t\t\t\n",
            Place::Alone,
        ),
        (Generation::Python, Direct::Auto, DF, "iocage df -lh", b"#\t1x\t\t\t\t\n", Place::Alone),
        (Generation::Shell, Direct::Auto, LIST, "iocage list", b"\x01\n", Place::Behind),
        (
            Generation::Shell,
            Direct::Auto,
            DF,
            "iocage df",
            b"%  1.15x  none   none   88.1M  83.4G  test\n",
            Place::Behind,
        ),
        // Lists of zfs, of which each line became strings of its own.
        (Generation::Shell, Direct::Auto, CLEAN, "zfs list -H -t filesystem,volume", b"#\t-\n", Place::Alone),
        (
            Generation::Python,
            Direct::Auto,
            DESTROY,
            "zfs list -H -t filesystem",
            b"#\t-\t-\t#\n",
            Place::Alone,
        ),
        (
            Generation::Python,
            Direct::Auto,
            DESTROY,
            "zfs list -H -t filesystem",
            b"t#\t-\tyes\tt#\n",
            Place::Alone,
        ),
        (Generation::Python, Direct::Auto, CREATE, "zfs list -H -t snapshot", b"a\n", Place::Alone),
        (Generation::Python, Direct::Auto, DEFAULTS, "iocage get all default", b"a#:b\n", Place::Alone),
        // One line of many words, and one that is no text.
        (Generation::Shell, Direct::Auto, LIST, "iocage list", b"x ", Place::Behind),
        (Generation::Shell, Direct::Auto, EXEC, "jexec -U root 1 true", b"\xff", Place::Both),
        // Jails that are half a clone of one.
        (
            Generation::Python,
            Direct::Auto,
            LIST,
            "iocage list -lh",
            b"None\ttest\toff\tdown\tjail\t14.3-RELEASE\t-\t-\t-\tno\n",
            Place::Alone,
        ),
    ];
    const EXEC: &str = r#"{"action":"execjail","jail":"test","user":"root","command":"true","detail":true}"#;
    const ALL: &str = r#"{"action":"getjailsettings","jail":"test","detail":true}"#;
    const LIST: &str = r#"{"action":"listjails","detail":true}"#;
    const CLEAN: &str = r#"{"action":"cleanjails"}"#;
    const DESTROY: &str = r#"{"action":"destroyjail","jail":"test"}"#;
    const DEFAULTS: &str = r#"{"action":"getdefaultsettings"}"#;
    const CREATE: &str = r#"{"action":"createjail","props":"tag=new release=14.3-RELEASE"}"#;
    const DF: &str = r#"{"action":"df","detail":true}"#;
    for &(generation, direct, args, line, unit, place) in ROWS {
        let stand = stand(generation, direct);
        let _ = stand.send(args.as_bytes());
        let asked = stand.asked();
        let Some(line) = asked.iter().find(|asked| asked.starts_with(line)) else {
            panic!("{line} is not run for {args}, but {asked:?}");
        };
        let way = shapes::Way { generation, direct, args: args.to_owned(), line: line.clone(), place };
        held_to_its_bounds(&stand, &way, shapes::of(unit), 1 << 20);
    }
}

/// What there is no room for is left out, counted and told; and all that is there is
/// what was printed.
#[test]
fn a_list_that_was_cut_does_not_look_like_a_short_one() {
    let stand = Stand::new(Generation::Python, Direct::Auto, |config| config.max_answer = 1 << 20);
    let row = |n: u32| format!("None\tj{n}\toff\tdown\tjail\t14.3-RELEASE\t-\t-\t-\tno\n");
    for (jails, is_cut) in [(5_000, false), (20_000, true)] {
        let stdout: String = (0..jails).map(row).collect();
        stand.print("iocage list -lh", machine::Printed { stdout: stdout.into(), ..Default::default() });
        let (_, answer) = stand.send(br#"{"action":"listjails"}"#);
        assert!(answer.len() <= 1 << 20);
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        let told = answer["listjails"].as_object().expect("jails").len();
        let left_out = answer["left_out"]["rows"].as_u64().unwrap_or(0);
        assert_eq!((told + left_out as usize, left_out > 0), (jails as usize, is_cut), "{told}");
        let says = answer["problems"][0].as_str().is_some_and(|text| text.contains(&left_out.to_string()));
        assert_eq!(says, is_cut);
    }
    let printed = "\u{1}".repeat(1 << 20);
    let args = br#"{"action":"execjail","jail":"test","user":"root","command":"true","detail":true}"#;
    stand.print("jexec -U root 1 true", machine::Printed { stdout: printed.into(), ..Default::default() });
    let (_, answer) = stand.send(args);
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    let shown = answer["detail"]["stdout"].as_str().expect("a text").matches('\u{1}').count();
    assert_eq!(answer["left_out"]["lines"], 1, "one line, which is longer than all may be");
    assert_eq!(answer["left_out"]["stdout"].as_u64(), Some((1 << 20) - shown as u64));
    assert_eq!(answer["detail"]["truncated"], true);
}

/// The deepest args that are read, and the longest output, on a thread with exactly the
/// stack that the header states; where it needs more, the host ends.
#[test]
fn a_call_gets_by_with_the_stack_that_is_stated() {
    const STACK: usize = 512 << 10;
    let header = std::fs::read_to_string(crate::support::root().join("include/sysadm_class.h"));
    assert!(header.expect("the header").contains("A call gets by with 512 KiB of stack"));
    let host = CHost::new();
    let nested = |open: &str, close: &str, depth| open.repeat(depth) + "0" + &close.repeat(depth);
    let mut requests: Vec<String> = shapes::requests(Generation::Shell);
    for value in [
        nested("[", "]", 126),
        nested(r#"{"a":"#, "}", 126),
        nested("[", "]", 1000),
        nested(r#"{"a":"#, "}", 1000),
    ] {
        requests.push(format!(r#"{{"action":"df","x":{value}}}"#));
        requests.push(format!(r#"{{"x":{value},"action":"nosuch"}}"#));
        requests.push(format!(r#"{{"action":"execjail","jail":"test","user":"root","argv":{value}}}"#));
        let told = host.send_with(&format!(r#"{{"x":{value}}}"#), STACK, &requests[0]);
        assert!(told.number("stack") < STACK as u64, "{told:?}");
    }
    host.print(&"boot:0\n\u{1}a\u{1}: b\n".repeat(8 << 10));
    let used = requests.iter().map(|args| host.send(STACK, args, None).number("stack")).max();
    println!("{used:?} of {STACK}");
}
