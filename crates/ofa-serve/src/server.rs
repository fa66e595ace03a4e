//! Taking a port and answering.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use futures_util::future::{Either, select};

use crate::error::{Error, Result};
use crate::files::{EncoderFolder, SelectorFile};
use crate::page::Page;
use crate::policy::Policies;
use crate::site::Site;

/// How often it is asked whether to stop.
const ASKED_EVERY: Duration = Duration::from_millis(50);

/// How long answers may go on once it is to stop.
const GRACE: Duration = Duration::from_secs(2);

/// What is served, and where.
#[derive(Debug, Clone)]
pub struct Settings {
    /// An address of this machine, or a name of one.
    pub host: String,
    /// The port; 0 takes one that is free.
    pub port: u16,
    /// A folder with the page, in place of the one in the program.
    pub page: Option<PathBuf>,
    /// An encoder's folder, for the page to offer.
    pub encoder: Option<PathBuf>,
    /// A selector, for the page to offer.
    pub selector: Option<PathBuf>,
}

/// A server that has its port.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    site: Site,
}

impl Server {
    /// Opens what is to be served and takes the port.
    ///
    /// # Errors
    /// [`Error::NoPage`], [`Error::NotAPage`]; [`Error::EncoderLacks`], [`Error::LeadsOut`], [`Error::Unreadable`] for
    /// the encoder and the selector; [`Error::NoSuchHost`], [`Error::PortTaken`], [`Error::PortDenied`].
    pub fn bind(settings: &Settings) -> Result<Self> {
        let page = Page::open(settings.page.as_deref())?;
        let encoder = settings
            .encoder
            .as_deref()
            .map(EncoderFolder::open)
            .transpose()?;
        let selector = settings
            .selector
            .as_deref()
            .map(SelectorFile::open)
            .transpose()?;
        let (host, port) = (settings.host.clone(), settings.port);
        let listener = listen(&host, port).map_err(|source| match source.kind() {
            ErrorKind::AddrInUse => Error::PortTaken { host, port },
            ErrorKind::PermissionDenied => Error::PortDenied { host, port, source },
            _ => Error::NoSuchHost { host, source },
        })?;
        let address = listener.local_addr().map_err(Error::Ended)?;
        Ok(Self {
            listener,
            address,
            site: Site {
                page,
                encoder,
                selector,
                policies: Policies::new(),
                is_loopback: address.ip().is_loopback(),
            },
        })
    }

    /// The address of the page, for a browser on this machine.
    #[must_use]
    pub fn url(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        format!("http://{}/", SocketAddr::new(ip, self.address.port()))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether only this machine reaches it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.site.is_loopback
    }

    /// Answers until it is told to stop; answers that are under way then have two more seconds.
    ///
    /// # Errors
    /// [`Error::Ended`] where the system does not let it go on.
    pub fn run(self, is_to_stop: impl Fn() -> bool + Send + Sync + 'static) -> Result<()> {
        // One thread: what is served is read from memory, or from the disk by tokio's own threads.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::Ended)?;
        let is_to_stop = Arc::new(is_to_stop);
        let served = runtime.block_on(async {
            self.listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            let site = Arc::new(self.site);
            let router = Router::new().fallback(move |request: Request<Body>| {
                let site = Arc::clone(&site);
                async move { site.answer(request).await }
            });
            let stopped = until(Arc::clone(&is_to_stop));
            let serving = axum::serve(listener, router).with_graceful_shutdown(stopped);
            let overdue = async {
                until(is_to_stop).await;
                tokio::time::sleep(GRACE).await;
            };
            match select(pin!(serving.into_future()), pin!(overdue)).await {
                Either::Left((ended, _)) => ended,
                Either::Right(_) => Ok(()),
            }
        });
        runtime.shutdown_background();
        served.map_err(Error::Ended)
    }
}

async fn until(is_true: Arc<impl Fn() -> bool + ?Sized>) {
    while !is_true() {
        tokio::time::sleep(ASKED_EVERY).await;
    }
}

/// Listens on the first address of a host that can be had.
fn listen(host: &str, port: u16) -> io::Result<TcpListener> {
    // An IPv6 address is written with brackets in an address, and without on a command line.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    TcpListener::bind(&addresses[..])
}
