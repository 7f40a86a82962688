//! What coverage counts, and what it tells: a spec of one group against facts that are made up.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::fs;

use expect_test::expect;
use serde_json::{Value, json};
use weapp_codegen::coverage::{Coverage, measure};
use weapp_codegen::{facts, load};

const GROUP: &str = "group: stores
title: 店
about: A shop.
errcodes:
  70001: { name: NO_SUCH_SHOP, kind: not_found, message: no, about: A., remedy: B., zh: 丙 }
endpoints:
  getShop__a:
    name: get
    aliases: [shop.get]
    title: 店
    about: Gets it.
    docs: https://example.com/getshop
    method: POST
    path: /shop
    permission_sets: [3]
    sign: [pay_sig]
    params:
      id: { type: i64, required: true, about: The shop. }
      kind: { type: ShopKind }
      data: { type: json, note: Every shop has others. }
      app_key: { type: secret, in: sign, required: true }
    response:
      fields:
        shop: { type: Shop }
    errcodes:
      70001:
      70002: { kind: user, about: A., remedy: B., zh: 丙 }
  getShop__b:
    name: get_b
    title: 店乙
    about: Gets another.
    docs: https://example.com/b
    method: POST
    path: /b
types:
  Shop:
    about: It.
    fields:
      name: { type: string }
      open: { type: bool }
  ShopKind:
    about: It.
    values:
      1: { name: Small, about: A. }
";

const EVENTS: &str = "group: stores
title: 店
about: What shops tell.
types:
  Till:
    about: It.
    fields:
      number: { type: i64, always: true }
replies:
  Taken:
    fields:
      code: { type: i64, initial: 0 }
events:
  shop_opened:
    title: 开店
    about: It opened.
    docs: https://example.com/opened
    names: [shop_opened, shop_closed]
    wrapper: shop_event
    fields:
      id: { type: i64, always: true }
      tills: { type: [Till] }
      rest: { type: json, note: Whatever. }
    reply: Taken
    example: { id: 1 }
  text:
    title: 文本
    about: A user wrote.
    docs: https://example.com/text
    kind: message
    fields:
      Content: { type: string }
    example: {}
  told:
    title: 回调
    about: It is told.
    docs: https://example.com/told
    kind: callback
    fields:
      id: { type: i64 }
    example: {}
";

fn opened() -> Value {
    json!({
        "title": "开店", "event": ["shop_opened", "shop_closed"], "msg_type": "event",
        "fields": [
            { "name": "ToUserName", "type": "string" }, { "name": "Event", "type": "string" },
            { "name": "id", "type": "string", "required": true },
            { "name": "tills", "type": "object", "array": true, "fields": [{ "name": "number", "type": "number" }] },
            { "name": "rest", "type": "object", "fields": [{ "name": "x", "type": "unknown:Odd" }] },
        ],
        "reply_fields": [{ "name": "code", "type": "number", "required": true }],
        "examples": [
            { "side": "push", "format": "json", "raw": "{\"ToUserName\":\"a\",\"id\":1,\"tills\":[{\"number\":1}]}" },
            { "side": "push", "format": "xml", "raw": "<xml><Event>shop_opened</Event><shop_event><id>1</id><tills><number>1</number></tills><tills><number>2</number></tills></shop_event></xml>" },
            { "side": "reply", "format": "xml", "raw": "<xml><code>0</code></xml>" },
            { "side": "reply", "format": "text", "raw": "success" },
        ],
    })
}

/// Measures the events, after a replacement, against what is documented of them.
fn measured_events(replace: (&str, &str), events: &[Value]) -> Coverage {
    assert!(EVENTS.contains(replace.0), "{}", replace.0);
    let house = tempfile::tempdir().unwrap();
    let (spec, folder) = (house.path().join("spec"), house.path().join("facts"));
    for path in [spec.join("api"), spec.join("events"), folder.join("endpoints")] {
        fs::create_dir_all(path).unwrap();
    }
    let text = EVENTS.replace(replace.0, replace.1);
    let api = GROUP.replace("      data: { type: json, note: Every shop has others. }\n", "");
    let uncovered = "uncovered: { old_news: Its page is empty. }\n";
    for (name, text) in [
        ("types.yaml", ""),
        ("errcodes.yaml", ""),
        ("api/stores.yaml", &api),
        ("events/stores.yaml", &text),
        ("uncovered.yaml", uncovered),
    ] {
        fs::write(spec.join(name), text).unwrap();
    }
    let mistakes = load(&spec).err().unwrap_or_default();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    fs::write(folder.join("errcodes.json"), "[]").unwrap();
    fs::write(folder.join("events.json"), Value::from(events.to_vec()).to_string()).unwrap();
    measure(&spec, &facts::read(&folder).unwrap()).unwrap()
}

#[test]
fn events_are_counted() {
    let more = [
        opened(),
        json!({ "title": "文本", "msg_type": "text", "fields": [{ "name": "Content", "type": "string" }] }),
        json!({ "title": "物流 回调", "section": "回调", "event": null, "fields": [{ "name": "id", "type": "number" }] }),
        json!({ "title": "旧闻", "event": "old_news", "fields": [{ "name": "a", "type": "string" }] }),
    ];
    let coverage = measured_events(("", ""), &more);
    assert_eq!(told(&coverage), [""; 0]);
    assert_eq!(row(&coverage, "events"), [4, 3, 0, 1, 0]);
    // `rest.x` is free, and `a` is of an event that is left out.
    assert_eq!(events_row(&coverage, "fields"), [11, 9, 0, 2, 0]);
    assert_eq!(events_row(&coverage, "types"), [7, 7, 0, 0, 0]);
    assert_eq!(events_row(&coverage, "required marks"), [2, 2, 0, 0, 0]);
    assert_eq!(events_row(&coverage, "examples"), [3, 3, 0, 0, 0]);
}

#[test]
fn what_is_missing_of_events_is_told_with_its_remedy() {
    let mut changed = opened();
    changed["fields"][2]["required"] = json!(false);
    changed["fields"][3]["fields"].as_array_mut().unwrap().push(json!({ "name": "drawer", "type": "string" }));
    changed["reply_fields"].as_array_mut().unwrap().push(json!({ "name": "words", "type": "string" }));
    changed["examples"] = json!([
        { "side": "push", "format": "xml", "raw": "<xml><shop_event><name>a</name></shop_event><Encrypt>x</Encrypt></xml>" },
        { "side": "push", "format": "json", "raw": "{ id: 1 }" },
        { "side": "push", "format": "xml", "raw": "<xml><id>1</id>" },
        { "side": "reply", "format": "json", "raw": "{\"other\":1}" },
    ]);
    let coverage =
        measured_events(("", ""), &[changed.clone(), json!({ "title": "新", "event": "news", "fields": [] })]);
    expect![[r#"
        events.news all of it [write it into spec/events]
        events.stores.shop_opened fields.id required [differs: [required] of the field]
        events.stores.shop_opened fields.tills.drawer [differs: [+fields.tills.drawer]]
        events.stores.shop_opened reply.words [differs: [+reply.words]]
        events.stores.shop_opened fields.name [add it, or name `name` in a `note`, in backticks]
        events.stores.shop_opened reply.other [add it, or name `other` in a `note`, in backticks]
    "#]]
    .assert_eq(&(told(&coverage).join("\n") + "\n"));
    assert_eq!(coverage.unsaid.len(), 2, "{:#?}", coverage.unsaid);
    assert_eq!(row(&coverage, "events"), [2, 1, 0, 0, 1]);
    assert_eq!(events_row(&coverage, "examples"), [4, 0, 0, 2, 2]);
    let words = "    note: The example has `name` and `other`.\n    differs: [+fields.tills.drawer, +reply.words]\n    reply: Taken\n";
    changed["fields"][2]["required"] = json!(true);
    let coverage = measured_events(("    reply: Taken\n", words), &[changed]);
    assert_eq!(told(&coverage), [""; 0]);
}

/// A row of events, which has the name of one of endpoints.
fn events_row(coverage: &Coverage, name: &str) -> [usize; 5] {
    let row = coverage.rows.iter().find(|row| row.name == format!("  {name}")).unwrap();
    [row.all, row.covered, row.otherwise, row.left_out, row.unexplained]
}

fn shop() -> Value {
    json!({
        "id": "getShop__main", "en_name": "getShop", "title": "店", "method": "POST", "path": "/shop",
        "doc_url": "https://example.com/getshop.html", "cloud_call": "shop.get", "permission_sets": [3],
        "query": [
            { "name": "access_token", "type": "string", "required": true },
            { "name": "pay_sig", "type": "string", "required": true },
        ],
        "body": [
            { "name": "id", "type": "number", "required": true },
            { "name": "kind", "type": "number", "required": false, "enum": [{ "value": "1", "desc": "小" }] },
            { "name": "data", "type": "object", "required": false, "fields": [{ "name": "x", "type": "string" }] },
        ],
        "response": [
            { "name": "errcode", "type": "number" },
            { "name": "shop", "type": "object", "fields": [
                { "name": "name", "type": "string" }, { "name": "open", "type": "boolean" },
            ] },
        ],
        "errcodes": [{ "code": 0 }, { "code": 70001 }, { "code": 70002 }],
    })
}

fn other() -> Value {
    json!({ "id": "getShop__other", "en_name": "getShop", "title": "店乙", "method": "POST", "path": "/b" })
}

/// Measures the group, after a replacement, against endpoints and examples.
fn measured(replace: (&str, &str), uncovered: &str, endpoints: &[Value], examples: &[(&str, Value)]) -> Coverage {
    assert!(replace.0.is_empty() || GROUP.contains(replace.0), "{}", replace.0);
    let house = tempfile::tempdir().unwrap();
    let spec = house.path().join("spec");
    fs::create_dir_all(spec.join("api")).unwrap();
    let group = if replace.0.is_empty() { GROUP.to_owned() } else { GROUP.replace(replace.0, replace.1) };
    for (name, text) in [("types.yaml", ""), ("errcodes.yaml", ""), ("api/stores.yaml", group.as_str())] {
        fs::write(spec.join(name), text).unwrap();
    }
    if !uncovered.is_empty() {
        fs::write(spec.join("uncovered.yaml"), uncovered).unwrap();
    }
    let mistakes = load(&spec).err().unwrap_or_default();
    assert!(mistakes.is_empty(), "{mistakes:#?}");

    let folder = house.path().join("facts");
    for part in ["endpoints", "examples"] {
        fs::create_dir_all(folder.join(part)).unwrap();
    }
    fs::write(folder.join("endpoints/a.json"), Value::from(endpoints.to_vec()).to_string()).unwrap();
    fs::write(folder.join("errcodes.json"), json!([{ "code": 0 }, { "code": 70001 }, { "code": 70002 }]).to_string())
        .unwrap();
    let mut index = Vec::new();
    for (number, (side, example)) in examples.iter().enumerate() {
        let file = format!("examples/{number}.json");
        fs::write(folder.join(&file), example.to_string()).unwrap();
        index.push(json!({ "file": file, "id": "getShop__main", "side": side }));
    }
    fs::write(folder.join("examples/index.json"), Value::from(index).to_string()).unwrap();
    measure(&spec, &facts::read(&folder).unwrap()).unwrap()
}

/// Without the row's description.
fn row(coverage: &Coverage, name: &str) -> [usize; 5] {
    let row = coverage.rows.iter().find(|row| row.name.trim() == name).unwrap();
    assert_eq!(row.covered + row.left_out + row.unexplained, row.all, "{name}");
    [row.all, row.covered, row.otherwise, row.left_out, row.unexplained]
}

fn told(coverage: &Coverage) -> Vec<String> {
    coverage.unexplained.iter().map(|one| format!("{} {} [{}]", one.endpoint, one.what, one.remedy)).collect()
}

#[test]
fn what_agrees_is_counted() {
    let examples = [
        ("request", json!({ "id": 1, "data": { "anything": 1 } })),
        ("response", json!({ "errcode": 0, "shop": { "name": "x" } })),
    ];
    let coverage = measured(("", ""), "", &[shop(), other()], &examples);
    assert_eq!(told(&coverage), [""; 0]);
    expect![[r#"
                                        covered/all           otherwise  left out  unexplained
        endpoints                               2/2   100.0%          0         0            0  endpoints of the facts
        addresses                               2/2   100.0%          0         0            0  endpoints whose id, method and path agree
        fields                                  7/8    87.5%          0         1            0  parameters and fields of answers, nested ones too, without envelope and access token
        types                                   6/6   100.0%          0         0            0  fields of both: kind on the wire, list or not, query or body
        required marks                          3/3   100.0%          0         0            0  parameters of both that the page marks as required or not
        values of enums                         1/1   100.0%          0         0            0  fields of both that are an enum and whose values the page lists
        error codes of endpoints                2/2   100.0%          0         0            0  codes of each endpoint that mean an error
        error codes                             2/2   100.0%          0         0            0  distinct codes of all endpoints
          with a name                           1/2    50.0%          0         1            0  of the distinct codes
          with a kind                           2/2   100.0%          0         0            0  of the distinct codes
          with a remedy in English              2/2   100.0%          0         0            0  of the distinct codes
          with a remedy in Chinese              2/2   100.0%          0         0            0  of the distinct codes
        examples                                2/2   100.0%          0         0            0  examples all of whose fields the spec knows
        links to pages                          1/1   100.0%          0         0            0  endpoints whose page has a known address
        cloud-call names                        1/1   100.0%          0         0            0  endpoints that have one
        permission sets                         1/1   100.0%          0         0            0  endpoints that have some
        encryption                              2/2   100.0%          0         0            0  endpoints: supported or not
        fields with `about`                     1/7    14.2%          0         0            0  fields of the spec, each once, those with a fixed value aside; no `about`: the name says it
        endpoints with `about`                  2/2   100.0%          0         0            0  endpoints of the spec
        otherwise: covered, and differs on purpose; left out: not covered, on purpose; unexplained: neither covered nor on purpose

        Missing or different, and not explained: 0

        Left out or left free on purpose, and why: 2
          (all endpoints)
            names of codes  only endpoints say what these mean, each its own, so no constant names them: 70002
          stores.getShop__a
            params.data.x   Every shop has others.

        Cannot be covered, because the documentation does not say it: 0
    "#]].assert_eq(&coverage.table());
    assert!(coverage.is_whole());
}

#[test]
fn what_is_missing_is_told_with_its_remedy() {
    let mut shop = shop();
    shop["method"] = json!("GET");
    shop["doc_url"] = json!("https://example.com/elsewhere");
    shop["encrypt_supported"] = json!(true);
    shop["cloud_call"] = json!("shop.find");
    shop["permission_sets"] = json!([3, 4]);
    shop["body"] = json!([
        { "name": "id", "type": "string", "required": false },
        { "name": "kind", "type": "number", "required": false, "enum": [{ "value": "2", "desc": "大" }] },
        { "name": "more", "type": "object", "required": true, "fields": [{ "name": "x", "type": "string" }] },
    ]);
    shop["errcodes"] = json!([{ "code": 70003, "msg": "full" }]);
    let unknown = json!({ "id": "getOld", "path": "/old", "query": [
        { "name": "access_token", "type": "string" }, { "name": "a", "type": "string" },
    ], "errcodes": [{ "code": 0 }, { "code": 1 }] });
    let example = json!({ "shop": [{ "name": "x", "owner": 1 }] });
    let coverage = measured(("", ""), "", &[shop, other(), unknown], &[("response", example)]);
    expect![[r#"
        getOld all of it [write it, or `getOld:` in spec/uncovered.yaml with the reason]
        stores.getShop__a method [differs: [method]]
        stores.getShop__a cloud call [differs: [cloud_call]]
        stores.getShop__a permission sets [differs: [permission_sets]]
        stores.getShop__a encryption [differs: [encryption]]
        stores.getShop__a params.id type [differs: [type] of the field]
        stores.getShop__a params.id required [differs: [required] of the field]
        stores.getShop__a params.kind values [differs: [values] of the field]
        stores.getShop__a params.more [differs: [+params.more]]
        stores.getShop__a errcodes.70003 [differs: [+errcodes.70003]]
        stores.getShop__a docs [correct `docs`, or name the other address in `note`]
        stores.getShop__a response.shop.owner [add it, or name `owner` in a `note`, in backticks]
    "#]]
    .assert_eq(&(told(&coverage).join("\n") + "\n"));
    assert_eq!(row(&coverage, "endpoints"), [3, 2, 0, 0, 1]);
    assert_eq!(row(&coverage, "addresses"), [3, 1, 0, 0, 2]);
    // `id`, `kind`, `pay_sig`, `shop` with two; not `more` with one, and not `a`.
    assert_eq!(row(&coverage, "fields"), [9, 6, 0, 0, 3]);
    assert_eq!(row(&coverage, "types"), [5, 4, 0, 0, 1]);
    assert_eq!(row(&coverage, "required marks"), [2, 1, 0, 0, 1]);
    assert_eq!(row(&coverage, "values of enums"), [1, 0, 0, 0, 1]);
    assert_eq!(row(&coverage, "error codes of endpoints"), [2, 0, 0, 0, 2]);
    for name in ["examples", "links to pages", "cloud-call names", "permission sets"] {
        assert_eq!(row(&coverage, name), [1, 0, 0, 0, 1], "{name}");
    }
    assert_eq!(row(&coverage, "encryption"), [3, 1, 0, 0, 2]);
    assert!(!coverage.is_whole());
    let json: Value = serde_json::from_str(&coverage.json()).unwrap();
    assert_eq!(json["unexplained"].as_array().unwrap().len(), coverage.unexplained.len());
    assert_eq!(json["rows"].as_array().unwrap().len(), coverage.rows.len());
}

#[test]
fn what_is_on_purpose_is_covered_otherwise_or_left_out() {
    let mut shop = shop();
    shop["body"][0]["type"] = json!("string");
    shop["body"][2]["fields"] = json!([{ "name": "y", "type": "string" }, { "name": "z", "type": "string" }]);
    let fields = shop["response"][1]["fields"].as_array_mut().unwrap();
    fields.push(json!({ "name": "owner", "type": "string" }));
    shop["errcodes"].as_array_mut().unwrap().push(json!({ "code": 70003 }));
    let words = "    path: /shop\n    differs: [+errcodes.70003, +response.shop.owner]\n    note: \"The example has `rest`.\"\n";
    let group = GROUP.replace("    path: /shop\n", words);
    let typed = group.replace("about: The shop. }", "about: The shop., differs: [type] }");
    let examples = [("request", json!({ "id": 1, "rest": 1 }))];
    let external = json!({ "id": "getAd", "path": "/ad", "parameters_external": "https://example.com/ad" });
    let coverage =
        measured((GROUP, &typed), "uncovered: { getAd: No parameters. }\n", &[shop, other(), external], &examples);
    assert_eq!(told(&coverage), [""; 0]);
    assert_eq!(row(&coverage, "endpoints"), [3, 2, 0, 1, 0]);
    // `y` and `z` are free, `owner` is left out.
    assert_eq!(row(&coverage, "fields"), [10, 7, 0, 3, 0]);
    assert_eq!(row(&coverage, "types"), [6, 6, 1, 0, 0]);
    assert_eq!(row(&coverage, "error codes of endpoints"), [3, 2, 0, 1, 0]);
    assert_eq!(row(&coverage, "examples"), [1, 0, 0, 1, 0]);
    let left: Vec<_> =
        coverage.left_out.iter().map(|one| format!("{} {}: {}", one.endpoint, one.what, one.documented)).collect();
    expect![[r#"
         names of codes: only endpoints say what these mean, each its own, so no constant names them: 70002
        getAd all of it: No parameters.
        stores.getShop__a params.data.y: Every shop has others.
        stores.getShop__a params.data.z: Every shop has others.
        stores.getShop__a response.shop.owner: The example has `rest`.
        stores.getShop__a errcodes.70003: The example has `rest`.
        stores.getShop__a params.rest: only examples/0.json has it; see the `note`
    "#]]
    .assert_eq(&(left.join("\n") + "\n"));
    assert_eq!(coverage.unsaid.len(), 1);
    assert_eq!((coverage.unsaid[0].endpoint.as_str(), coverage.unsaid[0].what.as_str()), ("getAd", "all of it"));
}

#[test]
fn a_value_that_is_left_free_needs_a_note() {
    let coverage = measured((", note: Every shop has others.", ""), "", &[shop(), other()], &[]);
    assert_eq!(
        told(&coverage),
        ["stores.getShop__a params.data.x [give `params.data` a type that has it, or a `note`]"]
    );
}

#[test]
fn codes_without_a_meaning_are_told() {
    let coverage =
        measured(("      70002: { kind: user, about: A., remedy: B., zh: 丙 }\n", ""), "", &[shop(), other()], &[]);
    assert_eq!(
        told(&coverage),
        [
            " errcodes.70002 [write it into spec/errcodes.yaml, or under an endpoint]",
            "stores.getShop__a errcodes.70002 [differs: [+errcodes.70002]]",
        ]
    );
    assert_eq!(row(&coverage, "error codes"), [2, 1, 0, 0, 1]);
}
