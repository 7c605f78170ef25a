//! A connection to a site: to an address that may be reached, for one request, with a bound of what is read.

use super::{
    fetch_error::FetchError,
    metered::{Allowance, Metered},
    state::LinkPreviews,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream::FuturesUnordered};
use http_body_util::Empty;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use model::UserId;
use reqwest::Url;
use rustls::pki_types::{IpAddr as TlsAddress, ServerName};
use std::{
    future::poll_fn,
    io,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;

/// Until a connection is there, and its TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// Addresses of a host that are tried, and when the next one is, beside those that have not answered yet.
const MAX_ADDRESSES: usize = 4;
const NEXT_ADDRESS: Duration = Duration::from_millis(300);

/// Bytes that are read until there is TLS, and then until there is the head of the answer, those before it included
/// (`103 Early Hints`).
const MAX_TLS: usize = 128 * 1024;
const MAX_HEAD: usize = 64 * 1024;

/// Lines of the head of an answer. One with more is none.
const MAX_HEADERS: usize = 100;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

type Http = http1::Connection<TokioIo<Box<dyn Stream>>, Empty<Bytes>>;

/// The side of a connection that reads and writes. It runs while somebody waits for what it brings, and in no task of its
/// own.
pub struct Connection {
    http: Pin<Box<Http>>,
    has_ended: bool,
    allowance: Arc<Allowance>,
}

impl LinkPreviews {
    /// The addresses of a host that has been checked, for a page of this user.
    pub(super) async fn find_addresses(
        &self,
        host: &str,
        user_id: UserId,
    ) -> Result<Vec<IpAddr>, FetchError> {
        if let Ok(address) = bare(host).parse() {
            return Ok(vec![address]);
        }
        let lookup = self.reach.lookup();
        Ok(self.lookups.find(lookup, host, user_id).await?)
    }

    /// Connects to the host of an address that has been checked, by nothing but its addresses of now.
    pub(super) async fn connect(
        &self,
        url: &Url,
        addresses: &[IpAddr],
    ) -> Result<(SendRequest<Empty<Bytes>>, Connection), FetchError> {
        self.reach.permit_all(addresses)?;
        let bare = bare(url.host_str().unwrap_or_default());
        let port = url.port_or_known_default().unwrap_or_default();
        let connecting = async {
            let stream = reach_one(addresses, port).await?;
            // For the day on which a connection goes elsewhere.
            self.reach.permit(stream.peer_addr()?.ip())?;
            let allowance = Arc::new(Allowance::default());
            allowance.set(MAX_TLS);
            let stream = Metered::new(stream, Arc::clone(&allowance));
            let stream: Box<dyn Stream> = if url.scheme() == "https" {
                let name = server_name(bare)?;
                let connector = TlsConnector::from(self.tls.config()?);
                Box::new(connector.connect(name, stream).await?)
            } else {
                Box::new(stream)
            };
            Ok::<_, FetchError>((stream, allowance))
        };
        let connected = timeout(CONNECT_TIMEOUT, connecting).await;
        let (stream, allowance) = connected.map_err(|_| FetchError::Timeout)??;
        allowance.set(MAX_HEAD);
        let (sender, http) = http1::Builder::new()
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD)
            .handshake(TokioIo::new(stream))
            .await?;
        let connection = Connection {
            http: Box::pin(http),
            has_ended: false,
            allowance,
        };
        Ok((sender, connection))
    }
}

impl Connection {
    /// So many bytes are read from now on.
    pub fn allow(&self, bytes: usize) {
        self.allowance.set(bytes);
    }

    /// Waits for what this connection brings.
    ///
    /// # Errors
    /// `TooLong` where more is to be read than is allowed.
    pub async fn bring<T>(&mut self, work: impl Future<Output = T>) -> Result<T, FetchError> {
        let mut work = pin!(work);
        poll_fn(|context| {
            // Its error is that of the work, too.
            if !self.has_ended {
                self.has_ended = self.http.as_mut().poll(context).is_ready();
            }
            // What has come with the last bytes goes before their end.
            if let Poll::Ready(it) = work.as_mut().poll(context) {
                return Poll::Ready(Ok(it));
            }
            if self.allowance.is_spent() {
                return Poll::Ready(Err(FetchError::TooLong));
            }
            Poll::Pending
        })
        .await
    }
}

/// A connection to the first of these addresses that answers.
async fn reach_one(addresses: &[IpAddr], port: u16) -> io::Result<TcpStream> {
    let mut connecting: FuturesUnordered<_> = (0..)
        .zip(addresses.iter().take(MAX_ADDRESSES))
        .map(|(number, address)| async move {
            sleep(NEXT_ADDRESS * number).await;
            TcpStream::connect(SocketAddr::new(*address, port)).await
        })
        .collect();
    let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
    while let Some(connected) = connecting.next().await {
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// A host without the brackets of an IPv6 address.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(ServerName::IpAddress(TlsAddress::from(address)));
    }
    ServerName::try_from(host.to_owned()).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::{reach_one, server_name};
    use std::net::IpAddr;
    use tokio::net::TcpListener;

    #[test]
    fn names_and_addresses_are_asked_for_in_tls() {
        for name in ["a.org", "8.8.8.8", "2606:4700::1111"] {
            assert_eq!(server_name(name).unwrap().to_str(), name);
        }
        assert!(server_name("a b").is_err());
    }

    #[tokio::test]
    async fn an_address_that_refuses_leaves_the_others() {
        let there = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = there.local_addr().unwrap().port();
        let addresses = [IpAddr::from([127, 0, 0, 9]), IpAddr::from([127, 0, 0, 1])];
        let stream = reach_one(&addresses, port).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap().ip(), addresses[1]);
        assert!(reach_one(&addresses[..1], port).await.is_err());
        assert!(reach_one(&[], port).await.is_err());
    }
}
