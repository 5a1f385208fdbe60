//! Clients that send one request and wait for its answer: in the process, over the Unix socket, over a WebSocket of TLS.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use sysadm_class::Status;
use sysadm_class::host::Request;
use sysadm_host::{Access, Host};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tungstenite::{Message, WebSocket};

use crate::stand::Stand;

const ARGS: &str = r#"{"action":"echo","text":"hello"}"#;
const FRAME: &str =
    r#"{"namespace":"example","name":"echo","id":"x","args":{"action":"echo","text":"hello"}}"#;
const ANSWER: &str = r#"{"args":{"echo":"hello"},"id":"x","name":"response","namespace":"example"}"#;

pub(crate) trait Client {
    /// One request and its answer, which is looked at.
    fn ask(&mut self);
}

/// No client: the request goes to the class, as the server's own thread gives it there.
pub(crate) struct Inside<'a>(pub(crate) &'a Host);

impl Client for Inside<'_> {
    fn ask(&mut self) {
        let request = Request::new("example", "echo", ARGS, Access::Full);
        let answer = self.0.modules().dispatch(&request.of_caller("load"));
        assert_eq!((answer.status, &*answer.text()), (Status::Ok, r#"{"echo":"hello"}"#));
    }
}

/// Lines.
pub(crate) struct Unix {
    stream: UnixStream,
    reader: BufReader<UnixStream>,
    line: String,
}

impl Unix {
    pub(crate) fn connect(stand: &Stand) -> Unix {
        let stream = UnixStream::connect(stand.socket()).expect("connected");
        let reader = BufReader::new(stream.try_clone().expect("a second one"));
        Unix { stream, reader, line: String::new() }
    }

    fn send(&mut self, line: &str) -> &str {
        self.stream.write_all(format!("{line}\n").as_bytes()).expect("sent");
        self.line.clear();
        self.reader.read_line(&mut self.line).expect("answered");
        self.line.trim_end()
    }

    /// Have the class's version replaced.
    pub(crate) fn swap(&mut self) {
        let swap = r#"{"namespace":"rpc","name":"modules","id":"s","args":{"action":"swap","class":"example/echo","file":"echo.so"}}"#;
        let answer = self.send(swap);
        assert!(answer.contains("\"generation\":"), "{answer}");
    }
}

impl Client for Unix {
    fn ask(&mut self) {
        assert_eq!(self.send(FRAME), ANSWER);
    }
}

/// Frames.
pub(crate) struct Wss(WebSocket<StreamOwned<ClientConnection, TcpStream>>);

impl Wss {
    pub(crate) fn connect(stand: &Stand) -> Wss {
        let mut roots = RootCertStore::empty();
        let pem = std::fs::read(stand.certificate()).expect("the certificate");
        roots.add(CertificateDer::from_pem_slice(&pem).expect("one")).expect("taken");
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = "localhost".try_into().expect("a name");
        let tls = ClientConnection::new(Arc::new(config), name).expect("a client");
        let stream = TcpStream::connect(stand.address()).expect("connected");
        stream.set_nodelay(true).expect("set");
        let stream = StreamOwned::new(tls, stream);
        let (mut socket, _) = tungstenite::client("wss://localhost/", stream).expect("a WebSocket");
        socket.send(Message::text(stand.login())).expect("sent");
        let answer = socket.read().expect("answered").into_text().expect("a text");
        assert!(answer.contains("\"args\":[\""), "{answer}");
        Wss(socket)
    }
}

impl Client for Wss {
    fn ask(&mut self) {
        self.0.send(Message::text(FRAME)).expect("sent");
        assert_eq!(self.0.read().expect("answered").into_text().expect("a text").as_str(), ANSWER);
    }
}
