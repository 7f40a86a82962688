//! One request from its arrival to the answer that goes out: rules, faults, WeChat, and the record of it all.

use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::body::query;
use super::catalogue::Endpoint;
use super::fault::{Drawn, Fault};
use super::payload::Reply;
use super::record::RecordedRequest;
use super::rules::{Action, End, Manner, Plan};
use super::security::Arrived;
use super::wechat::is_token_fetch;
use super::{Shared, State, codes};

/// An answer, what becomes of it, and how it travels.
pub(super) struct Delivery {
    pub(super) reply: Reply,
    pub(super) end: End,
    pub(super) manner: Manner,
}

impl Delivery {
    fn whole(reply: Reply) -> Self {
        Self { reply, end: End::Whole, manner: Manner::default() }
    }

    fn planned(reply: Reply, plan: &Plan) -> Self {
        let mut delivery = Self { reply, end: End::Whole, manner: plan.manner.clone() };
        delivery.finish(plan.end.clone());
        delivery
    }

    fn finish(&mut self, end: End) {
        match end {
            End::Replace(canned) => self.reply = canned.into(),
            end => self.end = end,
        }
    }

    /// Lets a fault happen to it, and says whether it could.
    fn meet(&mut self, drawn: &Drawn) -> bool {
        if drawn.fault == Fault::Delay {
            self.manner.delay = self.manner.delay.saturating_add(drawn.delay);
        } else if let Some(end) = drawn.end(self.reply.body.len()) {
            self.finish(end);
        } else if let Some(damaged) = drawn.damaged(&self.reply.body) {
            self.reply.body = damaged;
        } else {
            return false;
        }
        true
    }
}

/// What becomes of a request that has just arrived.
enum Arrival {
    /// Its connection ends, and nobody has taken it.
    Gone(Delivery),
    /// Somebody in front of WeChat answers.
    Answered(Delivery),
    /// WeChat takes it, and then this happens.
    Taken(Option<Drawn>),
}

impl State {
    /// Also says which fault the request has met by now.
    fn arrive(&mut self, endpoint: Option<&Endpoint>, path: &str) -> (Arrival, Option<Fault>) {
        let drawn = self.faults.as_mut().and_then(|faults| faults.draw(endpoint, path));
        if let Some(drawn) = &drawn
            && drawn.fault.is_in_front()
        {
            let arrival = match drawn.page() {
                Some(page) => Arrival::Answered(Delivery::whole(page.into())),
                None => Arrival::Gone(vanish(drawn.fault == Fault::ResetBefore, Manner::default())),
            };
            return (arrival, Some(drawn.fault));
        }
        let id = endpoint.map(|endpoint| endpoint.id.as_str());
        let arrival = match self.rules.in_front(id, path) {
            None => Arrival::Taken(drawn),
            Some(plan) => match &plan.action {
                Action::Vanish { reset } => Arrival::Gone(vanish(*reset, plan.manner.clone())),
                Action::Reply(canned) => Arrival::Answered(Delivery::planned(canned.clone().into(), &plan)),
                Action::Usual | Action::Errcode { .. } | Action::Answer { .. } => Arrival::Taken(drawn),
            },
        };
        (arrival, None)
    }
}

fn vanish(reset: bool, manner: Manner) -> Delivery {
    Delivery { reply: Reply::status(StatusCode::OK), end: End::Vanish { reset }, manner }
}

impl Shared {
    /// Takes a request, whose body is `None` if it is too large.
    pub(super) fn handle(&self, head: &Parts, body: Option<Vec<u8>>) -> Delivery {
        let too_large = body.is_none();
        let mut request = RecordedRequest {
            endpoint: None,
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: query(head.uri.query().unwrap_or_default()),
            headers: texts(&head.headers),
            body: body.unwrap_or_default(),
            signed: false,
            fault: None,
            took_effect: false,
        };
        let arrived = self.security.arrive(&mut request);
        let endpoint = self.endpoint(&request);
        request.endpoint = endpoint.map(|endpoint| endpoint.id.clone());

        let (arrival, fault) = self.state().arrive(endpoint, &request.path);
        request.fault = fault;
        let is_gone = matches!(arrival, Arrival::Gone(_));
        let mut is_refused_fetch = false;
        let delivery = match arrival {
            Arrival::Gone(delivery) | Arrival::Answered(delivery) => delivery,
            // WeChat's gateway takes no body of unknown length, and says so without a word.
            Arrival::Taken(_) if head.headers.contains_key(header::TRANSFER_ENCODING) => {
                Delivery::whole(Reply::status(StatusCode::PRECONDITION_FAILED))
            }
            Arrival::Taken(_) if too_large => Delivery::whole(Reply::status(StatusCode::PAYLOAD_TOO_LARGE)),
            Arrival::Taken(drawn) => {
                let delivery = self.pass(endpoint, &mut request, arrived.as_ref(), drawn);
                is_refused_fetch = !request.took_effect && endpoint.is_some_and(is_token_fetch);
                delivery
            }
        };

        if let Some(observer) = &self.observer {
            observer(&request);
        }
        let mut state = self.state();
        state.records.count(endpoint, &request);
        if is_refused_fetch {
            state.records.refused_fetches += 1;
        }
        if !is_gone {
            state.records.keep(request, self.keep);
        }
        delivery
    }

    /// Lets WeChat answer, and a fault happen on the way there or back.
    fn pass(
        &self,
        endpoint: Option<&'static Endpoint>,
        request: &mut RecordedRequest,
        arrived: Option<&Arrived>,
        drawn: Option<Drawn>,
    ) -> Delivery {
        let refusal = drawn.filter(|drawn| drawn.fault.is_refusal()).map(|drawn| match drawn.fault {
            Fault::TokenRejected => codes::INVALID_CREDENTIAL,
            _ => codes::BUSY,
        });
        let outcome = self.process(endpoint, request, arrived, refusal);
        request.took_effect = outcome.took_effect;
        let mut delivery = match &outcome.plan {
            Some(plan) => Delivery::planned(outcome.reply, plan),
            None => Delivery::whole(outcome.reply),
        };
        let has_met =
            |drawn: &Drawn| if drawn.fault.is_refusal() { outcome.is_out_of_turn } else { delivery.meet(drawn) };
        request.fault = drawn.filter(has_met).map(|drawn| drawn.fault);
        delivery
    }
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
