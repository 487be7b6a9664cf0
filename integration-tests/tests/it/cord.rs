//! The cord between the services and PostgreSQL, which a test can cut and join again.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// A port that leads to PostgreSQL while it is joined, and refuses and drops connections while it is cut.
#[derive(Clone)]
pub struct Cord {
    address: SocketAddr,
    server: SocketAddr,
    cut: Arc<Mutex<CancellationToken>>,
}

impl Cord {
    /// A joined cord to `server`.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let cord = Self { address, server, cut: Arc::default() };
        cord.carry(listener);
        cord
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Drops every connection and refuses new ones.
    pub fn cut(&self) {
        self.cut.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }

    /// Takes connections again, on the same port.
    pub async fn join(&self) {
        *self.cut.lock().unwrap_or_else(PoisonError::into_inner) = CancellationToken::new();
        let address = self.address;
        let listener = integration_tests::eventually("the port is free again", async || {
            TcpListener::bind(address).await
        })
        .await;
        self.carry(listener);
    }

    fn carry(&self, listener: TcpListener) {
        let (server, cut) = (self.server, self.cut.lock().unwrap_or_else(PoisonError::into_inner).clone());
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = cut.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                let (Ok((mut client, _)), cut) = (accepted, cut.clone()) else { continue };
                tokio::spawn(async move {
                    let Ok(mut upstream) = TcpStream::connect(server).await else { return };
                    tokio::select! {
                        () = cut.cancelled() => {}
                        _ = tokio::io::copy_bidirectional(&mut client, &mut upstream) => {}
                    }
                });
            }
        });
    }
}
