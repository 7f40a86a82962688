//! Certificates for `rediss://`. With rustls they can be given; native-tls uses those of the system.

use ::redis::cluster::ClusterClientBuilder;
use ::redis::sentinel::SentinelClientBuilder;
use ::redis::{ConnectionAddr, ConnectionInfo, RedisResult};
#[cfg(feature = "rustls")]
use ::redis::{ErrorKind, RedisError, TlsCertificates};

/// Whether a connection to this address is over TLS.
pub(super) fn is_tls(info: &ConnectionInfo) -> bool {
    matches!(info.addr(), ConnectionAddr::TcpTls { .. })
}

/// The certificates that the user gave.
#[derive(Clone, Default)]
pub(super) struct Certificates {
    #[cfg(feature = "rustls")]
    given: Option<TlsCertificates>,
}

#[cfg(feature = "rustls")]
impl Certificates {
    /// Takes some more.
    ///
    /// # Errors
    /// `pem` is no PEM of a certificate. rustls would take it for an empty list, and trust nobody.
    pub(super) fn give(&mut self, pem: &[u8], set: impl FnOnce(&mut TlsCertificates)) -> RedisResult<()> {
        if !String::from_utf8_lossy(pem).contains("-----BEGIN CERTIFICATE-----") {
            return Err((ErrorKind::InvalidClientConfig, "There is no PEM of a certificate").into());
        }
        set(self.given.get_or_insert(TlsCertificates { client_tls: None, root_cert: None }));
        Ok(())
    }

    pub(super) fn are_given(&self) -> bool {
        self.given.is_some()
    }

    /// Sees to it that rustls finds its cryptography. It panics where a program brings two kinds and chose none.
    pub(super) fn prepare(&self) {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // An error says that somebody else was faster.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
    }

    pub(super) fn on(&self, info: ConnectionInfo) -> RedisResult<ConnectionInfo> {
        match &self.given {
            None => Ok(info),
            Some(_) if !is_tls(&info) => Err(not_tls()),
            Some(given) => Ok(::redis::Client::build_with_tls(info, given.clone())?.get_connection_info().clone()),
        }
    }

    pub(super) fn on_cluster(
        &self,
        builder: ClusterClientBuilder,
        nodes: &[ConnectionInfo],
    ) -> RedisResult<ClusterClientBuilder> {
        match &self.given {
            None => Ok(builder),
            Some(_) if !nodes.iter().all(is_tls) => Err(not_tls()),
            Some(given) => Ok(builder.certs(given.clone())),
        }
    }

    pub(super) fn on_master(&self, builder: SentinelClientBuilder) -> SentinelClientBuilder {
        match &self.given {
            None => builder,
            Some(given) => builder.set_client_to_redis_certificates(given.clone()),
        }
    }
}

#[cfg(feature = "rustls")]
fn not_tls() -> RedisError {
    (ErrorKind::InvalidClientConfig, "Certificates were given, but the URL does not start with rediss://").into()
}

#[cfg(not(feature = "rustls"))]
impl Certificates {
    pub(super) fn are_given(&self) -> bool {
        false
    }

    pub(super) fn prepare(&self) {}

    pub(super) fn on(&self, info: ConnectionInfo) -> RedisResult<ConnectionInfo> {
        Ok(info)
    }

    pub(super) fn on_cluster(
        &self,
        builder: ClusterClientBuilder,
        _nodes: &[ConnectionInfo],
    ) -> RedisResult<ClusterClientBuilder> {
        Ok(builder)
    }

    pub(super) fn on_master(&self, builder: SentinelClientBuilder) -> SentinelClientBuilder {
        builder
    }
}
