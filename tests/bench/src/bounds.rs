//! What the worst output and the worst args cost: every shape that was thought of,
//! wherever it can come in. `--search` tells which are the worst, and the rows of the
//! bench are what those cost in sizes that matter.

use std::time::Duration;

use sysadm_iocage::config::{Direct, Generation};

use crate::heap;
use crate::machine::Stand;
use crate::processor::processor;
use crate::shapes::{self, Place, Way};

/// What may be had beside four times what was read.
const BESIDE: usize = 3 << 20;

/// What a shape cost.
pub(crate) struct Cost {
    way: Way,
    shape: usize,
    read: usize,
    peak: usize,
    time: Duration,
}

impl Cost {
    /// By how many times the peak is more than what was read.
    fn times(&self) -> f64 {
        self.peak.saturating_sub(BESIDE) as f64 / self.read as f64
    }

    fn tell(&self) {
        let Way { generation, direct, args, line, place } = &self.way;
        let unit = shapes::UNITS.get(self.shape).copied().unwrap_or("bytes");
        println!(
            "{:>8.1} ms {:>6.2} times {:>9} | {unit:?} {place:?} {line} | {generation:?} {direct:?} {args}",
            self.time.as_secs_f64() * 1e3,
            self.times(),
            self.read
        );
    }
}

/// What this shape in this size costs.
fn cost(stand: &Stand, way: &Way, shape: usize, size: usize) -> Cost {
    stand.print(&way.line, way.place.printed(stand.usual(&way.line), shapes::shape(shape, size)));
    let start = processor();
    let (_, peak) = heap::peak(|| stand.send(way.args.as_bytes()));
    let time = processor() - start;
    Cost { way: way.clone(), shape, read: stand.read(), peak, time }
}

/// Try each `every`th shape everywhere, and tell the worst.
pub(crate) fn search(size: usize, every: usize) {
    let mut costs: Vec<Cost> = Vec::new();
    for (at, way) in shapes::ways().iter().enumerate() {
        let stand = Stand::new(way.generation, way.direct, |_| ());
        let all = (0..shapes::count()).filter(|shape| (at + shape) % every == 0);
        costs.extend(all.map(|shape| cost(&stand, way, shape, size)));
    }
    println!("{} tried; the slowest:", costs.len());
    costs.sort_by_key(|cost| std::cmp::Reverse(cost.time));
    costs.iter().take(30).for_each(Cost::tell);
    println!("the most memory:");
    costs.sort_by(|a, b| b.times().total_cmp(&a.times()));
    costs.iter().take(30).for_each(Cost::tell);
}

const EXEC: &str = r#"{"action":"execjail","jail":"test","user":"root","command":"true"}"#;
const EXEC_DETAIL: &str =
    r#"{"action":"execjail","jail":"test","user":"root","command":"true","detail":true}"#;
const ALL: &str = r#"{"action":"getjailsettings","jail":"test","detail":true}"#;
const LIST: &str = r#"{"action":"listjails","detail":true}"#;
const START: &str = r#"{"action":"startjail","jail":"test","detail":true}"#;
const CREATE: &str = r#"{"action":"createjail","props":"tag=new","switches":"-e","detail":true}"#;
const EACH: &str = r#"{"action":"getjailsettings","prop":"notes","switches":"-r"}"#;

/// The worst that were found: the request, how what is run for it begins, what that
/// prints over and over, and where.
const WORST: [(Generation, Direct, &str, &str, &str, Place); 12] = [
    (Generation::Python, Direct::Off, EXEC, "iocage exec", "fdescfs(5) is not mounted\n", Place::Beside),
    (Generation::Shell, Direct::Auto, EXEC_DETAIL, "jexec", "\u{1}", Place::Both),
    (Generation::Shell, Direct::Auto, EXEC_DETAIL, "jexec", "#\n", Place::Alone),
    (Generation::Shell, Direct::Auto, ALL, "iocage get all", "a:\n", Place::Behind),
    (Generation::Python, Direct::Auto, ALL, "iocage get all test", "boot:0\n", Place::Behind),
    (Generation::Python, Direct::Auto, LIST, "iocage list -lh", "\t#\ton\tup\t\t\t\t\t\t\n", Place::Alone),
    (Generation::Shell, Direct::Auto, LIST, "iocage list", "\"\n", Place::Both),
    (Generation::Shell, Direct::Auto, LIST, "iocage df", "\n", Place::Alone),
    (Generation::Python, Direct::Auto, START, "iocage start", "\u{1}\n", Place::Both),
    (Generation::Shell, Direct::Auto, CREATE, "iocage create", "\u{1}\n", Place::Before),
    (Generation::Python, Direct::Auto, CREATE, "iocage create", "#\n", Place::Before),
    (Generation::Python, Direct::Auto, EACH, "iocage get -rh", "test\t#\n", Place::Alone),
];

/// What the worst shapes cost in `size`: of their times the longest, and of their peaks
/// over what was read the highest.
pub(crate) fn worst(size: usize) -> (Duration, f64) {
    let mut worst = (Duration::ZERO, 0.0_f64);
    for (generation, direct, args, line, unit, place) in WORST {
        let stand = Stand::new(generation, direct, |_| ());
        let _ = stand.send(args.as_bytes());
        let Some(line) = stand.asked().into_iter().find(|asked| asked.starts_with(line)) else { continue };
        let shape = shapes::of(unit.as_bytes());
        let way = Way { generation, direct, args: args.to_owned(), line, place };
        let cost = cost(&stand, &way, shape, size);
        if std::env::var_os("TELL").is_some() {
            cost.tell();
        }
        worst = (worst.0.max(cost.time), worst.1.max(cost.times()));
    }
    worst
}

/// The peak of the worst args over what they are.
pub(crate) fn args() -> f64 {
    const SIZE: usize = (1 << 20) - 256;
    let fill = |unit: &str| unit.repeat(SIZE / unit.len());
    let stand = Stand::new(Generation::Shell, Direct::Auto, |_| ());
    let peak = |args: &str| {
        let (_, peak) = heap::peak(|| stand.send(args.as_bytes()));
        peak as f64 / args.len() as f64
    };
    [
        format!(r#"{{"action":"nosuch","x":[{}0]}}"#, fill(r#"{"":0},"#)),
        format!(r#"{{"action":"execjail","jail":"a","user":"a","argv":[{}""]}}"#, fill(r#""a","#)),
        format!(r#"{{"action":"execjail","jail":"a","user":"a","command":"{}"}}"#, fill("a ")),
        format!(r#"{{"action":"createjail","props":"{}\n"}}"#, fill("x")),
        format!(r#"{{"action":"df","x":"{}\n"}}"#, fill("x")),
    ]
    .iter()
    .map(|args| peak(args))
    .fold(0.0, f64::max)
}
