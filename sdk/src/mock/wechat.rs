//! What WeChat does with a request: who calls, may they, is the request right, and what comes of it.

use std::time::Instant;

use serde_json::{Value, json};

use super::answer::Author;
use super::catalogue::{Endpoint, Field, From, Response, TokenKind};
use super::check::{Checker, Given, Params, Refusal};
use super::record::RecordedRequest;
use super::rules::{Action, Plan};
use super::server::Reply;
use super::tokens::Holder;
use super::{Shared, State, body, codes, random};

/// Where tokens come from. Of all endpoints only these two and the logins have a state of their own.
const CLASSIC_TOKEN: &str = "/cgi-bin/token";
const STABLE_TOKEN: &str = "/cgi-bin/stable_token";

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
        by_method.sort_by_key(|endpoint| std::cmp::Reverse(fixed(endpoint).count()));
        by_method.iter().find(meant).or(by_method.last()).copied()
    }

    /// Answers a request, by the rule that covers it if there is one, and says which rule that was.
    pub(super) fn process(
        &self,
        endpoint: Option<&'static Endpoint>,
        request: &RecordedRequest,
    ) -> (Reply, Option<Plan>) {
        let checked = endpoint.map(|endpoint| self.check(endpoint, request));
        let refused = |refusal| (self.refusal(endpoint, refusal), None);
        let mut state = self.state();
        let call = match checked {
            Some(Err(refusal)) => return refused(refusal),
            Some(Ok(call)) => Some(call),
            None => None,
        };
        let plan = state.rules.behind(request.endpoint.as_deref(), &request.path);
        let reply = match (plan.as_ref().map(|plan| &plan.action), endpoint.zip(call)) {
            (Some(Action::Errcode { code, message: Some(message) }), _) => self.error(endpoint, *code, message.clone()),
            (Some(Action::Errcode { code, message: None }), _) => self.refusal(endpoint, Refusal::new(*code, "")),
            (Some(Action::Answer(answer)), _) => Reply::new(JSON, answer.to_string()),
            (_, Some((endpoint, (holder, params)))) => match self.effect(&mut state, endpoint, &holder, &params) {
                Ok(reply) => reply,
                Err(refusal) => self.refusal(Some(endpoint), refusal),
            },
            (_, None) => self.refusal(None, Refusal::new(codes::NOT_FOUND, "")),
        };
        (reply, plan)
    }

    fn check(&self, endpoint: &Endpoint, request: &RecordedRequest) -> Result<(Holder, Params), Refusal> {
        if endpoint.post != (request.method == "POST") {
            let code = if endpoint.post { codes::POST_REQUIRED } else { codes::GET_REQUIRED };
            return Err(Refusal::new(code, ""));
        }
        let holder = if endpoint.token.is_token() { Some(self.token(endpoint, request)?) } else { None };
        let checker = Checker { catalogue: self.catalogue, endpoint, strict: self.strict };
        let content_type = request.header("content-type").unwrap_or_default();
        let given = Given { query: &request.query, content_type, body: &request.body };
        let (body, parts) = checker.body(given)?;
        let holder = match holder {
            Some(holder) => holder,
            None => self.credentials(endpoint, request, &body)?,
        };
        Ok((holder, checker.params(given, body, &parts)?))
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

    /// Does what the call is for, and says so.
    fn effect(
        &self,
        state: &mut State,
        endpoint: &Endpoint,
        holder: &Holder,
        params: &Params,
    ) -> Result<Reply, Refusal> {
        use_up_code(state, endpoint, params)?;
        let author = Author { catalogue: self.catalogue, endpoint, appid: &holder.appid, params };
        let mut reply = match &endpoint.response {
            Response::Nothing | Response::Json => Reply::new(JSON, author.nothing().to_string()),
            Response::Bytes => Reply::new("application/octet-stream", &b"bytes of the mock"[..]),
            Response::Image if author.is_transparent() => {
                Reply::new("image/png", author.look().png().unwrap_or_default())
            }
            Response::Image => Reply::new("image/jpeg", author.look().jpeg()),
            Response::Fields(fields) => {
                let mut answer = author.fields(fields);
                let now = Instant::now();
                let token = match endpoint.path.as_str() {
                    CLASSIC_TOKEN => Some(state.tokens.classic(&holder.appid, &self.lives, now)),
                    STABLE_TOKEN => {
                        let force = params.get("force_refresh") == Some(&Value::Bool(true));
                        Some(state.tokens.stable(&holder.appid, force, &self.lives, now))
                    }
                    _ => None,
                };
                if let Some((token, left)) = token {
                    answer["access_token"] = token.into();
                    answer["expires_in"] = left.as_secs().into();
                }
                Reply::new(JSON, answer.to_string())
            }
        };
        if endpoint.counted {
            state.made += 1;
            reply.used = Some(state.made);
        }
        Ok(reply)
    }

    fn refusal(&self, endpoint: Option<&Endpoint>, refusal: Refusal) -> Reply {
        let known = self.catalogue.errcode(refusal.code).map(|known| known.message.as_str());
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
        Reply::new("text/plain", json!({ code_name: code, message_name: message }).to_string())
    }
}

const JSON: &str = "application/json; encoding=utf-8";

/// A code of `wx.login` or of the phone number button works once, where the endpoint has an error code to say so.
fn use_up_code(state: &mut State, endpoint: &Endpoint, params: &Params) -> Result<(), Refusal> {
    for (name, refusal) in [("js_code", codes::USED_CODE), ("code", codes::INVALID_CODE)] {
        if let Some(code) = params.get(name).and_then(Value::as_str)
            && endpoint.errcodes.contains_key(&refusal)
            && !state.used_codes.insert((endpoint.id.clone(), code.to_owned()))
        {
            return Err(Refusal::new(refusal, ""));
        }
    }
    Ok(())
}
