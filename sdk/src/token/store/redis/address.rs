//! URLs, and what is wrong with them. No text here quotes a URL: it may hold a password.

use ::redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisError, parse_redis_url};

use crate::error::{Error, Result};

const SPELLING: &str = "write it as redis://user:password@host:6379/0, rediss:// for TLS, and percent-encode the special \
                        characters of the password: # is %23, / is %2F, @ is %40";

/// Reads the URL of a server.
pub(super) fn read(url: &str) -> Result<ConnectionInfo> {
    let Some(parsed) = parse_redis_url(url) else {
        return Err(Error::config("the Redis URL can not be read", SPELLING));
    };
    match parsed.fragment() {
        None => {}
        Some("insecure") => {
            return Err(Error::config(
                "the Redis URL says #insecure: the password and the tokens would go to whoever answers",
                "leave it out, and give the certificate of the server's authority by `root_certificates`",
            ));
        }
        // The rest of a password, most likely.
        Some(_) => return Err(Error::config("the Redis URL has a #", SPELLING)),
    }
    let info = parsed
        .into_connection_info()
        .map_err(|error| Error::config(format!("the Redis URL can not be used: {}", reason(&error)), SPELLING))?;
    let login = info.redis_settings();
    if login.username().is_some() && login.password().is_none() {
        return Err(Error::config(
            "the Redis URL names a user, but no password",
            "write it as redis://user:password@host, or as redis://:password@host where there are no users",
        ));
    }
    Ok(info)
}

/// Reads the URLs of several servers.
pub(super) fn read_all<U: AsRef<str>>(urls: impl IntoIterator<Item = U>) -> Result<Vec<ConnectionInfo>> {
    let infos = urls.into_iter().map(|url| read(url.as_ref())).collect::<Result<Vec<_>>>()?;
    if infos.is_empty() {
        return Err(Error::config("no Redis URL was given", "give at least one"));
    }
    Ok(infos)
}

/// Reads the name of a master, or a URL with the name in the host's place.
pub(super) fn read_master(master: &str) -> Result<(String, ConnectionInfo)> {
    let info = if master.contains("://") {
        read(master)?
    } else {
        // This takes an address as it is.
        let plain = ConnectionAddr::Tcp(master.to_owned(), 0).into_connection_info();
        plain.map_err(|error| Error::config(reason(&error), SPELLING))?
    };
    match info.addr() {
        ConnectionAddr::Tcp(name, _) | ConnectionAddr::TcpTls { host: name, .. } if !name.is_empty() => {
            Ok((name.clone(), info))
        }
        _ => Err(Error::config(
            "the name of the master that the sentinels watch is missing",
            "give the name by which `sentinel monitor` knows it, such as `mymaster`",
        )),
    }
}

/// What the `redis` crate says of a bad configuration, without its details, which may quote.
pub(super) fn reason(error: &RedisError) -> String {
    let text = error.to_string();
    text.split(" - ").next().unwrap_or_default().to_owned()
}
