//! One process of a fleet: see `contract_tests::worker`.

fn main() {
    contract_tests::worker::main();
}
