//! What a right spec is lowered to, where the model says more than the YAML.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::fs;
use std::path::PathBuf;

use weapp_codegen::model::{
    Api, Constraint, EndpointErrCode, ErrKind, Field, Home, Literal, Paging, Place, Presence, Range, Response, Retry,
    Source, Texts, Turn, Ty, TypeKind, TypeRef, Verb,
};

const TYPES: &str = r#"
charsets:
  scene: { chars: "a-z0-9-.", about: Small letters. }
types:
  Version:
    about: A version.
    values:
      release: Published.
      trial: { name: Beta, about: On trial. }
"#;

const ERRCODES: &str = r#"
errcodes:
  40002: { name: GENERAL, kind: parameter, message: m, about: In general., remedy: Remedy., zh: 一。 }
  40001: { name: INVALID, kind: token, retry: soon, message: m, about: About., remedy: Remedy., zh: 怎么办。 }
"#;

const GROUP: &str = r#"
group: things
title: 事物
about: Things.
types:
  Level:
    about: A level.
    values:
      1: { name: Low, about: Low. }
  Both:
    about: Sent and answered.
    fields:
      version: { type: Version }
      levels: { type: [Level], items: ..3 }
  Row:
    about: Only answered.
    fields:
      id: { type: i64, always: true }
      both: { type: map<Both> }
errcodes:
  40002: { name: THINGS_WIN, kind: user, message: m, about: Of the group., remedy: R., zh: 组。 }
  40003: { name: THINGS_OWN, kind: user, message: m, about: Of the group alone., remedy: R., zh: 组。 }
common_errcodes: [40003]
endpoints:
  listThings__things:
    name: list
    aliases: [things.list]
    title: 列表
    about: Lists things.
    docs: https://a.b/c
    method: POST
    path: /things
    params:
      access: { type: string, in: query, fixed: all }
      type: { type: string, length: 1..32, charset: scene }
      nextRow: { type: u32, range: 0.., default: 0 }
      count: { type: u32, range: 1..100, required: true }
      level: { type: Level, default: 1, required_if: { type: x, nextRow: [2, 4] } }
      both: { type: Both, yields_to: type }
      ratio: { type: f64, range: ..1, default: 1 }
      app: { type: string, default_from: official_account_appid }
    exclusive: [[type], [both, level]]
    response:
      fields:
        rows: { type: [Row] }
        total_count: { type: u32 }
    envelope: { code: ret, ok: [0, 1] }
    errcodes:
      40001: { remedy: Ask. }
      9: { kind: quota, retry: later, about: Nine., remedy: Nine., zh: 九 }
      40002: { remedy: Do this here. }
    paging: { style: offset, start: nextRow, limit: count, items: rows, total: total_count }
    example: { count: 10, type: abc }
"#;

fn load(group: &str) -> Api {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("api")).unwrap();
    for (name, text) in [("types.yaml", TYPES), ("errcodes.yaml", ERRCODES), ("api/things.yaml", group)] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    weapp_codegen::load(dir.path()).unwrap_or_else(|list| panic!("{}", list[0]))
}

fn field<'a>(fields: &'a [Field], rust: &str) -> &'a Field {
    fields.iter().find(|field| field.rust == rust).unwrap()
}

#[test]
fn names_and_references_are_resolved() {
    let api = load(GROUP);
    let endpoint = &api.group("things").unwrap().endpoints[0];
    assert_eq!(endpoint.request_name, "ListThingsThings");
    assert_eq!(endpoint.response_name, "ListThingsThingsResponse");
    assert_eq!((endpoint.method, endpoint.envelope.message.as_str()), (Verb::Post, "errmsg"));
    assert_eq!(endpoint.exclusive, [vec!["type_"], vec!["both", "level"]]);
    let paging = Paging {
        turn: Turn::Offset { start: "next_row".into() },
        limit: Some("count".into()),
        items: vec!["rows".into()],
        total: Some(vec!["total_count".into()]),
        pages: None,
        more: None,
    };
    assert_eq!(endpoint.paging, Some(paging));
    let level = TypeRef { name: "Level".into(), home: Home::Group("things".into()) };
    assert_eq!(field(&endpoint.params, "level").ty, Ty::Enum(level.clone()));
    assert!(matches!(api.find(&level).unwrap().kind, TypeKind::IntEnum(_)));
    assert_eq!(endpoint.example, Some(serde_json::json!({ "count": 10, "type": "abc" })));
}

#[test]
fn fields_say_who_gives_them_and_where_they_travel() {
    let api = load(GROUP);
    let params = &api.groups[0].endpoints[0].params;
    let access = field(params, "access");
    assert_eq!((&access.presence, access.place), (&Presence::Fixed(Literal::Text("all".into())), Place::Query));
    assert!(!access.settable());
    assert_eq!((&field(params, "count").presence, field(params, "count").place), (&Presence::Required, Place::Body));
    assert_eq!(field(params, "level").default, Some(Literal::Int(1)));
    assert_eq!(field(params, "ratio").default, Some(Literal::Float(1.0)));
    assert_eq!(field(params, "both").yields_to.as_deref(), Some("type_"));
    assert_eq!(field(params, "app").default_from, Some(Source::OfficialAccountAppid));
}

#[test]
fn constraints_are_typed() {
    let api = load(GROUP);
    let params = &api.groups[0].endpoints[0].params;
    let type_ = [Constraint::Length(Range { from: Some(1), to: Some(32) }), Constraint::Charset("scene".into())];
    assert_eq!(field(params, "type_").constraints, type_);
    assert_eq!(field(params, "next_row").constraints, [Constraint::IntRange(Range { from: Some(0), to: None })]);
    assert_eq!(field(params, "ratio").constraints, [Constraint::FloatRange(Range { from: None, to: Some(1.0) })]);
    let numbers = vec![Literal::Int(2), Literal::Int(4)];
    let conditions = vec![("type_".into(), vec![Literal::Text("x".into())]), ("next_row".into(), numbers)];
    assert_eq!(field(params, "level").constraints, [Constraint::RequiredIf(conditions)]);
    assert_eq!(api.charset("scene").unwrap().chars, "-.0123456789abcdefghijklmnopqrstuvwxyz");
}

#[test]
fn types_know_their_directions() {
    let api = load(GROUP);
    let directions: Vec<_> = api.groups[0]
        .types
        .iter()
        .chain(&api.types)
        .map(|ty| (ty.name.as_str(), ty.in_request, ty.in_response))
        .collect();
    assert_eq!(
        directions,
        [("Level", true, true), ("Both", true, true), ("Row", false, true), ("Version", true, true)]
    );
}

#[test]
fn own_codes_are_filled_in_from_the_general_ones() {
    let api = load(GROUP);
    let own = |code, kind, retry, about: &str, remedy: &str, zh: &str| EndpointErrCode {
        code,
        own: Some(Texts { kind, retry, about: about.into(), remedy: remedy.into(), zh: zh.into() }),
    };
    let codes = [
        own(40001, Some(ErrKind::Token), Retry::Soon, "About.", "Ask.", "怎么办。"),
        own(9, Some(ErrKind::Quota), Retry::Later, "Nine.", "Nine.", "九"),
        own(40002, Some(ErrKind::User), Retry::Never, "Of the group.", "Do this here.", "组。"),
        EndpointErrCode { code: 40003, own: None },
    ];
    assert_eq!(api.groups[0].endpoints[0].errcodes, codes);
    let group = &api.groups[0];
    assert_eq!(api.errcode(group, 40001).unwrap().name, "INVALID");
    assert_eq!(api.errcode(group, 40003).unwrap().name, "THINGS_OWN");
    assert_eq!(api.errcode(group, 40002).unwrap().about, "Of the group.", "the group wins over the platform");
}

#[test]
fn responses_without_fields() {
    for (word, response) in [
        ("nothing", Response::Nothing),
        ("image", Response::Image),
        ("bytes", Response::Bytes),
        ("text", Response::Text),
        ("json", Response::Json),
    ] {
        let yaml = format!(
            "group: things\ntitle: 甲\nabout: A.\nendpoints:\n  getX:\n    name: x\n    title: 甲\n    about: A.\n    docs: https://a.b\n    method: GET\n    path: /x\n    response: {word}\n    params:\n      v: {{ type: Version }}\n      s: {{ type: string, charset: scene }}\n"
        );
        let api = load(&yaml);
        assert_eq!(api.groups[0].endpoints[0].response, response);
        assert_eq!(api.groups[0].endpoints[0].params[0].place, Place::Query);
    }
}

/// As many endpoints as WeChat has, each with a dozen fields, in a build without optimisation.
#[test]
fn reading_the_whole_api_takes_no_time() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("api")).unwrap();
    for (name, text) in [("types.yaml", ""), ("errcodes.yaml", ERRCODES)] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    for group in 0..44 {
        let mut yaml = format!("group: g{group}\ntitle: 甲\nabout: A.\nendpoints:\n");
        for i in 0..10 {
            yaml += &format!(
                "  get{group}N{i}:\n    name: get{i}\n    title: 甲\n    about: Does a thing that takes some words to say.\n    docs: https://a.b/{i}\n    method: POST\n    path: /g{group}/{i}\n    errcodes: [40001]\n    params:\n"
            );
            for field in 0..12 {
                yaml +=
                    &format!("      field_{field}: {{ type: string, length: 1..32, about: \"Says what it is.\" }}\n");
            }
        }
        fs::write(dir.path().join(format!("api/g{group}.yaml")), yaml).unwrap();
    }
    let start = std::time::Instant::now();
    let api = weapp_codegen::load(dir.path()).unwrap();
    let elapsed = start.elapsed();
    assert_eq!(api.groups.iter().map(|group| group.endpoints.len()).sum::<usize>(), 440);
    // Far more than it takes, so that a busy machine does not fail it; a quadratic reader would.
    assert!(elapsed.as_secs() < 10, "{elapsed:?}");
}

#[test]
fn the_catalogue_is_the_yaml() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("api")).unwrap();
    let files = [
        ("types.yaml", TYPES),
        ("errcodes.yaml", ERRCODES),
        ("api/b.yaml", "group: b\nlist: [1, 1.5, true, ~, '1']\n1: one\n-2: { 'x': y }\n"),
        ("api/a.yaml", "group: a\n"),
    ];
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let text = weapp_codegen::catalog::catalog(dir.path()).unwrap();
    assert!(text.ends_with("}\n"));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        json["groups"],
        serde_json::json!([
            { "group": "a" },
            { "group": "b", "list": [1, 1.5, true, null, "1"], "1": "one", "-2": { "x": "y" } },
        ])
    );
    assert_eq!(json["errcodes"]["40001"]["retry"], "soon");
    assert_eq!(json["types"]["Version"]["values"]["trial"]["name"], "Beta");
    assert_eq!(json["charsets"]["scene"]["chars"], "a-z0-9-.");
    let keys: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["groups", "events", "types", "charsets", "errcodes"]);

    fs::write(dir.path().join("api/b.yaml"), "a: 1\nb: [\n").unwrap();
    let error = weapp_codegen::catalog::catalog(dir.path()).unwrap_err();
    assert_eq!(error.file, "spec/api/b.yaml");
    fs::remove_file(dir.path().join("types.yaml")).unwrap();
    fs::write(dir.path().join("api/b.yaml"), "").unwrap();
    let error = weapp_codegen::catalog::catalog(dir.path()).unwrap_err();
    assert_eq!(error.to_string(), "spec/types.yaml:1: cannot be read (entity not found); add it");
}

/// The page that documents the language and the tables that the reader refuses by must name the same words.
#[test]
fn the_page_of_the_language_names_every_word() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../spec/README.md");
    let page = fs::read_to_string(page).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&weapp_codegen::schema::schema()).unwrap();
    let known = |defs: &[&str]| {
        let mut words: Vec<String> = defs
            .iter()
            .flat_map(|def| schema["$defs"][def]["properties"].as_object().unwrap().keys().cloned())
            .collect();
        words.sort();
        words.dedup();
        words
    };
    assert_eq!(documented(&page, "## An endpoint"), known(&["endpoint"]));
    // With the two words that only fields of replies have.
    let mut event = [known(&["event"]), vec!["default_from".to_owned(), "initial".to_owned()]].concat();
    event.sort();
    assert_eq!(documented(&page, "## An event"), event);
    assert_eq!(documented(&page, "## A field"), known(&["parameter", "response_field", "type_field"]));
}

/// The words in the first column of a section's tables, up to the next heading or the table of types.
fn documented(page: &str, section: &str) -> Vec<String> {
    let (_, rest) = page.split_once(section).unwrap();
    let end = rest.find("\n##").unwrap().min(rest.find("\nTypes:\n").unwrap_or(usize::MAX));
    let cells = rest[..end].lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let mut words: Vec<String> =
        cells.flat_map(|cell| cell.split(", ")).map(|word| word.trim_matches(['`', ' ']).to_owned()).collect();
    words.sort();
    words
}
