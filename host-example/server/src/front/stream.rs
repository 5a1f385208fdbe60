//! A client's connection, below HTTP: a stream that gives up on who does not take what is written to him, and that can be
//! looked at while his request is worked on.
//!
//! Of the latter hyper can do one of two: not to look (`half_close`), or to look, and then to take who has shut his writing side,
//! and waits for his answer, for one who has gone. Here [`Client::gone`] tells them apart: TLS that was ended properly is the former, a
//! connection that broke off is the latter. What arrives meanwhile is kept for hyper. Who ends TLS properly and then leaves looks like the
//! former until his system says that nobody is there. It says so when something is sent to him: a change of the keys, which TLS 1.3 has and which
//! tells nothing to who waits. With TLS 1.2 it is asked now and then, which also finds who has vanished without a word.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;

/// So much is kept of what comes while a request is worked on; who sends more is looked at no further.
const AHEAD: usize = 4096;

/// How often the system is asked whether a client is still there who sends nothing more.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// When it asks the client's, without an answer from which he has gone.
const ALIVE: (u32, u32, u32) = (60, 15, 4);

/// How long what a client still sends is read when all has been said. Were its connection closed over it, his system
/// would throw away what he has not read yet, which says why.
const LINGER: Duration = Duration::from_secs(2);

struct Inner {
    tls: TlsStream<TcpStream>,
    ahead: Vec<u8>,
    ended: bool,
    received: u64,
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    lingering: Option<Pin<Box<Sleep>>>,
}

/// Such a connection; clones are the same one.
#[derive(Clone)]
pub(crate) struct Client(Arc<Mutex<Inner>>);

impl Client {
    /// It has so long to take something of what is written.
    pub(crate) fn new(tls: TlsStream<TcpStream>, patience: Duration) -> Client {
        let socket = tls.get_ref().0;
        let (idle, apart, times) = ALIVE;
        // What cannot be set is as the system has it, two hours.
        let _ = setsockopt(socket, sockopt::KeepAlive, &true);
        let _ = setsockopt(socket, sockopt::TcpKeepIdle, &idle);
        let _ = setsockopt(socket, sockopt::TcpKeepInterval, &apart);
        let _ = setsockopt(socket, sockopt::TcpKeepCount, &times);
        let inner = Inner {
            tls,
            ahead: Vec::new(),
            ended: false,
            received: 0,
            patience,
            stalled: None,
            lingering: None,
        };
        Client(Arc::new(Mutex::new(inner)))
    }

    /// Nobody waits for its lock: all who have a part of a connection run in one task.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes have come.
    pub(crate) fn received(&self) -> u64 {
        self.inner().received
    }

    /// Ready when the client sends nothing more, or has done so for long enough.
    pub(crate) async fn linger(&self) {
        poll_fn(|cx| self.inner().poll_linger(cx)).await;
    }

    /// Ready when the client has gone.
    pub(crate) async fn gone(&self) {
        if poll_fn(|cx| self.inner().poll_ended(cx)).await.is_ok() {
            self.inner().knock();
            while matches!(self.inner().tls.get_ref().0.take_error(), Ok(None)) {
                sleep(LOOK_EVERY).await;
            }
        }
    }
}

impl Inner {
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let lingering = self.lingering.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        if lingering.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let mut bytes = [0; 4096];
        while !self.ended {
            let mut into = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut self.tls).poll_read(cx, &mut into)) {
                Ok(()) => self.ended = into.filled().is_empty(),
                Err(_) => break,
            }
        }
        // What comes when TLS has ended, or is broken, is read by nobody, and it must not lie there either.
        loop {
            let mut into = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut *self.tls.get_mut().0).poll_read(cx, &mut into)) {
                Ok(()) if !into.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }

    /// Whether what the client sends has ended, properly or not; or so much has come that it is not looked for.
    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.ended && self.ahead.len() < AHEAD {
            let mut bytes = [0; 512];
            let mut into = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.tls).poll_read(cx, &mut into))?;
            self.ended = into.filled().is_empty();
            self.ahead.extend_from_slice(into.filled());
        }
        Poll::Ready(Ok(()))
    }

    /// Send something that tells nothing, to learn whether he is there: to what comes after he has closed all his system answers that
    /// nobody is. What is not taken at once goes with the next that is written.
    ///
    /// The library asks with it that he change his keys, too, before he next sends data. Who has ended TLS sends none, and so owes no
    /// answer; but some answer at once, behind the end, where TLS is not read any more: [`Inner::poll_linger`] takes it away.
    fn knock(&mut self) {
        // Of TLS 1.2 there is no such thing.
        if self.tls.get_mut().1.refresh_traffic_keys().is_ok() {
            let mut unawaited = Context::from_waker(Waker::noop());
            let _ = Pin::new(&mut self.tls).poll_flush(&mut unawaited);
        }
    }

    /// What was tried to write, or that it has been tried for too long.
    fn patient<T>(&mut self, cx: &mut Context<'_>, tried: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if tried.is_ready() {
            self.stalled = None;
            return tried;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Client {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let inner = &mut *self.inner();
        let before = into.filled().len();
        if !inner.ahead.is_empty() {
            let some = inner.ahead.len().min(into.remaining());
            into.put_slice(&inner.ahead[..some]);
            inner.ahead.drain(..some);
        } else if !inner.ended {
            ready!(Pin::new(&mut inner.tls).poll_read(cx, into))?;
        }
        inner.received += (into.filled().len() - before) as u64;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Client {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let inner = &mut *self.inner();
        let tried = Pin::new(&mut inner.tls).poll_write(cx, bytes);
        inner.patient(cx, tried)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let inner = &mut *self.inner();
        let tried = Pin::new(&mut inner.tls).poll_flush(cx);
        inner.patient(cx, tried)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let inner = &mut *self.inner();
        if inner.lingering.is_none() {
            let tried = Pin::new(&mut inner.tls).poll_shutdown(cx);
            ready!(inner.patient(cx, tried))?;
        }
        inner.poll_linger(cx).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpSocket};
    use tokio_rustls::rustls::crypto::ring::default_provider;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    /// More than the client's system takes that is not read there, and less than ours keeps to be sent.
    const ANSWER: usize = 100 << 10;

    #[tokio::test]
    async fn what_comes_after_the_end_of_tls_takes_nothing_from_the_answer() {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let config = super::super::tls::config(&cert.pem(), &signing_key.serialize_pem()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let trusting = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let (here, there) =
            tokio::try_join!(listener.accept(), socket.connect(listener.local_addr().unwrap())).unwrap();
        setsockopt(&here.0, sockopt::SndBuf, &(4 * ANSWER)).unwrap();
        let (here, mut there) = tokio::try_join!(
            TlsAcceptor::from(config).accept(here.0),
            TlsConnector::from(Arc::new(trusting)).connect("localhost".try_into().unwrap(), there)
        )
        .unwrap();
        let mut here = Client::new(here, Duration::from_secs(20));
        there.get_mut().1.send_close_notify();
        there.flush().await.unwrap();
        assert_eq!(here.read(&mut [0]).await.unwrap(), 0);
        there.get_mut().0.write_all(b"an answer to a change of the keys").await.unwrap();
        there.get_mut().0.shutdown().await.unwrap();
        here.write_all(&vec![7; ANSWER]).await.unwrap();
        here.shutdown().await.unwrap();
        drop(here);
        let mut read = Vec::new();
        there.read_to_end(&mut read).await.expect("nothing of it is thrown away");
        assert_eq!(read.len(), ANSWER);
    }
}
