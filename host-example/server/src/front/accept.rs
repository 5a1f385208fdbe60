//! From a listening socket to requests, each step in bounded time: a seat, TLS, the head of a request. (`axum::serve` and
//! hyper's defaults bound none of them.)

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::caller::Caller;
use super::route;
use super::seats::Seat;
use super::state::State;
use super::stream::Client;
use super::tls;
use crate::seldom::Seldom;

/// The most lines of a head, and the most bytes of it.
const HEADERS: usize = 64;
const HEAD: usize = 64 << 10;

/// What is said about strangers, seldom.
#[derive(Default)]
struct Said {
    refused: Seldom,
    handshake: Seldom,
    accept: Seldom,
}

/// Accept until the front ends.
pub(crate) async fn listen(state: Arc<State>, listener: TcpListener) {
    let said = Arc::new(Said::default());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = state.drain.cancelled() => return,
        };
        match accepted {
            // An address of IPv4 has one form, whatever the socket.
            Ok((stream, peer)) => {
                begin(&state, &said, stream, (peer.ip().to_canonical(), peer.port()).into())
            }
            Err(why) => {
                if let Some(unsaid) = said.accept.time() {
                    log::warn!("a connection could not be accepted: {why} ({unsaid} more before)");
                }
                // Without descriptors it would fail again at once, and for ever.
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

fn begin(state: &Arc<State>, said: &Arc<Said>, stream: TcpStream, peer: SocketAddr) {
    state.counters.connections.up();
    let Some(seat) = state.seats.take(peer.ip(), &state.settings().limits) else {
        state.counters.refused.up();
        if let Some(unsaid) = said.refused.time() {
            log::warn!(
                "{peer}: no place for it: too many are connected, in all or from there ({unsaid} more before)"
            );
        }
        return;
    };
    let (state, said) = (Arc::clone(state), Arc::clone(said));
    let tasks = state.tasks.clone();
    tasks.spawn(async move { serve(state, &said, stream, peer, seat).await });
}

async fn serve(state: Arc<State>, said: &Said, stream: TcpStream, peer: SocketAddr, seat: Seat) {
    let settings = state.settings();
    let (header, transfer) =
        (Duration::from_secs(settings.limits.header_s), Duration::from_secs(settings.limits.transfer_s));
    // Frames are small, and each is somebody's answer.
    let _ = stream.set_nodelay(true);
    let accepting = timeout(header, TlsAcceptor::from(Arc::clone(&settings.tls)).accept(stream));
    let accepted = tokio::select! {
        accepted = accepting => accepted,
        () = state.drain.cancelled() => return,
    };
    let why = match accepted {
        Ok(Ok(tls)) => {
            let caller = Caller { client: Client::new(tls, transfer), _seat: Arc::new(seat), peer, state };
            return speak(caller, header).await;
        }
        Ok(Err(why)) => tls::handshake(&why),
        Err(_) => "it took too long".to_owned(),
    };
    state.counters.handshakes_failed.up();
    if let Some(unsaid) = said.handshake.time() {
        log::info!("{peer}: no TLS: {why} ({unsaid} more before)");
    }
}

async fn speak(caller: Caller, header: Duration) {
    let (drain, client, peer) = (caller.state.drain.clone(), caller.client.clone(), caller.peer);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header)
        .max_headers(HEADERS)
        .max_header_size(HEAD)
        .max_buf_size(HEAD)
        // Who has gone is noticed in `Client::gone`, and who only sends no more gets his answer.
        .half_close(true)
        .serve_connection(
            TokioIo::new(client),
            service_fn(move |request| route::handle(caller.clone(), request)),
        )
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = drain.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(why) = ended {
        log::debug!("{peer}: the connection ended: {why}");
    }
}
