//! An endpoint of a draft.

use std::collections::BTreeSet;

use heck::ToSnakeCase;
use serde_json::Value;

use super::fields::{At, Fields};
use super::samples::{Samples, fits};
use super::types::Types;
use super::word;
use super::yaml::{comment, quoted};
use crate::pages::{Kind, Page, PageField};

/// Parameters that the client makes over what it sends.
const SIGNATURES: [&str; 3] = ["pay_sig", "signature", "delivery_sign"];

pub(super) fn endpoint(id: &str, page: &Page, same_url: &[&str], known: &BTreeSet<i64>, types: &mut Types) -> String {
    let mut draft = Draft { id, page, samples: Samples::of(page), types, yaml: String::new() };
    draft.head(same_url);
    draft.params();
    draft.response();
    draft.errcodes(known);
    draft.tail();
    draft.yaml
}

struct Draft<'a> {
    id: &'a str,
    page: &'a Page,
    samples: Samples,
    types: &'a mut Types,
    yaml: String,
}

impl<'a> Draft<'a> {
    fn word(&mut self, name: &str, value: &str, said: &str) {
        self.yaml.push_str(&word(4, name, value, said));
    }

    /// A line of nothing but a comment.
    fn remark(&mut self, said: &str) {
        self.yaml.push_str(&format!("  {}\n", comment(said)));
    }

    fn head(&mut self, same_url: &[&str]) {
        let page = self.page;
        let source = format!("{}:{}", page.file, page.line);
        let todo = if self.id == page.id { String::new() } else { "TODO: name__group | ".into() };
        self.yaml.push_str(&word(2, self.id, "", &format!("{todo}{source}")));
        let call = page.cloud_call.as_deref().unwrap_or(&page.id);
        let name = call.rsplit('.').next().unwrap_or(call).to_snake_case();
        self.word("name", "", &format!("TODO: the Rust method, such as {name}"));
        if let Some(call) = &page.cloud_call {
            self.word("aliases", &format!("[{}]", quoted(call)), "");
        }
        self.word("title", &quoted(&page.title), "");
        self.word("about", "", &format!("TODO: {}", page.summary));
        match &page.docs {
            Some(docs) => self.word("docs", docs, ""),
            None => self.word("docs", "", "TODO: the page's address"),
        }
        match &page.method {
            Some(method) => self.word("method", &quoted(method), ""),
            None => self.word("method", "", "TODO: the page does not say"),
        }
        self.word("path", &quoted(&page.path), "");
        if self.by_secret() {
            self.word("token", "app_secret", "");
        } else if !page.outline && !page.query.iter().any(is_token) {
            self.word("token", "none", "TODO: the page has no token among its parameters");
        }
        for limit in &page.limits {
            self.remark(&format!("TODO: limits | {limit}"));
        }
        if page.encryption {
            self.word("encryption", "supported", "");
        }
        if !page.permission_sets.is_empty() {
            let sets: Vec<_> = page.permission_sets.iter().map(u32::to_string).collect();
            self.word("permission_sets", &format!("[{}]", sets.join(", ")), "");
        } else if page.third_party == Some(true) {
            self.remark("TODO: permission_sets | the page says that third-party platforms may make the call");
        }
        self.remark("TODO: retry | `safe` where repeating does no harm");
        if !same_url.is_empty() {
            self.word("same_url", &format!("[{}]", same_url.join(", ")), "");
        }
    }

    /// Whether appid and secret authorise the call.
    fn by_secret(&self) -> bool {
        let mut fields = self.page.query.iter().chain(&self.page.body);
        fields.any(|field| field.name == "secret" || field.name == "appsecret") && !self.page.query.iter().any(is_token)
    }

    fn params(&mut self) {
        let page = self.page;
        if page.outline {
            self.remark("TODO: params, response, errcodes | the page leaves them to another one");
            return;
        }
        let get = page.method.as_deref() == Some("GET");
        let form = page.body.iter().any(|field| field.kind == Kind::Bytes);
        let secret = self.by_secret();
        let mut yaml = String::new();
        let query = page.query.iter().filter(|field| !is_token(field)).map(|field| (field, At::Query));
        let at = if get {
            At::Query
        } else if form {
            At::Form
        } else {
            At::Body
        };
        let body = page.body.iter().filter(|field| !page.query.iter().any(|other| other.name == field.name));
        let mut fields = Fields { id: self.id, samples: &self.samples, types: self.types };
        for (field, at) in query.chain(body.map(|field| (field, at))) {
            if SIGNATURES.contains(&field.name.as_str()) {
                yaml.push_str(&format!("    {}\n", comment(&format!("TODO: sign: [{}] | {}", field.name, field.text))));
                continue;
            }
            let from = match field.name.as_str() {
                "appid" if secret => Some("string, from: appid"),
                "secret" | "appsecret" if secret => Some("secret, from: app_secret"),
                _ => None,
            };
            if let Some(from) = from {
                yaml.push_str(&format!("      {}: {{ type: {from} }}\n", field.name));
                continue;
            }
            let words = match at {
                At::Query if !get => ", in: query",
                At::Form => ", in: form",
                _ => "",
            };
            let (line, said) = fields.line(field, at, &[], words);
            yaml.push_str(&format!("      {line}{}\n", comment(&said)));
        }
        if yaml.lines().any(|line| !line.trim_start().starts_with('#')) {
            self.yaml.push_str("    params:\n");
        }
        self.yaml.push_str(&yaml);
    }

    fn response(&mut self) {
        let page = self.page;
        let envelope = self.envelope();
        let beside = |field: &&PageField| !envelope.contains(&field.name.as_str());
        let fields: Vec<_> = page.response.iter().filter(beside).collect();
        if let Some(bytes) = fields.iter().find(|field| field.kind == Kind::Bytes) {
            let word = if bytes.text.contains('图') { "image" } else { "bytes" };
            self.word("response", word, &format!("TODO: `image`, `bytes` or `text` | {}", bytes.text));
        } else if !fields.is_empty() {
            self.yaml.push_str("    response:\n      fields:\n");
            let mut writer = Fields { id: self.id, samples: &self.samples, types: self.types };
            for field in fields {
                let (line, said) = writer.line(field, At::Answer, &[], "");
                self.yaml.push_str(&format!("        {line}{}\n", comment(&said)));
            }
            self.remark("TODO: always | the fields for whose sake the call exists");
        }
        if let [code, message] = envelope[..]
            && (code, message) != ("errcode", "errmsg")
        {
            self.word("envelope", &format!("{{ code: {}, message: {} }}", quoted(code), quoted(message)), "TODO: ok");
        }
    }

    /// The names of the answer's envelope. Some answers call its fields otherwise.
    fn envelope(&self) -> Vec<&'a str> {
        let page: &'a Page = self.page;
        let response = &page.response;
        let named = |names: &[&str]| response.iter().any(|field| names.contains(&field.name.as_str()));
        if named(&["errcode", "errmsg"]) {
            return vec!["errcode", "errmsg"];
        }
        let find = |kind: Kind, words: &[&str]| {
            let mut fields = response.iter().filter(|field| field.kind == kind);
            fields.find(|field| words.iter().any(|word| field.text.contains(word))).map(|field| field.name.as_str())
        };
        let code = find(Kind::Number, &["错误码"]);
        let message = find(Kind::String, &["错误描述", "错误信息"]);
        code.zip(message).map_or_else(Vec::new, |(code, message)| vec![code, message])
    }

    fn errcodes(&mut self, known: &BTreeSet<i64>) {
        let codes: Vec<_> = self.page.errcodes.iter().filter(|code| code.code != 0).collect();
        if codes.is_empty() {
            return;
        }
        self.yaml.push_str("    errcodes:\n");
        for code in codes {
            let told = [code.message.as_str(), code.solution.as_str()].join(" | ");
            let told = told.trim_matches([' ', '|']);
            if known.contains(&code.code) {
                self.yaml.push_str(&word(6, &code.code.to_string(), "", told));
            } else {
                let open = "{ about: , remedy: , zh: }";
                self.yaml.push_str(&word(6, &code.code.to_string(), open, &format!("TODO: {told}")));
            }
        }
    }

    fn tail(&mut self) {
        for note in &self.page.notes {
            self.remark(&format!("注意事项 | {note}"));
        }
        let get = self.page.method.as_deref() == Some("GET");
        let query = self.page.query.iter().filter(|field| !is_token(field));
        let fields: Vec<_> = query.chain(&self.page.body).collect();
        let plain = !fields.iter().any(|field| {
            SIGNATURES.contains(&field.name.as_str()) || field.kind == Kind::Bytes || get && field.kind != Kind::String
        });
        match self.samples.request() {
            Some(example) if plain && !self.by_secret() && fits(example, &fields) && !is_empty(example) => {
                self.word("example", &example.to_string(), "");
            }
            Some(example) => self.remark(&format!("TODO: example | {example}")),
            None => self.remark("TODO: example"),
        }
    }
}

fn is_empty(example: &Value) -> bool {
    example.as_object().is_none_or(serde_json::Map::is_empty)
}

/// The token's own parameter.
fn is_token(field: &PageField) -> bool {
    field.name.ends_with("access_token")
}
