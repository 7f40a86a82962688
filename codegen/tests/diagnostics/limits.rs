//! Limits that several endpoints share.

use expect_test::expect;

use super::*;

/// Endpoints `getX`, `getY` and `getZ` with these limits; they stand on lines 12, 20 and 28.
fn limits(of: [&str; 3]) -> String {
    let ids = [("getX", "get_x", "/x"), ("getY", "get_y", "/y"), ("getZ", "get_z", "/z")];
    let all = ids
        .iter()
        .zip(of)
        .map(|((id, name, path), limits)| format!("{}    limits: [{limits}]\n", endpoint(id, name, path)));
    format!("endpoints:\n{}", all.collect::<String>())
}

#[test]
fn what_all_say_is_right() {
    check_group(
        &limits([
            "10/s, \"5/day shared with getY, getZ and others\"",
            "20/s, \"5/day shared with getZ, getX\"",
            "\"5/day shared with getX, getY and the rest\"",
        ]),
        &expect![[r#"
        nothing
    "#]],
    );
}

#[test]
fn who_is_named() {
    check_group(
        &limits([
            "5/day shared with getYY",
            "5/day shared with getY",
            "\"5/day shared with getX, somethingElse, getX\"",
        ]),
        &expect![[r#"
            spec/api/g.yaml:12: `5/day shared with getYY` names `getYY`, which is no id; did you mean `getY`?
            spec/api/g.yaml:20: `5/day shared with getY` names its own endpoint; name only the others
            spec/api/g.yaml:28: `5/day shared with getX, somethingElse, getX` names `getX` twice; remove one of both
            spec/api/g.yaml:28: `5/day shared with getX, somethingElse, getX` names `somethingElse`, which is no id; name ids of the spec behind `shared with`, and what is none behind `and`
            spec/api/g.yaml:28: `5/day shared with getX, somethingElse, getX` of `getZ` is shared with `getX`, which does not say so; write `5/day shared with getZ, somethingElse` in the `limits` of `getX`, or correct it here
        "#]],
    );
}

#[test]
fn one_side_only() {
    check_group(
        &limits(["5/day shared with getY", "5/day", "1/s"]),
        &expect![[r#"
        spec/api/g.yaml:12: `5/day shared with getY` of `getX` is shared with `getY`, which does not say so; write `5/day shared with getX` in the `limits` of `getY`, or correct it here
    "#]],
    );
}

#[test]
fn both_sides_with_other_numbers() {
    check_group(
        &limits(["5/day shared with getY", "6/day shared with getX", "5/min for all"]),
        &expect![[r#"
        spec/api/g.yaml:12: `5/day shared with getY` of `getX` is shared with `getY`, which does not say so; write `5/day shared with getX` in the `limits` of `getY`, or correct it here
        spec/api/g.yaml:20: `6/day shared with getX` of `getY` is shared with `getX`, which does not say so; write `6/day shared with getY` in the `limits` of `getX`, or correct it here
    "#]],
    );
}

#[test]
fn three_of_which_one_knows_only_one() {
    check_group(
        &limits(["\"5/day shared with getY, getZ\"", "\"5/day shared with getX, getZ\"", "5/day shared with getX"]),
        &expect![[r#"
            spec/api/g.yaml:12: `5/day shared with getY, getZ` of `getX` is shared with `getZ`, which does not say so; write `5/day shared with getX, getY` in the `limits` of `getZ`, or correct it here
            spec/api/g.yaml:20: `5/day shared with getX, getZ` of `getY` is shared with `getZ`, which does not say so; write `5/day shared with getX, getY` in the `limits` of `getZ`, or correct it here
            spec/api/g.yaml:28: `5/day shared with getX` of `getZ` is shared with `getX`, which does not say so; write `5/day shared with getZ` in the `limits` of `getX`, or correct it here
        "#]],
    );
}

#[test]
fn in_another_group() {
    let other = limits(["1/s shared with getA", "1/s", "1/s"]);
    let yaml = group(&format!("endpoints:\n{}", endpoint("getA", "get_a", "/a"))).replace("group: g", "group: a");
    check(
        &[("api/a.yaml", &yaml), ("api/g.yaml", &group(&other))],
        &expect![[r#"
        spec/api/g.yaml:12: `1/s shared with getA` of `getX` is shared with `getA`, which does not say so; write `1/s shared with getX` in the `limits` of `getA`, or correct it here
    "#]],
    );
}
