//! What WeChat does with a request: who calls, may they, is the request right, and what comes of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::answer::Author;
use super::catalogue::{Endpoint, Errcode, Field, From, Response, Signature, TokenKind};
use super::check::{Checker, Given, Params, Refusal};
use super::payload::Reply;
use super::record::RecordedRequest;
use super::rules::{Action, Plan};
use super::security::Arrived;
use super::signature::Signed;
use super::tokens::Holder;
use super::{Shared, State, body, codes, random};

/// Where tokens come from. Of all endpoints only these two and the logins have a state of their own.
pub(super) const CLASSIC_TOKEN: &str = "/cgi-bin/token";
pub(super) const STABLE_TOKEN: &str = "/cgi-bin/stable_token";

pub(super) fn is_token_fetch(endpoint: &Endpoint) -> bool {
    endpoint.path == CLASSIC_TOKEN || endpoint.path == STABLE_TOKEN
}

/// What WeChat did with a request.
pub(super) struct Outcome {
    pub(super) reply: Reply,
    /// The rule that covers it.
    pub(super) plan: Option<Arc<Plan>>,
    pub(super) took_effect: bool,
    /// Whether it was refused though nothing is wrong with it.
    pub(super) is_out_of_turn: bool,
}

impl Outcome {
    fn refused(reply: Reply) -> Self {
        Self { reply, plan: None, took_effect: false, is_out_of_turn: false }
    }
}

/// What a call changed.
#[derive(Default)]
struct Granted {
    token: Option<(String, Duration)>,
    /// A session_key that replaces the user's last one.
    session_key: Option<String>,
    /// How many pictures that WeChat counts were made.
    used: Option<u64>,
}

impl Shared {
    /// The endpoint that a request means, whether or not it is right.
    pub(super) fn endpoint(&self, request: &RecordedRequest) -> Option<&'static Endpoint> {
        let post = request.method == "POST";
        let at_path = || self.catalogue.at(&request.path);
        let mut by_method: Vec<_> = at_path().filter(|endpoint| endpoint.post == post).collect();
        if by_method.len() <= 1 {
            return by_method.pop().or_else(|| at_path().next());
        }
        // Several endpoints share this address: the one whose fixed parameters are given is meant.
        let given = body::json(&request.body, false).unwrap_or_default();
        let is_given = |field: &Field, fixed: &Value| {
            let in_query = request.query_value(&field.name).is_some_and(|text| fixed.as_str() == Some(text));
            in_query || given.get(&field.name) == Some(fixed)
        };
        let fixed = |endpoint: &'static Endpoint| {
            endpoint.params.iter().filter_map(|field| Some((field, field.fixed.as_ref()?)))
        };
        let meant = |endpoint: &&&'static Endpoint| fixed(endpoint).all(|(field, fixed)| is_given(field, fixed));
        // The order in which the spec has them stays among those with as many.
        by_method.sort_by_key(|endpoint| std::cmp::Reverse(fixed(endpoint).count()));
        by_method.iter().find(meant).or(by_method.last()).copied()
    }

    /// Answers a request, by the rule that covers it if there is one. With `refusal` a request that would be taken is
    /// refused with this code.
    pub(super) fn process(
        &self,
        endpoint: Option<&'static Endpoint>,
        request: &RecordedRequest,
        arrived: Option<&Arrived>,
        refusal: Option<i64>,
    ) -> Outcome {
        let mut outcome = self.take(endpoint, request, arrived, refusal);
        if let Some(arrived) = arrived {
            outcome.reply = arrived.seal(outcome.reply);
        }
        outcome
    }

    fn take(
        &self,
        endpoint: Option<&'static Endpoint>,
        request: &RecordedRequest,
        arrived: Option<&Arrived>,
        refusal: Option<i64>,
    ) -> Outcome {
        let checked = match endpoint {
            Some(endpoint) => self.check(endpoint, request, arrived).map(Some),
            None => arrived.map_or(Ok(None), |arrived| arrived.check(None).map(|_| None)),
        };
        let call = match checked {
            Ok(call) => endpoint.zip(call),
            Err(refusal) => return Outcome::refused(self.refusal(endpoint, refusal)),
        };
        if let Some(code) = refusal {
            let reply = self.refusal(endpoint, Refusal::new(code, ""));
            return Outcome { is_out_of_turn: true, ..Outcome::refused(reply) };
        }
        let mut state = self.state();
        let plan = state.rules.behind(request.endpoint.as_deref(), &request.path);
        let (reply, took_effect) = match (plan.as_ref().map(|plan| &plan.action), call) {
            (Some(Action::Errcode { code, message: Some(message) }), _) => {
                (self.error(endpoint, *code, message.clone()), false)
            }
            (Some(Action::Errcode { code, message: None }), _) => {
                (self.refusal(endpoint, Refusal::new(*code, "")), false)
            }
            (Some(Action::Answer { json, text }), call) => {
                let took_effect = is_success(endpoint, json);
                if let Some((endpoint, (holder, params))) = call.filter(|_| took_effect) {
                    self.follow_up(endpoint, &holder.appid, &params, text, false);
                }
                (Reply::new(JSON, text.clone()), took_effect)
            }
            (_, Some((endpoint, (holder, params)))) => {
                let granted = self.effect(&mut state, endpoint, &holder, &params);
                // What takes time does not keep others waiting.
                drop(state);
                match granted {
                    Ok(granted) => {
                        let mut reply = self.reply(endpoint, &holder, &params, granted);
                        if let Some(body) = self.follow_up(endpoint, &holder.appid, &params, &reply.body, true) {
                            reply.body = body;
                        }
                        (reply, true)
                    }
                    Err(refusal) => (self.refusal(Some(endpoint), refusal), false),
                }
            }
            (_, None) => (self.refusal(None, Refusal::new(codes::NOT_FOUND, "")), false),
        };
        Outcome { reply, plan, took_effect, is_out_of_turn: false }
    }

    fn check(
        &self,
        endpoint: &Endpoint,
        request: &RecordedRequest,
        arrived: Option<&Arrived>,
    ) -> Result<(Holder, Params), Refusal> {
        // What is signed is a POST, whatever the endpoint takes plain.
        if (endpoint.post || arrived.is_some()) != (request.method == "POST") {
            let code = if endpoint.post { codes::POST_REQUIRED } else { codes::GET_REQUIRED };
            return Err(Refusal::new(code, ""));
        }
        let holder = if endpoint.token.is_token() { Some(self.token(endpoint, request)?) } else { None };
        let appid = holder.as_ref().map_or(self.default_app().appid.as_str(), |holder| holder.appid.as_str());
        let plain = match arrived {
            Some(arrived) => Some(arrived.check(Some((endpoint, appid)))?),
            None => {
                self.security.require(endpoint, appid)?;
                None
            }
        };
        let request = plain.as_ref().unwrap_or(request);
        let checker = Checker { catalogue: self.catalogue, endpoint, strict: self.strict };
        let content_type = request.header("content-type").unwrap_or_default();
        let given = Given { query: &request.query, content_type, body: &request.body };
        let (body, parts) = checker.body(given)?;
        let holder = match holder {
            Some(holder) => holder,
            None => self.credentials(endpoint, request, &body)?,
        };
        let params = checker.params(given, body, &parts)?;
        if !endpoint.sign.is_empty() {
            let user = text(&params, "openid");
            let session_key = self.state().session_keys.get(&holder.appid, user).map(str::to_owned);
            let (keys, session_key) = (&self.keys, session_key.as_deref());
            Signed { keys, endpoint, request, params: &params, session_key }.check()?;
        }
        Ok((holder, params))
    }

    fn token(&self, endpoint: &Endpoint, request: &RecordedRequest) -> Result<Holder, Refusal> {
        let token = request.query_value("access_token").unwrap_or_default();
        if token.is_empty() {
            return Err(Refusal::new(codes::TOKEN_MISSING, ""));
        }
        let holder = self.state().tokens.holder(token, Instant::now()).map_err(|code| Refusal::new(code, ""))?;
        let is_official = self.app(&holder.appid).is_some_and(|app| app.official);
        let wants_official = endpoint.token == TokenKind::OfficialAccount;
        if is_official != wants_official {
            let detail = if wants_official {
                "an official account's token is wanted"
            } else {
                "a Mini Program's token is wanted"
            };
            return Err(Refusal::new(codes::UNAUTHORIZED, detail));
        }
        if endpoint.token == TokenKind::Authorizer && !holder.platform {
            return Err(Refusal::new(codes::UNAUTHORIZED, "only a third-party platform may call this"));
        }
        if endpoint.token != TokenKind::Authorizer && holder.platform && !endpoint.for_platforms {
            return Err(Refusal::new(codes::PLATFORM_UNAUTHORIZED, ""));
        }
        Ok(holder)
    }

    /// Whoever appid and AppSecret stand for; the default app where the endpoint wants neither.
    fn credentials(&self, endpoint: &Endpoint, request: &RecordedRequest, body: &Params) -> Result<Holder, Refusal> {
        let sent = |from: From| {
            let field = endpoint.params.iter().find(|field| field.from == Some(from))?;
            let in_body = || body.get(&field.name).and_then(Value::as_str);
            Some(request.query_value(&field.name).or_else(in_body).unwrap_or_default())
        };
        let app = match sent(From::AppId) {
            Some("") => return Err(Refusal::new(codes::APPID_MISSING, "")),
            Some(appid) => self.app(appid).ok_or_else(|| Refusal::new(codes::INVALID_APPID, ""))?,
            None => self.default_app(),
        };
        match sent(From::AppSecret) {
            Some("") => Err(Refusal::new(codes::SECRET_MISSING, "")),
            Some(secret) if secret != app.secret.expose() => Err(Refusal::new(codes::INVALID_SECRET, "")),
            _ => Ok(Holder { appid: app.appid.clone(), platform: false }),
        }
    }

    /// Does what the call is for.
    fn effect(
        &self,
        state: &mut State,
        endpoint: &Endpoint,
        holder: &Holder,
        params: &Params,
    ) -> Result<Granted, Refusal> {
        use_up_code(state, endpoint, params)?;
        let mut granted = Granted::default();
        if is_token_fetch(endpoint) {
            let (tokens, appid, now) = (&mut state.tokens, holder.appid.as_str(), Instant::now());
            tokens.count(appid, self.quota).map_err(|code| Refusal::new(code, ""))?;
            granted.token = Some(if endpoint.path == CLASSIC_TOKEN {
                tokens.classic(appid, &self.lives, now)
            } else {
                tokens.stable(appid, params.get("force_refresh") == Some(&Value::Bool(true)), &self.lives, now)
            });
        }
        if endpoint.answers_session_key() {
            let (appid, code) = (holder.appid.as_str(), text(params, "js_code"));
            if endpoint.sign.contains(&Signature::User) {
                let user = text(params, "openid");
                let last = state.session_keys.get(appid, user);
                let next = random::session_key(&format!("{user} after {}", last.unwrap_or_default()));
                // Of users who never logged in here the mock knows no key, and asks for none.
                if last.is_some() {
                    state.session_keys.set(appid, user.to_owned(), next.clone());
                }
                granted.session_key = Some(next);
            } else if !code.is_empty() {
                state.session_keys.set(appid, random::openid(appid, code), random::session_key(code));
            }
        }
        if endpoint.counted {
            state.made += 1;
            granted.used = Some(state.made);
        }
        Ok(granted)
    }

    /// Says what came of a call.
    fn reply(&self, endpoint: &Endpoint, holder: &Holder, params: &Params, granted: Granted) -> Reply {
        let author = Author { catalogue: self.catalogue, endpoint, appid: &holder.appid, params };
        let cached = |make: &dyn Fn() -> Vec<u8>| self.answers.get_or_make(&endpoint.id, &holder.appid, params, make);
        let mut reply = match &endpoint.response {
            Response::Nothing | Response::Json => Reply::new(JSON, written(&author.nothing())),
            Response::Bytes => Reply::new("application/octet-stream", &b"bytes of the mock"[..]),
            Response::Text => Reply::new("text/plain; charset=utf-8", "text of the mock, 模拟\n"),
            Response::Image if author.is_transparent() => {
                Reply::new("image/png", cached(&|| author.look().png().unwrap_or_default()))
            }
            Response::Image => Reply::new("image/jpeg", cached(&|| author.look().jpeg())),
            Response::Fields(fields) if granted.token.is_none() && granted.session_key.is_none() => {
                Reply::new(JSON, cached(&|| written(&author.fields(fields))))
            }
            Response::Fields(fields) => {
                let mut answer = author.fields(fields);
                if let Some((token, left)) = granted.token {
                    answer["access_token"] = token.into();
                    answer["expires_in"] = left.as_secs().into();
                }
                if let Some(session_key) = granted.session_key {
                    answer["session_key"] = session_key.into();
                }
                Reply::new(JSON, written(&answer))
            }
        };
        reply.used = granted.used;
        reply
    }

    fn refusal(&self, endpoint: Option<&Endpoint>, refusal: Refusal) -> Reply {
        let known = self.catalogue.errcode(endpoint, refusal.code).and_then(Errcode::wording);
        let message = known.unwrap_or_else(|| codes::message(refusal.code));
        let colon = if refusal.detail.is_empty() { "" } else { ": " };
        self.error(endpoint, refusal.code, format!("{message}{colon}{}", refusal.detail))
    }

    /// An error as WeChat sends it: with the status of success, as a plain text, and the request's id at the end.
    fn error(&self, endpoint: Option<&Endpoint>, code: i64, message: String) -> Reply {
        let envelope = endpoint.map(|endpoint| &endpoint.envelope);
        let code_name = envelope.map_or("errcode", |envelope| envelope.code.as_str());
        let message_name = envelope.map_or("errmsg", |envelope| envelope.message.as_str());
        let message = format!("{message} rid: {}", random::rid());
        Reply::new("text/plain", written(&json!({ code_name: code, message_name: message })))
    }
}

#[cfg(not(feature = "push"))]
impl Shared {
    /// No event tells the outcome of a call.
    fn follow_up(&self, _: &Endpoint, _: &str, _: &Params, _: &bytes::Bytes, _: bool) -> Option<bytes::Bytes> {
        None
    }
}

/// A parameter that is a text; empty where it is not there.
fn text<'a>(params: &'a Params, name: &str) -> &'a str {
    params.get(name).and_then(Value::as_str).unwrap_or_default()
}

const JSON: &str = "application/json; encoding=utf-8";

/// Faster than `to_string`, which asks of each piece whether it is UTF-8. A `Value` can always be written.
fn written(json: &Value) -> Vec<u8> {
    serde_json::to_vec(json).unwrap_or_default()
}

/// A code of `wx.login` or of the phone number button works once, where the endpoint has an error code to say so.
fn use_up_code(state: &mut State, endpoint: &Endpoint, params: &Params) -> Result<(), Refusal> {
    for (name, refusal) in [("js_code", codes::USED_CODE), ("code", codes::INVALID_CODE)] {
        if let Some(code) = params.get(name).and_then(Value::as_str)
            && endpoint.errcodes.contains_key(&refusal)
            && !state.used_codes.take(&endpoint.id, code)
        {
            return Err(Refusal::new(refusal, ""));
        }
    }
    Ok(())
}

/// Whether an answer holds no error code.
fn is_success(endpoint: Option<&Endpoint>, json: &Value) -> bool {
    let envelope = endpoint.map(|endpoint| &endpoint.envelope);
    match json.get(envelope.map_or("errcode", |envelope| envelope.code.as_str())) {
        None | Some(Value::Null) => true,
        Some(code) => {
            let code = code.as_i64().or_else(|| code.as_str()?.parse().ok());
            code.is_some_and(|code| code == 0 || envelope.is_some_and(|envelope| envelope.ok.contains(&code)))
        }
    }
}
