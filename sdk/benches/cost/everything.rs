//! A client that uses all that a client can: limits, a middleware, several hosts, and whatever features are on.

use weapp::middleware::middleware_fn;
use weapp::{Client, Hosts, Limits, Per};

pub(crate) const WHAT: &str =
    if cfg!(feature = "metrics") { "limits, hosts, middleware, metrics" } else { "limits, hosts, middleware" };

pub(crate) fn client(url: &str) -> Client {
    let traced = middleware_fn(|mut request| {
        let marked = request.insert_header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        match marked {
            Ok(_) => request.send(),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    });
    // Limits that hold nobody up: what is measured is the counting.
    let limits = Limits::wait().set("msgSecCheck", u32::MAX, Per::Minute).set("msgSecCheck", u32::MAX, Per::Day);
    let builder = Client::builder()
        .app("wx0123456789abcdef", "0123456789abcdef0123456789abcdef")
        .hosts(Hosts::new([url, url]).unwrap())
        .limits(limits.max_in_flight(1000))
        .middleware(traced);
    builder.build().unwrap()
}

/// Takes the metrics in while it is held.
#[cfg(feature = "metrics")]
pub(crate) fn watch() -> impl Drop {
    use std::sync::LazyLock;

    use metrics_util::debugging::DebuggingRecorder;

    static RECORDER: LazyLock<DebuggingRecorder> = LazyLock::new(DebuggingRecorder::new);
    metrics::set_default_local_recorder(&*RECORDER)
}

#[cfg(not(feature = "metrics"))]
pub(crate) fn watch() {}
