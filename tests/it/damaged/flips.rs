//! One bit of a module is flipped, in a place that the loader or the processor acts
//! upon, and the module is swapped in where no digest is demanded: what the probe lets
//! pass must not end the server at the load, the swap, its health or the requests that
//! it was tried with. What ends it later, on other requests or when it is replaced in
//! turn, is counted: that remains without a digest.
//!
//! The server is a process of its own, this very program; it is asked by lines.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::json;
use sysadm_class::Access;
use sysadm_class::host::{Door, Request, Silent};
use sysadm_host::{Policy, Prober, Registry, Stage};

use super::regions::regions;
use crate::support::dice::Dice;
use crate::support::{Folder, Machine, STORY, artifacts, is_long};

const MARK: &str = "SYSADM_IT_FLIPS";
const SAYS: &str = "flips: ";
/// What the policy tries a module with: a few of the story that read.
const TRIED: [usize; 3] = [1, 3, 4];
/// The first real requests: of the story what can be told again and again.
const LATER: std::ops::Range<usize> = 1..25;
/// More than any step of the server's may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// The module that is flipped: this build's, or the one that is named, such as the one
/// that is shipped.
fn whole(folder: &Folder) -> PathBuf {
    let module = std::env::var_os("MODULE").map_or_else(|| artifacts().module.clone(), PathBuf::from);
    let whole = folder.0.join("whole.so");
    let done = Command::new("strip").arg("-o").arg(&whole).arg(&module).status().expect("strip");
    assert!(done.success());
    whole
}

fn policy(door: Door, check: PathBuf) -> Policy {
    // What hangs costs so much, and what a busy machine holds up is not to be taken for it.
    let short = Duration::from_secs(20);
    let requests = TRIED.map(|number| STORY[number].to_owned());
    Policy {
        prober: Prober::At(check),
        probe_requests: requests.to_vec(),
        rehearsal: short,
        create: short,
        state: short,
        probe: short,
        drain: short,
        cancel: short,
        most_retained: 4096,
        ..Policy::new(door)
    }
}

/// The server, where this process is it: swaps in what it is told to, says how far it
/// has come, and goes back to the whole one.
#[test]
fn server() {
    let Some(folder) = std::env::var_os(MARK).map(PathBuf::from) else { return };
    let door = if folder.join("rust").exists() { Door::Rust } else { Door::C };
    let config = fs::read_to_string(folder.join("config")).expect("written");
    let stage = Stage::open(&folder.join("stage")).expect("a folder of our own");
    // Not asked for here: cargo, which might have something else to do, would be asked.
    let check = fs::read_to_string(folder.join("check")).expect("written");
    let registry = Registry::new(policy(door, check.into()), stage, Arc::new(Silent));
    registry.load(&folder.join("whole.so"), &config).expect("the whole one");
    let tell = |word: &str| println!("\n{SAYS}{}", word.replace('\n', " "));
    tell("up");
    for path in std::io::stdin().lock().lines().map_while(Result::ok) {
        if let Err(refused) = registry.swap(None, Path::new(&path)) {
            tell(&format!("{} {}", refused.obstacle.word(), refused.why));
            continue;
        }
        // What it was tried with, once more, is still the swap's.
        let ask = |number: usize, access| {
            drop(registry.dispatch(&Request::new("sysadm", "iocage", STORY[number], access).with_id(7)));
        };
        TRIED.into_iter().for_each(|number| ask(number, Access::Limited));
        tell("taken");
        // The last has iocage make what was cleaned away, which nobody has who may only look.
        LATER.chain([TRIED[1]]).for_each(|number| ask(number, Access::Full));
        tell("asked");
        let back = registry.swap(None, &folder.join("whole.so"));
        let gone = back.is_ok() && registry.settle(Duration::from_secs(20));
        let why = back.err().map(|refused| refused.why).unwrap_or_default();
        tell(&if gone { "back".to_owned() } else { format!("stuck {why}") });
    }
    // Not by the end of the test: what a damaged one has left is not waited for.
    #[expect(clippy::disallowed_methods, reason = "a test is no module")]
    std::process::exit(0);
}

/// A server as this test sees it.
struct Server {
    child: Child,
    input: ChildStdin,
    said: Receiver<String>,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "a test is no module")]
    fn start(folder: &Path) -> Server {
        let mut child = Command::new(std::env::current_exe().expect("our own"))
            .args(["--exact", "damaged::flips::server", "--nocapture"])
            .env(MARK, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("log")).expect("ours"))
            .spawn()
            .expect("it runs");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let (sender, said) = channel();
        std::thread::spawn(move || {
            for line in lines {
                if let Some(word) = line.strip_prefix(SAYS) {
                    let _ = sender.send(word.to_owned());
                }
            }
        });
        let input = child.stdin.take().expect("piped");
        let server = Server { child, input, said };
        let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert_eq!(server.next().as_deref(), Some("up"), "{}", log());
        server
    }

    /// The next thing that it says; nothing if it has ended, or hangs.
    fn next(&self) -> Option<String> {
        self.said.recv_timeout(PATIENCE).ok()
    }

    fn is_dead(&mut self) -> Option<std::process::ExitStatus> {
        std::thread::sleep(Duration::from_millis(50));
        self.child.try_wait().expect("ours")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What became of the flips in one place.
#[derive(Default)]
struct Counts {
    flips: u32,
    by_headers: u32,
    by_probe: u32,
    otherwise: u32,
    taken: u32,
    died_on_requests: u32,
    died_when_replaced: u32,
}

#[test]
fn no_flipped_bit_ends_the_server_at_a_swap() {
    if cfg!(not(all(target_pointer_width = "64", target_endian = "little", target_os = "linux"))) {
        crate::support::skipped!("the places in the file are looked for on Linux with 64 bits");
        return;
    }
    let folder = Folder::new();
    let whole = whole(&folder);
    let tank = json!({"name": "tank", "active": true, "releases": ["10.2-RELEASE"]});
    let machine = Machine::new(&json!({"pools": [tank]}));
    fs::write(folder.0.join("config"), machine.config()).expect("written");
    fs::write(folder.0.join("check"), artifacts().check.to_str().expect("our own")).expect("written");
    if std::env::var_os("RUST_DOOR").is_some() {
        fs::write(folder.0.join("rust"), "").expect("written");
    }
    let mut bytes = fs::read(&whole).expect("there");
    let regions = regions(&bytes);
    let flips = if is_long() { 2_000 } else { 120 };
    let seed = std::env::var("SEED").map_or(11, |seed| seed.parse().expect("a number"));
    let mut dice = Dice::new(seed);
    let mut counts: [Counts; 4] = Default::default();
    let mut dead = Vec::new();
    let mut server = Server::start(&folder.0);
    // The whole one is taken: whatever is refused below is refused for its bit.
    writeln!(server.input, "{}", whole.display()).expect("it reads");
    for word in ["taken", "asked", "back"] {
        assert_eq!(server.next().as_deref(), Some(word));
    }
    let path = folder.0.join("flipped.so");
    for flip in 0..flips {
        let (name, place) = &regions[flip % 4];
        let counts = &mut counts[flip % 4];
        counts.flips += 1;
        let (at, bit) = (place.start + dice.below(place.len()), 1_u8 << dice.below(8));
        bytes[at] ^= bit;
        // By a rename, as everybody should; nobody has it mapped, but it may be open.
        fs::write(folder.0.join("draft"), &bytes).expect("written");
        fs::rename(folder.0.join("draft"), &path).expect("renamed");
        bytes[at] ^= bit;
        let end = |server: &mut Server| format!("{name} at {at:#x}, bit {bit:#x}: {:?}", server.is_dead());
        writeln!(server.input, "{}", path.display()).expect("it reads");
        let word = server.next();
        match word.as_deref().map(|said| said.split(' ').next().unwrap_or_default()) {
            None => {
                dead.push(end(&mut server));
                server = Server::start(&folder.0);
                continue;
            }
            Some("taken") => counts.taken += 1,
            Some("load-refused") => {
                counts.by_headers += 1;
                continue;
            }
            Some("probe-failed") => {
                counts.by_probe += 1;
                continue;
            }
            Some(_) => {
                counts.otherwise += 1;
                continue;
            }
        }
        if server.next().is_none() {
            println!("died on requests: {}", end(&mut server));
            counts.died_on_requests += 1;
            server = Server::start(&folder.0);
        } else if server.next().as_deref() != Some("back") {
            println!("died, or stuck, when it was replaced: {}", end(&mut server));
            counts.died_when_replaced += 1;
            server = Server::start(&folder.0);
        }
    }
    for ((name, place), counts) in regions.iter().zip(&counts) {
        println!(
            "{name} ({} bytes): {} flips, {} refused as no module, {} by the probe's end, {} by what it said; \
             {} taken, of which {} ended the server on later requests and {} when replaced",
            place.len(),
            counts.flips,
            counts.by_headers,
            counts.by_probe,
            counts.otherwise,
            counts.taken,
            counts.died_on_requests,
            counts.died_when_replaced
        );
    }
    assert!(dead.is_empty(), "the server died of {} of {flips} flips at the swap: {dead:#?}", dead.len());
    let by_probe: u32 = counts.iter().map(|counts| counts.by_probe).sum();
    assert!(by_probe > 0, "these would have ended it");
}
