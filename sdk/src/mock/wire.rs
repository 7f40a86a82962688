//! A connection that can be made to reset, or to write slowly.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How slowly an answer is written: the pause after each byte of its head and of its body.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Pace {
    pub(super) head: Duration,
    pub(super) body: Duration,
}

impl Pace {
    fn is_slow(self) -> bool {
        !self.head.is_zero() || !self.body.is_zero()
    }
}

/// What whoever answers wants of the connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Orders(Arc<Mutex<Order>>);

#[derive(Debug, Default)]
struct Order {
    reset: bool,
    pace: Pace,
    /// How much of the empty line between head and body was written: four bytes.
    line: usize,
}

impl Orders {
    fn order(&self) -> MutexGuard<'_, Order> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the next answer is to be written.
    pub(super) fn pace(&self, pace: Pace) {
        let mut order = self.order();
        (order.pace, order.line) = (pace, 0);
    }

    /// Lets the connection end with a reset.
    pub(super) fn reset(&self) {
        self.order().reset = true;
    }
}

impl Order {
    /// The pause after a byte of an answer.
    fn pause_after(&mut self, byte: u8) -> Duration {
        const LINE: &[u8] = b"\r\n\r\n";
        if self.line == LINE.len() {
            return self.pace.body;
        }
        self.line = if LINE.get(self.line) == Some(&byte) { self.line + 1 } else { usize::from(byte == b'\r') };
        self.pace.head
    }
}

pub(super) struct Wire {
    stream: TcpStream,
    orders: Orders,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, orders: Orders) -> Self {
        Self { stream, orders, pause: None }
    }

    /// Writes one byte, and lets the next one wait.
    fn write_slowly(&mut self, context: &mut Context<'_>, byte: u8) -> Poll<io::Result<usize>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, &[byte]))?;
        if written == 1 {
            let pause = self.orders.order().pause_after(byte);
            self.pause = (!pause.is_zero()).then(|| Box::pin(tokio::time::sleep(pause)));
        }
        Poll::Ready(Ok(written))
    }

    fn is_slow(&self) -> bool {
        self.orders.order().pace.is_slow()
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match buf.first() {
            Some(byte) if self.is_slow() => self.write_slowly(context, *byte),
            _ => Pin::new(&mut self.stream).poll_write(context, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match bufs.iter().find_map(|buf| buf.first()) {
            Some(byte) if self.is_slow() => self.write_slowly(context, *byte),
            _ => Pin::new(&mut self.stream).poll_write_vectored(context, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.orders.order().reset {
            // Where this fails the connection is closed instead, and nobody is left to hear of it.
            let _ = self.stream.set_zero_linger();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_begins_behind_the_empty_line() {
        let pace = Pace { head: Duration::from_secs(1), body: Duration::from_secs(2) };
        let mut order = Order { pace, ..Order::default() };
        let pauses = b"a: b\r\n\r\r\nc: d\r\n\r\n\r\n\r\nx".map(|byte| order.pause_after(byte).as_secs());
        assert_eq!(pauses.iter().position(|pause| *pause == 2), Some(17));
        assert!(pauses[17..].iter().all(|pause| *pause == 2));
    }
}
