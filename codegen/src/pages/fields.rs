//! Tables of fields, and how they nest: the fields of `line_color` stand in a table of their own, under the heading
//! `Body.line_color`.

use std::collections::BTreeMap;

use super::markdown::{Row, Table, Text};
use super::{Kind, PageField};
use crate::diagnostic::Diagnostics;

/// The tables of a page by their path: `Query`, `Body`, `Res.list.item`.
#[derive(Debug, Default)]
pub(super) struct Tables {
    fields: BTreeMap<String, Vec<Raw>>,
    enums: BTreeMap<String, Vec<(String, String)>>,
}

/// A row that does not know its nested fields yet.
#[derive(Debug)]
struct Raw {
    field: PageField,
    /// The paths that the links of its type and its enum lead to.
    table: Option<String>,
    values: Option<String>,
}

/// What a heading announces.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Announced {
    Fields(String),
    Enum(String),
}

/// Reads a heading such as `Body.list(Array).item Object Payload` or `Res.status Enum`.
pub(super) fn announced(heading: &str) -> Option<Announced> {
    if heading.contains("Query String Parameters") {
        return Some(Announced::Fields("Query".into()));
    }
    if heading.contains("Request Payload") {
        return Some(Announced::Fields("Body".into()));
    }
    if heading.contains("Response Payload") {
        return Some(Announced::Fields("Res".into()));
    }
    let path = |text: &str| {
        let path = text.trim().replace("(Array)", "");
        let known = ["Query.", "Body.", "Res."].iter().any(|root| path.starts_with(root));
        (known && !path.contains(char::is_whitespace)).then_some(path)
    };
    let fields = heading.strip_suffix("Object Payload").and_then(path).map(Announced::Fields);
    fields.or_else(|| heading.strip_suffix("Enum").and_then(path).map(Announced::Enum))
}

/// Where a link to a table leads: `#Res__list<Array>__item` is `Res.list.item`.
fn anchor(link: &str) -> Option<String> {
    let (_, fragment) = link.rsplit_once('#')?;
    let fragment = fragment.replace("%3CArray%3E", "").replace("<Array>", "");
    let fragment = fragment.strip_prefix("Enum_").unwrap_or(&fragment);
    Some(fragment.replace("__", "."))
}

impl Tables {
    /// Enters the rows of a table of fields under its path.
    pub(super) fn enter(&mut self, path: &str, table: &Table, line: usize, file: &str, out: &mut Diagnostics) {
        let names = table.column(&["参数名", "参数", "属性", "字段", "名称"]);
        let kinds = table.column(&["类型", "数据类型"]);
        if names.is_none() || kinds.is_none() {
            let header: Vec<_> = table.header.iter().map(|cell| cell.text.as_str()).collect();
            let what = format!("the table of `{path}` has no columns 参数名 and 类型, but {}", header.join("、"));
            out.add(file, line, what, "give the table its usual header");
            return;
        }
        let columns = Columns {
            name: names,
            kind: kinds,
            required: table.column(&["必填", "是否必填", "必须"]),
            text: table.column(&["说明", "描述"]),
            example: table.column(&["示例", "示例值"]),
            values: table.column(&["枚举", "枚举值"]),
        };
        let entered = self.fields.entry(path.to_owned()).or_default();
        for row in &table.rows {
            match columns.read(row) {
                // A page that shows a table twice says the same thing twice.
                Some(raw) if entered.iter().any(|other| other.field.name == raw.field.name) => {}
                Some(raw) => entered.push(raw),
                None => {
                    let what = format!("a row of `{path}` names no field");
                    out.add(file, row.line, what, "write the field's name into its first column, or remove the row");
                }
            }
        }
    }

    /// Enters the rows of a table of any layout that [`is_fields`].
    pub(super) fn enter_any(&mut self, path: &str, table: &Table) {
        let columns = Columns::any(table);
        let entered = self.fields.entry(path.to_owned()).or_default();
        for raw in table.rows.iter().filter_map(|row| columns.read(row)) {
            if !entered.iter().any(|other| other.field.name == raw.field.name) {
                entered.push(raw);
            }
        }
    }

    /// The paths below `root` of fields that have one of these names.
    pub(super) fn named<'w>(&self, root: &str, words: impl Iterator<Item = &'w str>) -> Vec<String> {
        self.found(root, words, |raw, word| raw.field.name.eq_ignore_ascii_case(word))
    }

    /// The paths below `root` of fields that a sentence with these words announces what they hold: it has their name
    /// or that of their type.
    pub(super) fn holding<'w>(&self, root: &str, words: impl Iterator<Item = &'w str>) -> Vec<String> {
        self.found(root, words, |raw, word| {
            let scalar = matches!(raw.field.kind, Kind::Number | Kind::Boolean) && !raw.field.list;
            let of_type = || raw.field.said.split(|c: char| !c.is_ascii_alphanumeric()).any(|said| said == word);
            !scalar && (raw.field.name.eq_ignore_ascii_case(word) || custom(word) && of_type())
        })
    }

    /// For the first word that means any field, all that it means.
    fn found<'w>(
        &self,
        root: &str,
        mut words: impl Iterator<Item = &'w str>,
        means: impl Fn(&Raw, &str) -> bool,
    ) -> Vec<String> {
        let below = |path: &str| path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('.'));
        let all = || self.fields.iter().filter(|(path, _)| below(path));
        let meant = |word: &str| {
            let paths = all().flat_map(|(path, rows)| rows.iter().map(move |raw| (path, raw)));
            paths.filter(|(_, raw)| means(raw, word)).map(|(path, raw)| format!("{path}.{}", raw.field.name)).collect()
        };
        words.find_map(|word| Some(meant(word)).filter(|paths: &Vec<_>| !paths.is_empty())).unwrap_or_default()
    }

    /// Enters the values of an enum under its path.
    pub(super) fn enter_values(&mut self, path: &str, table: &Table) {
        let value = |row: &Row| (row.text(Some(0)).to_owned(), row.text(Some(1)).to_owned());
        self.enums.insert(path.to_owned(), table.rows.iter().map(value).collect());
    }

    /// The fields of a path with all that they hold.
    pub(super) fn fields(&self, path: &str) -> Vec<PageField> {
        self.nested(path, &mut Vec::new())
    }

    fn nested(&self, path: &str, above: &mut Vec<String>) -> Vec<PageField> {
        // An object that holds itself is shown once.
        if above.iter().any(|other| other == path) {
            return Vec::new();
        }
        above.push(path.to_owned());
        let rows = self.fields.get(path).map_or(&[][..], Vec::as_slice);
        let field = |raw: &Raw| {
            let own = format!("{path}.{}", raw.field.name);
            let table = Some(&own).filter(|own| self.fields.contains_key(*own)).or(raw.table.as_ref());
            let values = self.enums.get(&own).or_else(|| self.enums.get(raw.values.as_ref()?));
            PageField {
                fields: match (raw.field.kind, table) {
                    (Kind::Object | Kind::Unknown, Some(table)) => self.nested(table, above),
                    _ => Vec::new(),
                },
                values: values.cloned().unwrap_or_default(),
                ..raw.field.clone()
            }
        };
        let fields = rows.iter().map(field).collect();
        above.pop();
        fields
    }
}

#[derive(Clone, Copy)]
struct Columns {
    name: Option<usize>,
    kind: Option<usize>,
    required: Option<usize>,
    text: Option<usize>,
    example: Option<usize>,
    values: Option<usize>,
}

impl Columns {
    /// Of a table in whatever layout. Where a label stands beside the name, the name is the variable.
    fn any(table: &Table) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| table.column(&[name]));
        Columns {
            name: first(&["变量", "参数名", "参数", "属性", "字段", "字段名", "名称"]),
            kind: first(&["类型", "数据类型", "类型[长度限制]"]),
            required: first(&["必填", "是否必填", "必须"]),
            text: first(&["说明", "描述", "备注", "字段说明"]),
            example: None,
            values: first(&["枚举", "枚举值"]),
        }
    }

    fn read(self, row: &Row) -> Option<Raw> {
        // Some rows repeat the name or the type behind the name, some strike it out.
        let name = row.text(self.name).split_whitespace().next()?;
        let name = name.trim_matches(['~', '\u{200b}', '\u{200c}', '\u{feff}']).to_owned();
        if name.is_empty() {
            return None;
        }
        let said = row.cell(self.kind).cloned().unwrap_or_default();
        let (kind, list) = kind(&said.text);
        let link = |cell: Option<&Text>| cell.and_then(|cell| cell.links.first()).and_then(|link| anchor(link));
        let example = row.text(self.example);
        Some(Raw {
            table: link(Some(&said)),
            values: link(row.cell(self.values)),
            field: PageField {
                line: row.line,
                name,
                kind,
                list,
                said: said.text,
                required: match row.text(self.required) {
                    "是" => Some(true),
                    "否" => Some(false),
                    _ => None,
                },
                text: one_line(row.text(self.text)),
                example: Some(one_line(example)).filter(|example| !example.is_empty() && example != "-"),
                values: Vec::new(),
                fields: Vec::new(),
            },
        })
    }
}

/// Whether a table, in whatever layout, lists fields: each row names one.
pub(super) fn is_fields(table: &Table) -> bool {
    let columns = Columns::any(table);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '~' | '@');
    let named = |row: &Row| {
        let name = row.text(columns.name).trim();
        name.chars().all(plain) && name.contains(|c: char| c.is_ascii_alphabetic())
    };
    columns.name.is_some() && (columns.kind.is_some() || columns.text.is_some()) && table.rows.iter().all(named)
}

/// Whether a table lists the values of an enum.
pub(super) fn is_values(table: &Table) -> bool {
    matches!(table.column(&["值", "枚举值"]), Some(0))
}

/// What a table of fields says of one.
pub(super) fn row_of<'t>(table: &'t Table, name: &str) -> Option<&'t str> {
    let columns = Columns::any(table);
    table.rows.iter().find(|row| row.text(columns.name) == name).map(|row| row.text(columns.text))
}

/// Whether a word is the name of a type of the page's own, as `AuditDetail`.
fn custom(word: &str) -> bool {
    let usual = ["Array", "Boolean", "Bool", "Number", "Object", "String"];
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.contains(|c: char| c.is_ascii_lowercase())
        && !usual.contains(&word)
}

/// What a word of the column of types means, and whether it is a list.
fn kind(said: &str) -> (Kind, bool) {
    // A type that is named says nothing by the letters of its name.
    let named = said.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| custom(word) && humps(word) > 1);
    let said = named.map_or(said.to_owned(), |named| said.replace(named, "")).to_lowercase();
    let list = said.contains("array") || said.contains("[]") || said.contains("list");
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let kind = if has(&["string", "str", "char"]) {
        Kind::String
    } else if has(&["num", "int", "double", "float", "long", "timestamp"]) {
        Kind::Number
    } else if has(&["bool"]) {
        Kind::Boolean
    } else if has(&["obj"]) {
        Kind::Object
    } else if has(&["formdata", "form-data", "file", "buffer", "binary", "bytes"]) {
        Kind::Bytes
    } else {
        Kind::Unknown
    };
    (kind, list)
}

/// How many parts a name in CamelCase has.
fn humps(word: &str) -> usize {
    word.chars().filter(char::is_ascii_uppercase).count()
}

/// A text on one line, so that it fits behind a `#`.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_links_lead_to_the_same_path() {
        let fields = |path: &str| Some(Announced::Fields(path.into()));
        assert_eq!(announced("查询参数 Query String Parameters"), fields("Query"));
        assert_eq!(announced("Body.a(Array).b Object Payload"), fields("Body.a.b"));
        assert_eq!(announced("Res.a(Array).bObject Payload"), fields("Res.a.b"));
        assert_eq!(announced("Res.a_b Enum"), Some(Announced::Enum("Res.a_b".into())));
        assert_eq!(announced("5.1 Enum"), None);
        assert_eq!(anchor("#Res__a<Array>__b").as_deref(), Some("Res.a.b"));
        assert_eq!(anchor("https://x/y#Enum_Res__a%3CArray%3E__b").as_deref(), Some("Res.a.b"));
        assert_eq!(anchor("../api_x"), None);
    }

    #[test]
    fn words_of_the_column_of_types() {
        for (said, expected) in [
            ("string", (Kind::String, false)),
            ("numarray", (Kind::Number, true)),
            ("objarray", (Kind::Object, true)),
            ("array", (Kind::Unknown, true)),
            ("uint32", (Kind::Number, false)),
            ("formdata", (Kind::Bytes, false)),
            ("-", (Kind::Unknown, false)),
            ("Array.<Object>", (Kind::Object, true)),
            ("string[1,32]", (Kind::String, false)),
            ("Array<ChapterPermission>", (Kind::Unknown, true)),
            ("PointInfo", (Kind::Unknown, false)),
        ] {
            assert_eq!(kind(said), expected, "{said}");
        }
    }
}
