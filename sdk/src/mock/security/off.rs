//! In place of signed calls where the feature `sign` is off: the mock takes none.

use super::catalogue::Endpoint;
use super::check::Refusal;
use super::payload::Reply;
use super::record::RecordedRequest;

#[derive(Debug, Default)]
pub(super) struct Securities;

pub(super) enum Arrived {}

impl Securities {
    pub(super) fn arrive(&self, _: &mut RecordedRequest) -> Option<Arrived> {
        None
    }

    pub(super) fn require(&self, _: &Endpoint, _: &str) -> Result<(), Refusal> {
        Ok(())
    }
}

impl Arrived {
    pub(super) fn check(&self, _: Option<(&Endpoint, &str)>) -> Result<RecordedRequest, Refusal> {
        match *self {}
    }

    pub(super) fn seal(&self, _: Reply) -> Reply {
        match *self {}
    }
}
