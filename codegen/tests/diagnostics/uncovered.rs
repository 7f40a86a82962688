//! What the spec says to leave out.

use expect_test::expect;

use super::*;

#[test]
fn what_is_left_out_has_a_reason_and_is_not_there() {
    let api = group(&format!("endpoints:\n{}", endpoint("getX", "get_x", "/x")));
    let uncovered =
        "uncovered:\n  getY: Its page is empty.\n  getX: It was once.\n  getZ:\n  get-v: Its name is odd.\n";
    check(
        &[("api/g.yaml", &api), ("uncovered.yaml", uncovered)],
        &expect![[r#"
        spec/uncovered.yaml:3: `getX` is not left out: the group `g` has it; remove it here
        spec/uncovered.yaml:4: `getZ` is nothing, not a text; write the value, or leave the word out
        spec/uncovered.yaml:5: `get-v` is not an id; write the official English name: letters, digits and `_`
    "#]],
    );
    check(
        &[("api/g.yaml", &api), ("uncovered.yaml", "uncovered: {}\n")],
        &expect![[r#"
        spec/uncovered.yaml:1: `uncovered` is empty; fill it, or leave the word out
    "#]],
    );
    check(
        &[("api/g.yaml", &api), ("uncovered.yaml", "uncovered:\n  getY: Its page is empty.\n")],
        &expect![[r#"
        nothing
    "#]],
    );
}
