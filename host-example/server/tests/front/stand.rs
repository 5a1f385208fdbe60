//! A front, started as the root part starts it, and clients for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::IntoRawFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use sysadmd::wire::start::{Limits, Start};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tungstenite::{Message, WebSocket};

use crate::root::{Root, aside, listen};

pub(crate) type Tls = StreamOwned<ClientConnection, TcpStream>;
pub(crate) const WAIT: Duration = Duration::from_secs(20);
/// alice:secret.
pub(crate) const ALICE: &str = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n";

pub(crate) struct Stand {
    pub(crate) child: Child,
    pub(crate) port: u16,
    pub(crate) root: Root,
    pub(crate) log: Arc<Mutex<String>>,
    pub(crate) start: Start,
    pub(crate) folder: PathBuf,
}

/// A certificate for this machine and its key, PEM.
pub(crate) fn certificate() -> (String, String) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn read(text: &str) -> Reply {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Reply { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn args(&self) -> Value {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {self:?}"));
        body["args"].clone()
    }
}

impl Stand {
    pub(crate) fn new() -> Stand {
        Stand::with(|_| {})
    }

    /// With limits that are not the default.
    pub(crate) fn limited(change: impl FnOnce(&mut Limits)) -> Stand {
        Stand::with(|start| change(&mut start.limits))
    }

    pub(crate) fn with(change: impl FnOnce(&mut Start)) -> Stand {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("sysadmd-front-{}-{number}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let root = listen(&folder.join("front.sock"));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // A duplicate is inherited; what std opens is not.
        let inherited = nix::unistd::dup(&listener).unwrap().into_raw_fd();
        let (certificate, key) = certificate();
        let mut start = Start {
            socket: folder.join("front.sock").to_str().unwrap().to_owned(),
            listeners: vec![inherited],
            become_ids: None,
            chroot: None,
            certificate,
            key,
            origins: vec!["https://panel.example:8443".to_owned()],
            login_s: 30,
            limits: Limits::default(),
            log: "debug".to_owned(),
        };
        change(&mut start);
        let mut child = Command::new(env!("CARGO_BIN_EXE_sysadmd"))
            .arg("front")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        nix::unistd::close(inherited).unwrap();
        let (log, mut lines) =
            (Arc::new(Mutex::new(String::new())), BufReader::new(child.stderr.take().unwrap()));
        let told = Arc::clone(&log);
        aside(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|length| length > 0) {
                told.lock().unwrap().push_str(&std::mem::take(&mut line));
            }
        });
        let mut stand = Stand { child, port, root, log, start, folder };
        stand.tell();
        let mut ready = String::new();
        BufReader::new(stand.child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n", "{}", stand.log.lock().unwrap());
        stand
    }

    /// The start line as it is now.
    pub(crate) fn tell(&mut self) {
        let line = serde_json::to_string(&self.start).unwrap();
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Until it is so.
    pub(crate) fn until(&self, what: &str, mut so: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !so() {
            assert!(begun.elapsed() < WAIT, "never: {what}; {}", self.log.lock().unwrap());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn log_has(&self, text: &str) {
        self.until(text, || self.log.lock().unwrap().contains(text));
    }

    pub(crate) fn tcp(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(WAIT)).unwrap();
        stream
    }

    pub(crate) fn tls(&self) -> Tls {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.start.certificate.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), self.tcp());
        stream.conn.complete_io(&mut stream.sock).unwrap();
        stream
    }

    /// One request on a connection of its own; `rest` is headers, each with its end.
    pub(crate) fn ask(&self, line: &str, rest: &str, body: &str) -> Reply {
        let mut stream = self.tls();
        let port = self.port;
        let head = format!(
            "{line} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\nContent-Length: {}\r\n{rest}\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        Reply::read(&all(&mut stream))
    }

    pub(crate) fn websocket(&self) -> WebSocket<Tls> {
        let url = format!("wss://localhost:{}/", self.port);
        tungstenite::client(url, self.tls()).unwrap().0
    }
}

/// What comes until the end, whichever end that is.
pub(crate) fn all(stream: &mut Tls) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A frame there and the next back.
pub(crate) fn exchange(socket: &mut WebSocket<Tls>, frame: &str) -> Value {
    socket.send(Message::text(frame)).unwrap();
    frame_of(socket)
}

pub(crate) fn frame_of(socket: &mut WebSocket<Tls>) -> Value {
    let text = socket.read().unwrap().into_text().unwrap();
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// The code with which the server closes.
pub(crate) fn closed(socket: &mut WebSocket<Tls>) -> Option<u16> {
    loop {
        match socket.read() {
            Ok(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
