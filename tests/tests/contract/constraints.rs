//! What breaks a constraint is refused before anything is sent; what stands at its bounds is sent.

use std::collections::BTreeSet;

use contract_tests::bounds::MISFIT;
use contract_tests::probes::{Probe, Verdict, probes, strangers};
use contract_tests::spec::{Endpoint, Spec};
use contract_tests::tally::Tally;
use contract_tests::world::{World, kind};
use weapp::ErrorKind;

/// The endpoints that have a parameter of which a probe can be made.
fn probed(spec: &Spec) -> impl Iterator<Item = &str> {
    let has = |endpoint: &&Endpoint| endpoint.params.iter().any(contract_tests::spec::Field::settable);
    spec.endpoints.iter().filter(has).map(|endpoint| endpoint.id.as_str())
}

#[tokio::test]
async fn every_constraint_holds_at_its_bounds() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("constraints"));
    for endpoint in &spec.endpoints {
        world.prepare(spec, endpoint);
        for probe in probes(spec, endpoint) {
            match &probe.verdict {
                Verdict::Passes => world.must_send(&mut tally, spec, endpoint, &probe.what, &probe.input).await,
                Verdict::Unreadable(place) => unreadable(&world, &mut tally, endpoint, &probe, place).await,
                refused => is_refused(&world, &mut tally, endpoint, &probe, refused).await,
            }
        }
    }
    tally.finish(probed(spec));
}

async fn is_refused(world: &World, tally: &mut Tally, endpoint: &Endpoint, probe: &Probe, verdict: &Verdict) {
    let id = &endpoint.id;
    tally.case(id);
    let (result, calls) = world.call(endpoint, &probe.input).await;
    tally.equal(id, &format!("{}: requests", probe.what), 0, calls.len());
    tally.equal(id, &probe.what, Some(ErrorKind::Invalid), kind(&result));
    let Err(error) = result else { return };
    tally.equal(id, &format!("{}: endpoint", probe.what), Some(id.as_str()), error.endpoint());
    tally.equal(id, &format!("{}: maybe_sent", probe.what), false, error.maybe_sent());
    let named: Vec<&str> = error.violations().iter().map(|violation| violation.field.as_str()).collect();
    let right = match verdict {
        Verdict::Refused(fields) => same(fields, &named),
        Verdict::Choice(fields) => named.len() == 1 && fields.iter().all(|field| named[0].contains(field)),
        _ => false,
    };
    if !right {
        tally.fail(id, &format!("{}: violations", probe.what), verdict, named);
    }
    for violation in error.violations() {
        let told = error.to_string();
        if !told.contains(&format!("`{}` {}", violation.field, violation.problem)) {
            tally.fail(id, &format!("{}: text", probe.what), violation, &told);
        }
    }
}

/// Whether the same fields are named, each at least once.
fn same(fields: &[String], named: &[&str]) -> bool {
    fields.iter().map(String::as_str).collect::<BTreeSet<_>>() == named.iter().copied().collect()
}

async fn unreadable(world: &World, tally: &mut Tally, endpoint: &Endpoint, probe: &Probe, place: &str) {
    let id = &endpoint.id;
    tally.case(id);
    let (result, calls) = world.call(endpoint, &probe.input).await;
    tally.equal(id, &format!("{}: requests", probe.what), 0, calls.len());
    tally.equal(id, &probe.what, Some(ErrorKind::Config), kind(&result));
    if let Err(error) = result {
        // The place itself, or one within it.
        let told = error.to_string();
        if !told.contains(&format!("`{place}")) {
            tally.fail(id, &format!("{}: text", probe.what), format!("`{place}` is named"), &told);
        }
        if format!("{told} {error:?}").contains(MISFIT) {
            tally.fail(id, &format!("{}: text", probe.what), "no value is quoted", error);
            return;
        }
        tally.equal(id, &format!("{}: endpoint", probe.what), Some(id.as_str()), error.endpoint());
    }
}

#[tokio::test]
async fn unchecked_sends_what_breaks_a_constraint() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("unchecked"));
    let unchecked = world.unchecked();
    let refused = |probe: &Probe| matches!(probe.verdict, Verdict::Refused(_) | Verdict::Choice(_));
    for endpoint in spec.endpoints.iter().filter(|endpoint| endpoint.token != "authorizer") {
        world.prepare(spec, endpoint);
        for probe in probes(spec, endpoint).into_iter().filter(refused) {
            tally.case(&endpoint.id);
            let (result, calls) = world.call_with(&unchecked, endpoint, &probe.input).await;
            if result.is_err() || calls.len() != 1 {
                tally.fail(&endpoint.id, &probe.what, "one request", (result, calls.len()));
            }
        }
    }
    let has_one = |id: &&str| probes(spec, spec.endpoint(id)).iter().any(refused);
    tally.finish(probed(spec).filter(has_one));
}

#[tokio::test]
async fn a_parameter_that_the_endpoint_does_not_have_is_refused() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("strangers"));
    for endpoint in &spec.endpoints {
        world.prepare(spec, endpoint);
        for (place, input) in strangers(spec, endpoint) {
            tally.case(&endpoint.id);
            let (result, calls) = world.call(endpoint, &input).await;
            tally.equal(&endpoint.id, &format!("{place}: requests"), 0, calls.len());
            tally.equal(&endpoint.id, &place, Some(ErrorKind::Config), kind(&result));
            if let Err(error) = result
                && !error.to_string().contains(&place)
            {
                tally.fail(&endpoint.id, &place, "its name in the text", error.to_string());
            }
        }
    }
    tally.finish(spec.endpoints.iter().map(|endpoint| endpoint.id.as_str()));
}

#[tokio::test]
async fn a_request_that_is_no_object_is_refused() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("no objects"));
    for endpoint in &spec.endpoints {
        world.prepare(spec, endpoint);
        for request in ["", " ", "null", "[]", "[{}]", "1", "\"\"", "{", "{}{}", "\"MISFIT\"", "{\"a\":MISFIT}"] {
            tally.case(&endpoint.id);
            let result = weapp::dynamic::call(&world.client(endpoint), &endpoint.id, request.as_bytes()).await;
            tally.equal(&endpoint.id, request, Some(ErrorKind::Config), kind(&result));
            tally.equal(&endpoint.id, &format!("{request}: requests"), 0, world.server.take_calls().len());
            if let Err(error) = result {
                tally.equal(&endpoint.id, &format!("{request}: endpoint"), Some(&*endpoint.id), error.endpoint());
                if format!("{error} {error:?}").contains(MISFIT) {
                    tally.fail(&endpoint.id, request, "no value is quoted", error);
                }
            }
        }
    }
    tally.finish(spec.endpoints.iter().map(|endpoint| endpoint.id.as_str()));
}
