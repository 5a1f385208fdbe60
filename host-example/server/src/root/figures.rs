//! What there is to be measured of the server, in the text form of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use sysadm_host::State;

use super::metrics::{Label, TIMES, Times};
use super::server::Server;

/// All of it, and what else is to be told of the server.
pub(crate) fn text(server: &Server) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: Vec<(String, String)>| {
        let _ = writeln!(text, "# HELP sysadmd_{name} {help}\n# TYPE sysadmd_{name} {kind}");
        for (rest, value) in samples {
            let _ = writeln!(text, "sysadmd_{name}{rest} {value}");
        }
    };
    let counts = server.metrics.counts();
    let of = |label: &Label| format!("class=\"{}\",action=\"{}\"", label.class, label.action);
    let answers = counts.answers.iter().map(|((label, status), count)| {
        (format!("{{{},status=\"{status}\"}}", of(label)), count.to_string())
    });
    family("requests_total", "counter", "Requests that a class or the host has answered.", answers.collect());
    let mut times = Vec::new();
    for (label, Times { below, count, sum }) in &counts.times {
        for (end, below) in TIMES.iter().zip(below) {
            times.push((format!("_bucket{{{},le=\"{end}\"}}", of(label)), below.to_string()));
        }
        times.push((format!("_bucket{{{},le=\"+Inf\"}}", of(label)), count.to_string()));
        times.push((format!("_sum{{{}}}", of(label)), sum.to_string()));
        times.push((format!("_count{{{}}}", of(label)), count.to_string()));
    }
    family("request_seconds", "histogram", "How long that took.", times);
    let refused =
        counts.refused.iter().map(|(code, count)| (format!("{{code=\"{code}\"}}"), count.to_string()));
    family("refused_total", "counter", "Requests that the server refused itself.", refused.collect());
    let [here, there] = counts.connections;
    let connections = [("here", here), ("front", there)];
    let connections = connections.map(|(by, count)| (format!("{{by=\"{by}\"}}"), count.to_string()));
    family(
        "connections_total",
        "counter",
        "Connections, by the socket of this machine and by the front.",
        connections.into(),
    );
    let [by_requests, by_jobs] = counts.programs;
    let programs = [("request", by_requests), ("job", by_jobs)];
    let programs = programs.map(|(by, count)| (format!("{{by=\"{by}\"}}"), count.to_string()));
    let help = "Programs that have ended, as classes tell; of a job each command line once.";
    family("programs_total", "counter", help, programs.into());
    drop(counts);

    let (failed, succeeded, sessions) = server.logins.counts();
    let logins = [("failed", failed), ("succeeded", succeeded)];
    let logins = logins.map(|(outcome, count)| (format!("{{outcome=\"{outcome}\"}}"), count.to_string()));
    family(
        "logins_total",
        "counter",
        "Logins that were looked at, without passwords that are remembered.",
        logins.into(),
    );
    family("sessions", "gauge", "Logins that last.", vec![(String::new(), sessions.to_string())]);
    let load = server.lanes.load();
    let busy = load.iter().map(|(lane, busy, _)| (format!("{{lane=\"{}\"}}", lane.word()), busy.to_string()));
    family("lane_busy", "gauge", "Threads at work, of each kind.", busy.collect());
    let waiting =
        load.iter().map(|(lane, _, waiting)| (format!("{{lane=\"{}\"}}", lane.word()), waiting.to_string()));
    family("lane_waiting", "gauge", "Requests that wait for one.", waiting.collect());
    let jobs =
        jobs(server).into_iter().map(|(state, count)| (format!("{{state=\"{state}\"}}"), count.to_string()));
    family("jobs", "gauge", "Jobs that wait, run, and are kept.", jobs.collect());
    let generations = server.host.modules().generations();
    let states = [State::Current, State::Draining].map(|state| {
        let count = generations.iter().filter(|generation| generation.state() == state).count();
        (format!("{{state=\"{}\"}}", state.word()), count.to_string())
    });
    family("generations", "gauge", "Versions of modules that serve, and that end.", states.into());
    let (answered, failed) = server.host.modules().answered();
    let answered = [("good", answered - failed), ("failed", failed)];
    let answered = answered.map(|(outcome, count)| (format!("{{outcome=\"{outcome}\"}}"), count.to_string()));
    family("class_answers_total", "counter", "Answers of classes, jobs among them.", answered.into());
    text
}

fn jobs(server: &Server) -> BTreeMap<&'static str, usize> {
    let request =
        sysadm_host::Request::new("rpc", "dispatcher", r#"{"action":"list"}"#, sysadm_host::Access::Full);
    let told: Value = server.host.ask(&request).read().unwrap_or_default();
    let all = told["jobs"]["no_queue"].as_object();
    let count = |state: &str| all.map_or(0, |all| all.values().filter(|job| job["state"] == state).count());
    ["waiting", "running", "finished"].into_iter().map(|state| (state, count(state))).collect()
}
