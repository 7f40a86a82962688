use ::redis::{RedisError, ServerErrorKind, parse_redis_value};

use super::*;
use crate::error::ErrorKind as Kind;

fn refusal<T>(outcome: Result<T>) -> String {
    let error = outcome.err().expect("this should be refused");
    assert_eq!(error.kind(), Kind::Config, "{error}");
    let text = format!("{error} {error:?}");
    assert!(!text.contains("hunter"), "{text}");
    text
}

#[test]
fn urls_that_are_none_are_refused_without_being_quoted() {
    for (url, word) in [
        ("", "can not be read"),
        ("127.0.0.1:6379", "can not be read"),
        ("http://:hunter2@host", "can not be read"),
        ("redis://:hunter2@", "can not be read"),
        ("redis://:hunter2@host:port", "can not be read"),
        ("redis://:hunter2@host:99999", "can not be read"),
        // Passwords that were not encoded.
        ("redis://:hunt#er2@host:6379", "%23"),
        ("redis://user:1#hunter2@host:6379", "%23"),
        ("redis://:1/hunter2@host:6379", "can not be"),
        ("redis://user:1/hunter2@host:6379", "Invalid database number"),
        ("redis://:hunter2@host/zero", "Invalid database number"),
        ("redis://:hunter2@host/0?protocol=hunter3", "Invalid protocol version"),
        ("redis://hunter2@host", "names a user, but no password"),
        ("redis+unix:///run/redis.sock?user=hunter2", "names a user, but no password"),
        ("redis+unix:///run/redis.sock?pass=hunter2&db=x", "Invalid database number"),
        ("rediss://:hunter2@host/#insecure", "`root_certificates`"),
        ("redis://0.0.0.0", "wildcard"),
    ] {
        for text in [
            refusal(RedisStore::new(url)),
            refusal(RedisStore::cluster(["redis://fine", url])),
            refusal(RedisStore::sentinel([url, "redis://fine"], "mymaster")),
        ] {
            assert!(text.contains(word), "{url}: {text}");
        }
    }
}

#[test]
fn lists_and_names_that_do_not_fit_are_refused() {
    let none: [&str; 0] = [];
    assert!(refusal(RedisStore::cluster(none)).contains("no Redis URL"));
    assert!(refusal(RedisStore::sentinel(none, "mymaster")).contains("no Redis URL"));
    assert!(refusal(RedisStore::cluster(["redis://:hunter2@a", "redis://:hunter3@b"])).contains("password"));
    assert!(refusal(RedisStore::cluster(["redis+unix:///run/redis.sock"])).contains("unix socket"));
    for master in ["", "redis+unix:///mymaster"] {
        assert!(refusal(RedisStore::sentinel(["redis://a"], master)).contains("name of the master"), "{master}");
    }
    assert!(refusal(RedisStore::sentinel(["redis://a"], "redis://hunter2@mymaster")).contains("no password"));
}

#[test]
fn urls_of_all_sorts_are_taken() {
    for url in [
        "redis://host",
        "redis://host:7000/3?protocol=resp3",
        "redis://:hunter2@[::1]:6379",
        "redis://user:hunter%232@host",
        "valkey://host",
        "redis+unix:///run/redis.sock?db=2&user=me&pass=hunter2",
        "unix:///run/redis.sock",
        #[cfg(feature = "rustls")]
        "rediss://user:hunter2@host",
    ] {
        let store = RedisStore::new(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(format!("{store:?}"), r#"RedisStore { target: "single", prefix: "weapp", timeout: 1s, .. }"#);
    }
    // The name of a master keeps its case, which a URL's host would lose.
    let (name, master) = address::read_master("redis://me:hunter2@My_Master-1/4").unwrap();
    assert_eq!((&*name, master.redis_settings().db()), ("My_Master-1", 4));
    assert_eq!(master.redis_settings().username(), Some("me"));
    assert_eq!(address::read_master("My.Master:1 ").unwrap().0, "My.Master:1 ");
}

fn said(line: &str) -> RedisError {
    parse_redis_value(line.as_bytes()).unwrap().extract_error().unwrap_err()
}

#[test]
fn what_redis_says_is_told_in_words_that_help() {
    for (line, words) in [
        ("-OOM command not allowed when used memory > 'maxmemory'.", ["no memory left", "maxmemory"]),
        // As Redis 6 tells of a command that failed in a script.
        ("-ERR Error running script (call to f_x): @user_script:1: -OOM command not allowed", ["(OOM)", "maxmemory"]),
        ("-ERR Error running script (call to f_x): @user_script:2: READONLY You can't write", ["a replica", "primary"]),
        ("-BUSY Redis is busy running a script. You can only call SCRIPT KILL", ["(BUSY)", "SCRIPT KILL"]),
        ("-CLUSTERDOWN Hash slot not served", ["cluster is down", "CLUSTER INFO"]),
        ("-CROSSSLOT Keys in request don't hash to the same slot", ["part of a cluster", "RedisStore::cluster"]),
        ("-ASK 3999 127.0.0.1:6381", ["node of a cluster", "RedisStore::cluster"]),
        ("-TRYAGAIN Multiple keys request during rehashing of slot", ["moving the slot", "wait"]),
        ("-ERR something new", ["Redis answered ERR: something new", "the page of `RedisStore`"]),
        ("-NEWCODE something new", ["Redis answered NEWCODE: something new", "the page of `RedisStore`"]),
        ("-NEWCODE", ["Redis answered NEWCODE: ", "the page of `RedisStore`"]),
    ] {
        let text = Fault::of(&said(&format!("{line}\r\n")), None).to_string();
        assert!(words.iter().all(|word| text.contains(word)), "{line}: {text}");
    }
}

#[test]
fn what_redis_quotes_is_not_repeated() {
    let token = Secret::new("hunter2");
    for line in [
        "-ERR unknown command 'EVALSHA', with args beginning with: '1f' '3' 'hunter2' ",
        "-ERR unknown command `EVALSHA`, with args beginning with: `hun",
        "-ERR a proxy does not understand hunter2",
    ] {
        let fault = Fault::of(&said(&format!("{line}\r\n")), Some(&token));
        let text = format!("{fault} {fault:?}");
        assert!(text.contains("Redis answered ERR: ") && !text.contains("hun"), "{text}");
    }
}

#[test]
fn other_failures_are_told() {
    let reset = RedisError::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    let text = Fault::of(&reset, None).to_string();
    assert!(text.contains("can not be reached: connection reset") && text.contains("the address"), "{text}");
    // A cluster's failure has that of a node in its text.
    let inner = "Password authentication failed - AuthenticationFailed".to_owned();
    let outer = RedisError::from((::redis::ErrorKind::Io, "Failed to create initial connections", inner));
    assert!(Fault::of(&outer, None).to_string().contains("refused the user or the password"));
    let loading = RedisError::from((::redis::ErrorKind::Server(ServerErrorKind::BusyLoading), "loading"));
    assert!(Fault::of(&loading, None).to_string().contains("(LOADING)"));
}

#[test]
fn times_to_live_are_what_redis_takes() {
    assert_eq!(milliseconds(Duration::ZERO), 1);
    assert_eq!(milliseconds(Duration::from_micros(1999)), 1);
    assert_eq!(milliseconds(Duration::from_secs(7200)), 7_200_000);
    assert_eq!(milliseconds(Duration::MAX), 315_360_000_000);
}
