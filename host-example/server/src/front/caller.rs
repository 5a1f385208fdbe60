//! One client over HTTP, and one question of his to the root part: a connection for each, so that nothing of one is ever
//! another's; closed when he leaves, by which the root part knows.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::lines::{Answers, Requests, connect, one_line};
use super::reply::{self, Reply, challenge, last, later, refuse};
use super::seats::Seat;
use super::state::{Settings, State};
use super::stream::Client;
use crate::seldom::Seldom;
use crate::wire::frame::Form;

/// A client; one of a connection.
#[derive(Clone)]
pub(crate) struct Caller {
    /// What all share.
    pub(crate) state: Arc<State>,
    /// Where he is.
    pub(crate) peer: SocketAddr,
    /// His connection.
    pub(crate) client: Client,
    /// His place, which what he becomes takes along.
    pub(crate) _seat: Arc<Seat>,
}

/// The id of what is asked here. With one, an answer has the name `response`.
const ID: &str = "http";

/// A request as a line. `args` is JSON.
pub(crate) fn line(namespace: &str, name: &str, args: &str, login: Option<&str>) -> Vec<u8> {
    let (namespace, name) = (serde_json::Value::from(namespace), serde_json::Value::from(name));
    let login = login.map(|login| format!(",\"login\":{login}")).unwrap_or_default();
    let line =
        format!("{{\"namespace\":{namespace},\"name\":{name},\"id\":\"{ID}\",\"args\":{args}{login}}}");
    one_line(line.into_bytes()).unwrap_or_default()
}

/// The same of what is to be done with limited access, whoever asks: a browser follows a link with the name and password that it keeps.
pub(crate) fn limited_line(namespace: &str, name: &str, args: &str, login: &str) -> Vec<u8> {
    line(namespace, name, args, Some(&format!("{login},\"limited\":true")))
}

/// A line of the root part's.
#[derive(Deserialize)]
pub(crate) struct Line<'a> {
    /// As they were written.
    #[serde(borrow)]
    pub(crate) args: &'a RawValue,
    /// Empty of an event.
    #[serde(default)]
    id: String,
    /// Of an event; of an answer `response` or `error`.
    #[serde(default)]
    pub(crate) name: String,
    /// How many events were left out before this one.
    #[serde(default)]
    pub(crate) missed: u64,
}

impl Line<'_> {
    /// Whether it answers what is asked here. An error of what could not be read has no id.
    pub(crate) fn is_answer(&self) -> bool {
        self.id == ID || self.name == "error"
    }

    /// The args of an answer, or what HTTP has instead.
    pub(crate) fn args(&self) -> Result<String, Reply> {
        #[derive(Deserialize)]
        struct Told {
            code: String,
            retry_after: Option<u64>,
        }
        let args = self.args.get();
        if self.name != "error" {
            return Ok(args.to_owned());
        }
        let told = serde_json::from_str::<Told>(args).ok();
        let status = told
            .as_ref()
            .and_then(|told| told.code.parse().ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut reply = reply::args(status, args);
        if let Some(seconds) = told.and_then(|told| told.retry_after) {
            later(&mut reply, seconds);
        }
        Err(if status == StatusCode::UNAUTHORIZED { challenge(reply) } else { reply })
    }
}

impl Caller {
    /// What holds now.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.state.settings()
    }

    /// The args of the answer to such a line, or what HTTP has instead.
    pub(crate) async fn ask(&self, line: Vec<u8>) -> Result<String, Reply> {
        let within = Duration::from_secs(self.settings().limits.answer_s);
        self.ask_within(line, within).await
    }

    /// The same, for so long.
    pub(crate) async fn ask_within(&self, line: Vec<u8>, within: Duration) -> Result<String, Reply> {
        tokio::select! {
            answer = tokio::time::timeout(within, self.answer(line)) => answer.unwrap_or_else(|_| {
                Err(refuse(StatusCode::GATEWAY_TIMEOUT, "there was no answer in time; with `Prefer: respond-async` none is waited for"))
            }),
            // Nobody reads this.
            () = self.client.gone() => Err(last(refuse(StatusCode::REQUEST_TIMEOUT, "the client has gone"))),
        }
    }

    async fn answer(&self, line: Vec<u8>) -> Result<String, Reply> {
        let (mut answers, mut requests) = self.open(Form::Rest).await?;
        requests.send(line).await.map_err(|why| Caller::broken(&why))?;
        loop {
            let bytes = Caller::next(&mut answers).await?;
            let line: Line<'_> = serde_json::from_slice(&bytes).map_err(|why| Caller::broken(&why))?;
            if line.is_answer() {
                return line.args();
            }
        }
    }

    /// A connection to the root part.
    pub(crate) async fn open(&self, form: Form) -> Result<(Answers, Requests), Reply> {
        let socket = &self.settings().socket;
        connect(socket, self.peer, form, Duration::ZERO).await.map_err(|why| Caller::broken(&why))
    }

    /// The next line of one.
    pub(crate) async fn next(answers: &mut Answers) -> Result<Vec<u8>, Reply> {
        let line = answers.next().await.map_err(|why| Caller::broken(&why))?;
        line.ok_or_else(|| Caller::broken(&"it has closed the connection"))
    }

    /// The same for the log, now and then: strangers can ask as often as they like.
    pub(crate) fn says_nothing(why: &dyn std::fmt::Display) {
        static SAID: Seldom = Seldom::new();
        if let Some(unsaid) = SAID.time() {
            log::warn!("the root part does not answer: {why} ({unsaid} more before)");
        }
    }

    /// That the root part has not done what was asked.
    pub(crate) fn broken(why: &dyn std::fmt::Display) -> Reply {
        Caller::says_nothing(why);
        refuse(StatusCode::SERVICE_UNAVAILABLE, "the server's other part does not answer; try again")
    }
}
