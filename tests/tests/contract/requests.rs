//! What the SDK sends is what the spec describes.

use contract_tests::cases::cases;
use contract_tests::spec::Spec;
use contract_tests::tally::Tally;
use contract_tests::world::World;

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
