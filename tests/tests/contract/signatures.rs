//! Signed calls: that each signature is the one of the bytes that arrive is held by every test that sends; here is where
//! the keys come from, and what happens without them.

use contract_tests::cases::{cases, minimal};
use contract_tests::expect::{Keys, expected};
use contract_tests::sign::MARK;
use contract_tests::spec::{Endpoint, Field, Sign, Source, Spec};
use contract_tests::tally::Tally;
use contract_tests::world::{World, kind};
use serde_json::json;
use weapp::ErrorKind;
use weapp::sign::PaymentKeys;

/// The endpoints with a key that the configuration may fill in, and that parameter.
fn keyed(spec: &Spec) -> impl Iterator<Item = (&Endpoint, &Field)> {
    let is_key = |field: &&Field| matches!(field.default_from, Some(Source::VirtualPayment | Source::B2bPayment));
    spec.endpoints.iter().filter_map(move |endpoint| Some((endpoint, endpoint.params.iter().find(is_key)?)))
}

#[tokio::test]
async fn a_key_that_nobody_gave_is_named() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("absent keys"));
    for (endpoint, key) in keyed(spec) {
        world.prepare(spec, endpoint);
        let mut input = minimal(spec, endpoint);
        input.remove(&key.wire);
        let id = &endpoint.id;
        tally.case(id);
        let (result, calls) = world.call_with(&world.keyless(endpoint), endpoint, &input).await;
        tally.equal(id, "requests", 0, calls.len());
        tally.equal(id, "kind", Some(ErrorKind::Invalid), kind(&result));
        if let Err(error) = result {
            let named: Vec<_> = error.violations().iter().map(|violation| violation.field.as_str()).collect();
            tally.equal(id, "violations", vec![key.wire.as_str()], named);
            tally.equal(id, "endpoint", Some(id.as_str()), error.endpoint());
        }
        // The caller's own key is enough.
        input.insert(key.wire.clone(), json!(format!("{MARK} of the caller")));
        tally.case(id);
        let (result, calls) = world.call_with(&world.keyless(endpoint), endpoint, &input).await;
        let caller = contract_tests::expect::Caller { keys: Keys::default(), ..world.caller(endpoint) };
        tally.equal(id, "own key", (true, 1), (result.is_ok(), calls.len()));
        if let [call] = &calls[..] {
            for (place, wanted, got) in expected(spec, endpoint, &input, &caller).differences(endpoint, call) {
                tally.fail(id, &format!("own key: {place}"), wanted, got);
            }
        }
    }
    tally.finish(keyed(spec).map(|(endpoint, _)| endpoint.id.as_str()));
}

#[tokio::test]
async fn each_environment_has_its_key() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("keys of environments"));
    for (endpoint, key) in keyed(spec) {
        let id = &endpoint.id;
        let has_env = endpoint.params.iter().any(|field| field.wire == "env" && field.settable());
        let is_virtual = key.default_from == Some(Source::VirtualPayment);
        for env in [None, Some(0), Some(1), Some(7)].into_iter().filter(|env| env.is_none() || has_env) {
            let mut input = minimal(spec, endpoint);
            input.remove(&key.wire);
            if let Some(env) = env {
                input.insert("env".to_owned(), json!(env));
            } else if has_env && endpoint.params.iter().any(|field| field.wire == "env" && field.required) {
                continue;
            }
            world.prepare(spec, endpoint);
            world.must_send(&mut tally, spec, endpoint, &format!("env {env:?}"), &input).await;
            // The key of another environment is no substitute.
            let others = match (is_virtual, env) {
                (true, Some(1)) => {
                    PaymentKeys::new().virtual_payment(format!("{MARK} live")).b2b(format!("{MARK} b2b"))
                }
                (true, _) => PaymentKeys::new().sandbox(format!("{MARK} sandbox")).b2b(format!("{MARK} b2b")),
                (false, _) => {
                    PaymentKeys::new().virtual_payment(format!("{MARK} live")).sandbox(format!("{MARK} sandbox"))
                }
            };
            let client = world.keyless(endpoint).with_payment_keys(others);
            let told = format!("{client:?}");
            assert!(!told.contains(MARK), "a client prints its keys: {told}");
            tally.case(id);
            let (result, calls) = world.call_with(&client, endpoint, &input).await;
            tally.equal(id, &format!("env {env:?} with other keys: requests"), 0, calls.len());
            tally.equal(id, &format!("env {env:?} with other keys"), Some(ErrorKind::Invalid), kind(&result));
            let told = result.err().map(|error| error.to_string()).unwrap_or_default();
            if !told.contains("give the client `payment_keys` with") {
                tally.fail(id, "what is said of a missing key", "where to give it", told);
            }
        }
    }
    tally.finish(keyed(spec).map(|(endpoint, _)| endpoint.id.as_str()));
}

#[tokio::test]
async fn every_signed_endpoint_is_signed() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("signatures"));
    let signed = || spec.endpoints.iter().filter(|endpoint| !endpoint.sign.is_empty());
    for endpoint in signed() {
        world.prepare(spec, endpoint);
        for case in cases(spec, endpoint).into_iter().take(3) {
            let (_, calls) = world.call(endpoint, &case.input).await;
            tally.case(&endpoint.id);
            let [call] = &calls[..] else {
                tally.fail(&endpoint.id, &case.label, "one request", calls.len());
                continue;
            };
            let query = call.query_pairs().unwrap_or_default();
            let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap_or_default();
            for sign in &endpoint.sign {
                let (name, found) = match sign {
                    Sign::PaySig => {
                        ("pay_sig", query.iter().find(|(name, _)| name == "pay_sig").map(|(_, v)| v.clone()))
                    }
                    Sign::Signature => {
                        ("signature", query.iter().find(|(name, _)| name == "signature").map(|(_, v)| v.clone()))
                    }
                    Sign::DeliverySign => ("delivery_sign", body["delivery_sign"].as_str().map(str::to_owned)),
                };
                let length = if *sign == Sign::DeliverySign { 40 } else { 64 };
                tally.equal(
                    &endpoint.id,
                    &format!("{}: {name}", case.label),
                    Some(length),
                    found.map(|text| text.len()),
                );
            }
        }
    }
    tally.finish(signed().map(|endpoint| endpoint.id.as_str()));
}
