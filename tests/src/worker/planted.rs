//! A token source that panics when it is told to.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use weapp::Client;
use weapp::token::{ClassicToken, Fetching, StableToken, TokenSource, Wish};

const PLANTED: &str = "planted panic of a token source";

/// One of the built-in sources, under its own name.
#[derive(Clone)]
pub(super) struct Planted {
    source: Arc<dyn TokenSource>,
    panics: Arc<AtomicBool>,
}

impl Planted {
    pub(super) fn new(classic: bool) -> Self {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<&str>() != Some(&PLANTED) {
                usual(info);
            }
        }));
        let source: Arc<dyn TokenSource> = if classic { Arc::new(ClassicToken) } else { Arc::new(StableToken) };
        Self { source, panics: Arc::default() }
    }

    /// Lets the next fetch panic.
    pub(super) fn panic_next(&self) {
        self.panics.store(true, Ordering::SeqCst);
    }
}

impl TokenSource for Planted {
    fn kind(&self) -> &str {
        self.source.kind()
    }

    fn fetch<'a>(&'a self, client: &'a Client, wish: Wish) -> Fetching<'a> {
        Box::pin(async move {
            let fetched = self.source.fetch(client, wish).await;
            if self.panics.swap(false, Ordering::SeqCst) {
                panic::panic_any(PLANTED);
            }
            fetched
        })
    }

    fn without_store(&self) -> Option<&dyn TokenSource> {
        self.source.without_store()
    }
}
