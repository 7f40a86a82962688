//! A spec as large as WeChat's whole API, made up, and the same on every run.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use weapp_codegen::model::Api;

use super::size::{Size, of_group};

const VERBS: [&str; 12] =
    ["add", "get", "list", "update", "delete", "query", "submit", "cancel", "audit", "bind", "sync", "export"];

#[rustfmt::skip]
const GROUPS: [&str; 37] = [
    "ad_creative", "ad_report", "analysis_trend", "city_bill", "city_bus", "cloud_storage", "coupon",
    "customer_service", "delivery", "device", "device_group", "drama_media", "express_account", "express_order",
    "freight", "game_match", "game_room", "intracity_order", "intracity_store", "invoice", "live_goods", "live_room",
    "member_card", "nearby", "novel_book", "ocr_image", "open_data", "plugin", "refund", "risk_control",
    "service_market", "short_link", "soter", "store_goods", "store_order", "trade_order", "trade_settlement",
];

/// Names of fields: no two are the same in Rust.
#[rustfmt::skip]
const NAMES: [&str; 41] = [
    "openid", "order_id", "outTradeNo", "goods_name", "title", "status_code", "create_time", "updateTime", "amount",
    "currency", "remark", "url", "thumbUrl", "count", "offset", "limit", "totalNum", "level", "scene", "shop_id",
    "deliveryId", "waybill_id", "path", "province", "city", "address", "phone", "receiver", "weight", "price",
    "discount", "begin_date", "endDate", "is_default", "media_id", "unionid", "appid", "version", "extra", "reason",
    "sequence",
];

/// Where a struct stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Params { get: bool },
    Response,
    Sent,
    Answered,
}

struct Struct {
    group: usize,
    kind: Kind,
    /// Of a type.
    name: String,
    /// Name and what stands in the braces behind it.
    fields: Vec<(String, String)>,
    /// Values of the required ones.
    example: Vec<String>,
    next_name: usize,
    /// The type that was put into it last, or into one of those.
    last: Option<usize>,
}

struct Endpoint {
    verb: &'static str,
    params: usize,
    response: Option<usize>,
}

struct Spec {
    structs: Vec<Struct>,
    endpoints: Vec<Endpoint>,
    chance: Chance,
}

/// Writes a spec of the given size. The groups that the sdk cannot be without are those of `real`.
pub(super) fn write(folder: &Path, real_folder: &Path, real: &Api, wanted: Size) -> Result<(), String> {
    let put = |path: &str, text: &str| fs::write(folder.join(path), text).map_err(|error| format!("{path}: {error}"));
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::create_dir_all(folder.join("api")).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut left = wanted;
    for group in real.groups.iter().filter(|group| group.core) {
        let path = format!("api/{}.yaml", group.name);
        fs::copy(real_folder.join(&path), folder.join(&path)).map_err(|error| format!("{path}: {error}"))?;
        let core = of_group(group);
        left.endpoints -= core.endpoints;
        left.structs -= core.structs;
        left.fields -= core.fields;
    }
    fs::copy(real_folder.join("errcodes.yaml"), folder.join("errcodes.yaml"))
        .map_err(|error| format!("errcodes.yaml: {error}"))?;
    put("types.yaml", TYPES)?;
    let mut spec = Spec::of(left);
    let codes: Vec<i64> = real.errcodes.iter().map(|code| code.code).collect();
    for (group, name) in GROUPS.iter().enumerate() {
        put(&format!("api/{name}.yaml"), &spec.group(group, &codes))?;
    }
    Ok(())
}

const TYPES: &str = "\
charsets:
  token: { chars: \"0-9A-Za-z_-\", about: \"Digits, Latin letters, _ and -\" }
types:
  Edition:
    about: Which version of the Mini Program is meant.
    values: { release: The published version., trial: The trial version., develop: The version in development. }
";

impl Spec {
    fn of(size: Size) -> Self {
        let mut spec = Spec { structs: Vec::new(), endpoints: Vec::new(), chance: Chance(442) };
        for index in 0..size.endpoints {
            let group = index % GROUPS.len();
            let verb = VERBS[index / GROUPS.len()];
            let params = spec.add(group, Kind::Params { get: index % 4 == 1 }, String::new());
            let response = (index % 7 != 3).then(|| spec.add(group, Kind::Response, String::new()));
            spec.endpoints.push(Endpoint { verb, params, response });
        }
        while spec.structs.len() < size.structs {
            spec.add_type();
        }
        for index in 0..spec.structs.len() {
            if !matches!(spec.structs[index].kind, Kind::Params { .. }) {
                spec.add_field(index);
            }
        }
        let mut fields: usize = spec.structs.iter().map(|one| one.fields.len()).sum();
        while fields < size.fields {
            let index = spec.chance.below(spec.structs.len());
            if spec.structs[index].fields.len() < 16 {
                spec.add_field(index);
                fields += 1;
            }
        }
        spec
    }

    fn add(&mut self, group: usize, kind: Kind, name: String) -> usize {
        let next_name = self.chance.below(NAMES.len());
        let (fields, example) = (Vec::new(), Vec::new());
        self.structs.push(Struct { group, kind, name, fields, example, next_name, last: None });
        self.structs.len() - 1
    }

    /// A struct within a request or a response, or within such a struct.
    fn add_type(&mut self) {
        let endpoint = &self.endpoints[self.chance.below(self.endpoints.len())];
        let (params, response) = (endpoint.params, endpoint.response);
        let sent = self.structs[params].kind == Kind::Params { get: false } && self.chance.below(3) == 0;
        let (root, kind) = match (sent, response) {
            (true, _) => (params, Kind::Sent),
            (false, Some(response)) => (response, Kind::Answered),
            (false, None) => return,
        };
        let group = self.structs[root].group;
        let name = format!("{}Part{}", camel(GROUPS[group]), self.structs.len());
        let index = self.add(group, kind, name.clone());
        let parent = self.structs[root].last.filter(|_| self.chance.below(4) > 0).unwrap_or(root);
        self.structs[root].last = Some(index);
        let ty = match self.chance.below(20) {
            0 => format!("map<{name}>"),
            1..12 => format!("[{name}]"),
            _ => name,
        };
        let field = (format!("part_{index}"), format!("type: {}, about: What belongs to it.", quoted(&ty)));
        self.structs[parent].fields.push(field);
    }

    fn add_field(&mut self, index: usize) {
        let one = &mut self.structs[index];
        let name = NAMES[one.next_name % NAMES.len()];
        one.next_name += 1;
        let group = camel(GROUPS[one.group]);
        let chance = &mut self.chance;
        let (ty, value) = match chance.below(100) {
            0..46 => ("string".to_owned(), "abc"),
            46..54 => ("u64".to_owned(), "1"),
            54..62 => ("u32".to_owned(), "1"),
            62..68 => ("u8".to_owned(), "1"),
            68..73 => ("bool".to_owned(), "true"),
            73..78 => ("i64".to_owned(), "1"),
            78..81 => ("f64".to_owned(), "0.5"),
            81..86 => ("timestamp".to_owned(), "1700000000"),
            86..89 => ("secret".to_owned(), "abc"),
            89..91 => ("Edition".to_owned(), "trial"),
            91..94 => (format!("{group}State"), "open"),
            94..97 => (format!("{group}Sort"), "1"),
            // What a query cannot hold.
            _ if one.kind == (Kind::Params { get: true }) => ("string".to_owned(), "abc"),
            97..98 => ("json".to_owned(), "{}"),
            _ => ("[string]".to_owned(), "[abc]"),
        };
        let mut words = format!("type: {}", quoted(&ty));
        let request = matches!(one.kind, Kind::Params { .. } | Kind::Sent);
        if request && chance.below(3) == 0 {
            words.push_str(", required: true");
            one.example.push(format!("{name}: {value}"));
        } else if !request && chance.below(7) == 0 {
            words.push_str(", always: true");
        }
        if request {
            words.push_str(match (&*ty, chance.below(4)) {
                ("string", 0) => ", length: 1..64",
                ("string", 1) => ", bytes: ..1024, charset: token",
                ("string", 2) => ", forbid: [leading_slash, query]",
                ("u64" | "u32" | "u8" | "i64", 0 | 1) => ", range: 0..100",
                ("[string]", 0 | 1) => ", items: 1..50",
                _ => "",
            });
        }
        if chance.below(3) > 0 {
            let _ = write!(
                words,
                ", about: \"The {} of what the call is about, as WeChat keeps it.\"",
                name.to_lowercase()
            );
        }
        one.fields.push((name.to_owned(), words));
    }

    /// One group's file.
    fn group(&mut self, group: usize, codes: &[i64]) -> String {
        let snake = GROUPS[group];
        let name = camel(snake);
        let mut out = format!("group: {snake}\ntitle: 合成\nabout: Stands for a group of WeChat's.\n");
        let mut types = String::new();
        let structs = || self.structs.iter().filter(|one| one.group == group);
        let uses = |ty: &str| structs().flat_map(|one| &one.fields).any(|(_, words)| words.contains(ty));
        if uses(&format!("type: {name}State")) {
            let values = "{ open: It is open., closed: It is over., in_review: WeChat looks at it. }";
            let _ = write!(types, "  {name}State:\n    about: How far it is.\n    values: {values}\n");
        }
        if uses(&format!("type: {name}Sort")) {
            let _ = write!(types, "  {name}Sort:\n    about: What sort it is.\n    values:\n");
            for (value, variant) in [(1, "First"), (2, "Second"), (10, "Other")] {
                let _ = writeln!(types, "      {value}: {{ name: {variant}, about: The {variant} sort. }}");
            }
        }
        for one in structs().filter(|one| !one.name.is_empty()) {
            let _ = write!(types, "  {}:\n    about: A part of a {snake}.\n    fields:\n{}", one.name, fields(one, 6));
        }
        if !types.is_empty() {
            let _ = write!(out, "types:\n{types}");
        }
        out.push_str("endpoints:\n");
        for index in (group..self.endpoints.len()).step_by(GROUPS.len()) {
            self.endpoint(index, codes, &mut out);
        }
        out
    }

    fn endpoint(&mut self, index: usize, codes: &[i64], out: &mut String) {
        let Endpoint { verb, params, response } = self.endpoints[index];
        let params = &self.structs[params];
        let snake = GROUPS[params.group];
        let id = format!("{verb}{}", camel(snake));
        let method = if params.kind == (Kind::Params { get: true }) { "GET" } else { "POST" };
        let _ = write!(
            out,
            "  {id}:\n    name: {verb}\n    title: 合成接口\n    about: \"Does {verb} to a {snake}. What it answers \
             tells how far it came, and calling it twice does no harm.\"\n    docs: https://example.com/{snake}/{verb}\n    \
             method: {method}\n    path: /wxa/{snake}/{verb}\n"
        );
        if index.is_multiple_of(3) {
            let _ = writeln!(out, "    aliases: [{snake}.{verb}]");
        }
        if index.is_multiple_of(4) {
            out.push_str("    limits: [5000/min, 100000/day]\n    retry: safe\n");
        }
        if index % 5 == 2 {
            out.push_str("    encryption: supported\n    permission_sets: [18, 93]\n");
        }
        if !params.fields.is_empty() {
            let _ = write!(out, "    params:\n{}", fields(params, 6));
        }
        match response {
            Some(response) => {
                let _ = write!(out, "    response:\n      fields:\n{}", fields(&self.structs[response], 8));
            }
            None => out.push_str(["    response: nothing\n", "    response: image\n"][index % 2]),
        }
        out.push_str("    errcodes:\n");
        let first = self.chance.below(codes.len());
        for code in codes.iter().cycle().skip(first).step_by(3).take(2 + index % 5) {
            let _ = writeln!(out, "      {code}:");
            if code % 4 == 0 {
                out.push_str("        about: What it means for this very call.\n");
                out.push_str("        remedy: Look at the request again and correct what the message names.\n");
            }
        }
        let _ = writeln!(out, "    example: {{ {} }}", params.example.join(", "));
    }
}

fn fields(of: &Struct, indent: usize) -> String {
    of.fields.iter().map(|(name, words)| format!("{:indent$}{name}: {{ {words} }}\n", "")).collect()
}

/// `[T]` and `map<T>` mean something to YAML within braces.
fn quoted(ty: &str) -> String {
    if ty.ends_with([']', '>']) { format!("\"{ty}\"") } else { ty.to_owned() }
}

/// `ad_report` gives `AdReport`.
pub(super) fn camel(snake: &str) -> String {
    snake.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// Numbers that look random and are the same on every run.
struct Chance(u64);

impl Chance {
    /// SplitMix64.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use weapp_codegen::load;
    use weapp_codegen::model::TypeKind;

    use super::super::size::{DOCUMENTED, size};
    use super::*;
    use crate::run::root;

    fn written(wanted: Size) -> (tempfile::TempDir, Api) {
        let folder = tempfile::tempdir().unwrap();
        let real = root().join("spec");
        write(folder.path(), &real, &load(&real).unwrap(), wanted).unwrap();
        let api = load(folder.path()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        (folder, api)
    }

    #[test]
    fn the_checker_takes_it_and_it_is_as_large_as_said() {
        let (_folder, api) = written(DOCUMENTED);
        assert_eq!(size(&api), DOCUMENTED);
    }

    #[test]
    fn any_other_size_will_do() {
        for wanted in
            [Size { endpoints: 100, structs: 300, fields: 1500 }, Size { endpoints: 447, structs: 1500, fields: 5000 }]
        {
            assert_eq!(size(&written(wanted).1), wanted);
        }
    }

    #[test]
    fn it_is_the_same_on_every_run() {
        let (first, _) = written(DOCUMENTED);
        let (second, _) = written(DOCUMENTED);
        for group in GROUPS {
            let read = |folder: &Path| fs::read_to_string(folder.join(format!("api/{group}.yaml"))).unwrap();
            assert_eq!(read(first.path()), read(second.path()));
        }
    }

    #[test]
    fn it_is_as_mixed_as_a_real_one() {
        let (_folder, api) = written(DOCUMENTED);
        let groups = api.groups.iter().filter(|group| !group.core);
        assert!(groups.clone().all(|group| (11..=12).contains(&group.endpoints.len())));
        let endpoints: Vec<_> = groups.flat_map(|group| &group.endpoints).collect();
        assert!(endpoints.iter().all(|endpoint| endpoint.errcodes.len() >= 2 && endpoint.example.is_some()));
        let constrained = endpoints.iter().flat_map(|one| &one.params).filter(|field| !field.constraints.is_empty());
        assert!(constrained.count() > 300);
        let enums =
            api.groups.iter().flat_map(|group| &group.types).filter(|ty| !matches!(ty.kind, TypeKind::Struct { .. }));
        assert!(enums.count() > 60);
        let nested = api.groups.iter().flat_map(|group| &group.types).filter(|ty| match &ty.kind {
            TypeKind::Struct { fields, .. } => fields.iter().any(|field| field.wire.starts_with("part_")),
            _ => false,
        });
        assert!(nested.count() > 80);
    }
}
