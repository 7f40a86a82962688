//! The spec's own examples against the mock.

use serde_json::Value;

use super::Caller;
use crate::mock::catalogue::{self, Endpoint, Field, Form, Kind, Place, Signature, TypeDef};
use crate::mock::check::Params;
use crate::mock::{Mock, MockBuilder};
use crate::secret::Secret;
use crate::sign::{PaymentKeys, delivery_sign, pay_sig, session_signature};

const APP_KEY: &str = "app-key";

fn payment_keys() -> PaymentKeys {
    PaymentKeys::new().virtual_payment(APP_KEY).sandbox(APP_KEY).b2b(APP_KEY)
}

/// A mock that verifies every signature whose key it can know.
fn knowing(endpoint_examples: &[&Value]) -> MockBuilder {
    let shops = endpoint_examples
        .iter()
        .filter_map(|example| Some((example.get("shopid")?.as_str()?, example.get("delivery_secret")?.as_str()?)));
    shops.fold(Mock::builder().payment_keys(payment_keys()), |mock, (shop, secret)| mock.delivery_secret(shop, secret))
}

fn endpoints() -> &'static [Endpoint] {
    catalogue::built_in().unwrap().endpoints()
}

fn examples() -> Vec<&'static Value> {
    endpoints().iter().map(|endpoint| &endpoint.example).collect()
}

/// Example, configuration and fixed values of an endpoint, in JSON.
fn params(endpoint: &Endpoint) -> Params {
    let mut params = endpoint.example.as_object().cloned().unwrap_or_default();
    for field in &endpoint.params {
        let configured = match field.from {
            Some(catalogue::From::AppId) => Some(Mock::APPID.into()),
            Some(catalogue::From::AppSecret) => Some(Mock::SECRET.into()),
            None => field.fixed.clone(),
        };
        params.extend(configured.map(|value| (field.name.clone(), value)));
        if field.kind == Kind::File {
            params.remove(&field.name);
        }
        if let Some(value) = params.get_mut(&field.name) {
            fill_in(&field.kind, value);
        }
    }
    params
}

/// Adds what is fixed within structs, which an example may leave out.
fn fill_in(kind: &Kind, value: &mut Value) {
    match (kind, value) {
        (Kind::List(inner), Value::Array(items)) => items.iter_mut().for_each(|item| fill_in(inner, item)),
        (Kind::Map(inner), Value::Object(entries)) => entries.values_mut().for_each(|item| fill_in(inner, item)),
        (Kind::Named(index), Value::Object(members)) => {
            let Some(TypeDef::Struct { fields, .. }) = catalogue::built_in().unwrap().type_def(*index) else { return };
            for field in fields {
                match (members.get_mut(&field.name), &field.fixed) {
                    (Some(value), _) => fill_in(&field.kind, value),
                    (None, Some(fixed)) => drop(members.insert(field.name.clone(), fixed.clone())),
                    (None, None) => {}
                }
            }
        }
        _ => {}
    }
}

/// Sends a call as the spec describes it, with another program's hands.
async fn send(caller: &Caller, endpoint: &Endpoint) -> reqwest::Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let (mut body, mut whole, mut form) = (Params::new(), None, reqwest::multipart::Form::new());
    let mut params = params(endpoint);
    let key = |name: &str| Secret::new(params.get(name).and_then(Value::as_str).unwrap_or(APP_KEY));
    let (app_key, session_key, delivery_secret) = (key("app_key"), key("session_key"), key("delivery_secret"));
    for Field { name, place, kind, required, .. } in &endpoint.params {
        let value = params.remove(name);
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match (place, value) {
            (Place::Form, None) if *kind == Kind::File && *required => {
                let part = reqwest::multipart::Part::bytes(vec![7; 9]).file_name("a.png");
                form = form.part(name.clone(), part);
            }
            (Place::Sign, _) | (_, None) => {}
            (Place::Query, Some(value)) => drop(query.append_pair(name, &text(value))),
            (Place::Form, Some(value)) => form = form.text(name.clone(), text(value)),
            (Place::Body, Some(value)) => drop(body.insert(name.clone(), value)),
            (Place::WholeBody, Some(value)) => whole = Some(value),
        }
    }
    assert_eq!(params, Params::new(), "what the example of {} gives too much", endpoint.id);
    if endpoint.sign.contains(&Signature::Delivery) {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let signature = delivery_sign(text("shopid"), text("shop_order_id"), &delivery_secret);
        body.insert("delivery_sign".to_owned(), signature.into());
    }
    let body = if endpoint.post { whole.unwrap_or(body.into()).to_string() } else { String::new() };
    if endpoint.sign.contains(&Signature::Pay) {
        query.append_pair("pay_sig", &pay_sig(&app_key, &endpoint.path, &body));
    }
    if endpoint.sign.contains(&Signature::User) {
        query.append_pair("signature", &session_signature(&session_key, &body));
    }
    if !caller.token.is_empty() {
        query.append_pair("access_token", &caller.token);
    }
    let url = format!("{}{}?{}", caller.url, endpoint.path, query.finish());
    let request = match (endpoint.post, endpoint.needs_form()) {
        (false, _) => caller.http.get(url),
        (true, true) => caller.http.post(url).multipart(form),
        (true, false) => caller.http.post(url).body(body),
    };
    request.send().await.unwrap()
}

#[tokio::test]
async fn every_example_of_the_spec_is_taken() {
    let mock = knowing(&examples()).start().await.unwrap();
    let mut caller = Caller::new(&mock).await;
    let token = std::mem::take(&mut caller.token);
    let official = super::credentials(Mock::OFFICIAL_ACCOUNT_APPID, Mock::OFFICIAL_ACCOUNT_SECRET);
    let official = caller.post("/cgi-bin/stable_token", &official).await["access_token"].as_str().unwrap().to_owned();
    for endpoint in endpoints() {
        caller.token = match endpoint.token {
            catalogue::TokenKind::OfficialAccount => official.clone(),
            catalogue::TokenKind::Authorizer => mock.platform_token(Mock::APPID).expose().to_owned(),
            kind if kind.is_token() => token.clone(),
            _ => String::new(),
        };
        let answer = send(&caller, endpoint).await;
        let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert_ne!(content_type, "text/plain", "{}: {}", endpoint.id, answer.text().await.unwrap());
        // An endpoint that is documented twice counts as one of the two.
        let last = mock.requests_to(&endpoint.id).unwrap().pop();
        assert_eq!(last.as_ref(), mock.requests().last(), "{}", endpoint.id);
        assert!(last.is_some_and(|request| request.took_effect), "{}", endpoint.id);
    }
}

/// What the client reads of an answer it checks: presence, types and numbers that fit.
#[cfg(all(feature = "dynamic", feature = "all-groups"))]
#[tokio::test]
async fn every_example_succeeds_through_the_client() {
    use crate::dynamic::{call, endpoints};

    let catalogue = catalogue::built_in().unwrap();
    let mock = knowing(&examples());
    // What WeChat takes signed goes signed, and what it takes only so.
    #[cfg(feature = "sign")]
    let mock = mock.api_security(crate::mock::ApiSecurity::generate(Mock::APPID).unwrap());
    let mock = mock.start().await.unwrap();
    let client = mock.client().unwrap();
    #[cfg(not(feature = "sign"))]
    let client = crate::Client::builder()
        .apps(mock.apps().unwrap())
        .payment_keys(payment_keys())
        .base_url(mock.url())
        .unsigned()
        .build()
        .unwrap();
    let platform = client.with_token(Mock::APPID, mock.platform_token(Mock::APPID));
    let mut left_out = Vec::new();
    for meta in endpoints() {
        let endpoint = catalogue.named(meta.id).unwrap_or_else(|| panic!("the catalogue lacks {}", meta.id));
        // JSON holds no files.
        if endpoint.params.iter().any(|field| field.kind == Kind::File && field.required) {
            left_out.push(meta.id);
            continue;
        }
        let example = if endpoint.example.is_null() { Params::new().into() } else { endpoint.example.clone() };
        let client = if endpoint.token == catalogue::TokenKind::Authorizer { &platform } else { &client };
        let output = call(client, meta.id, example.to_string().as_bytes()).await;
        output.unwrap_or_else(|error| panic!("{}: {error}", meta.id));
    }
    assert!(left_out.len() < 10, "{left_out:?}");
}

/// Whether a value is written as the spec says, at every depth outside of what contains itself.
#[test]
fn made_up_answers_keep_the_rules_of_the_spec() {
    let catalogue = catalogue::built_in().unwrap();
    for endpoint in endpoints() {
        let catalogue::Response::Fields(fields) = &endpoint.response else { continue };
        let params = params(endpoint);
        let author = crate::mock::answer::Author { catalogue, endpoint, appid: "wx1", params: &params };
        let answer = author.fields(fields);
        let checker = crate::mock::check::Checker { catalogue, endpoint, strict: false };
        let members = answer.as_object().unwrap();
        checker.object(fields, members, "").unwrap_or_else(|refusal| panic!("{}: {}", endpoint.id, refusal.detail));
        for field in fields {
            let value = members.get(&field.name);
            assert!(value.is_some(), "{}: no `{}`", endpoint.id, field.name);
            assert!(field.wire != Some(Form::Json) || value.is_some_and(Value::is_string));
        }
    }
}
