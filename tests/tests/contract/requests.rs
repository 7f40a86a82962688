//! What the SDK sends is what the spec describes.

use std::collections::BTreeMap;

use contract_tests::cases::cases;
use contract_tests::expect::expected;
use contract_tests::spec::Spec;
use contract_tests::tally::Tally;
use contract_tests::world::World;
use serde_json::{Map, json};
use weapp::Client;

#[tokio::test]
async fn every_endpoint_sends_what_the_spec_describes() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("requests"));
    for endpoint in &spec.endpoints {
        world.prepare(spec, endpoint);
        for case in cases(spec, endpoint) {
            world.must_send(&mut tally, spec, endpoint, &case.label, &case.input).await;
        }
    }
    tally.finish(spec.endpoints.iter().map(|endpoint| endpoint.id.as_str()));
}

type Pending = std::pin::Pin<Box<dyn Future<Output = weapp::Result<()>>>>;
type Pager = fn(Client, u64, u64) -> Pending;

/// Asks for a page of each endpoint that has pages: only typed requests know how.
fn pagers() -> BTreeMap<&'static str, Pager> {
    let mut pagers: BTreeMap<&str, Pager> = BTreeMap::new();
    pagers.insert("getLiveInfo", |client, index, size| {
        Box::pin(async move {
            let request = weapp::api::live_broadcast::GetLiveInfo::new().page(index, size);
            client.send(request).await.map(drop)
        })
    });
    pagers
}

#[tokio::test]
async fn pages_count_from_one() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("pages"));
    let pagers = pagers();
    let with_pages = || spec.endpoints.iter().filter_map(|endpoint| Some((endpoint, endpoint.paging.as_ref()?)));
    for (endpoint, paging) in with_pages() {
        world.prepare(spec, endpoint);
        let Some(pager) = pagers.get(endpoint.id.as_str()) else { continue };
        for (index, size, start) in [(1, 10, 0), (2, 10, 10), (7, 100, 600), (0, 5, 0)] {
            tally.case(&endpoint.id);
            let label = format!("page {index} of {size}");
            if let Err(error) = pager(world.client(endpoint), index, size).await {
                tally.fail(&endpoint.id, &label, "success", error);
            }
            let calls = world.server.take_calls();
            tally.equal(&endpoint.id, &format!("{label}: requests"), 1, calls.len());
            let input = Map::from_iter([(paging.start.clone(), json!(start)), (paging.limit.clone(), json!(size))]);
            let expected = expected(spec, endpoint, &input, &world.caller(endpoint));
            for (place, expected, got) in expected.differences(endpoint, &calls[0]) {
                tally.fail(&endpoint.id, &format!("{label}: {place}"), expected, got);
            }
        }
    }
    tally.finish(with_pages().map(|(endpoint, _)| endpoint.id.as_str()));
}
