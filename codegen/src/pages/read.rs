//! One page: its sections, and what each of them tells.

use super::fields::{Announced, Tables, announced, one_line};
use super::markdown::{Block, BlockKind, Table, Text, blocks};
use super::{EventPage, Example, Page, PageCode, pushed};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Reads a page. `None`: it describes no endpoint, as listings and pushed events do not.
///
/// # Errors
///
/// What cannot be read, by file and line.
pub fn page(file: &str, source: &str) -> Result<Option<Page>, Vec<Diagnostic>> {
    let blocks = blocks(source);
    let mut out = Diagnostics::default();
    let read = named(&blocks, file, &mut out);
    let read = read.map(|page| Reader::new(page, &mut out).read(&blocks)).or_else(|| outlined(&blocks, file));
    let mistakes = out.into_sorted();
    if mistakes.is_empty() { Ok(read) } else { Err(mistakes) }
}

/// Reads what a page says of pushed events. Most say nothing.
///
/// # Errors
///
/// What cannot be read of a page that describes an event and nothing else, by file and line.
pub fn events(file: &str, source: &str) -> Result<Vec<EventPage>, Vec<Diagnostic>> {
    let mut out = Diagnostics::default();
    let read = pushed::events(file, source, &mut out);
    let mistakes = out.into_sorted();
    if mistakes.is_empty() { Ok(read) } else { Err(mistakes) }
}

/// The addresses that the links of a page lead to, and where they are in a table of endpoints.
pub(super) fn links(source: &str) -> Vec<String> {
    let of = |block: &Block| match &block.kind {
        BlockKind::Text(text) => text.links.clone(),
        BlockKind::Table(table) => {
            table.rows.iter().flat_map(|row| &row.cells).flat_map(|cell| cell.links.clone()).collect()
        }
        _ => Vec::new(),
    };
    blocks(source).iter().flat_map(of).collect()
}

/// A page of the usual layout, with its name and nothing else.
fn named(blocks: &[Block], file: &str, out: &mut Diagnostics) -> Option<Page> {
    let (line, name) = blocks.iter().find_map(|block| match &block.kind {
        BlockKind::Text(text) => Some((block.line, text.text.strip_prefix("接口英文名")?)),
        _ => None,
    })?;
    let id = name.trim_start_matches(['：', ':', ' ']);
    let length = id.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(id.len());
    let id = &id[..length];
    if !id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        out.add(file, line, "no name stands behind 接口英文名", "write the endpoint's English name there");
    }
    Some(Page { file: file.to_owned(), line, id: id.to_owned(), ..Page::default() })
}

/// An old page, which tells no more than the address, and the cloud call in its title: `标题（ad.getThing）`.
fn outlined(blocks: &[Block], file: &str) -> Option<Page> {
    let (line, heading) = blocks.iter().find_map(|block| match &block.kind {
        BlockKind::Heading(1, text) => Some((block.line, text)),
        _ => None,
    })?;
    let (title, call) = heading.strip_suffix('）')?.rsplit_once('（')?;
    let (_, id) = call.rsplit_once('.')?;
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'));
    let (method, path) = blocks.iter().find_map(|block| match &block.kind {
        BlockKind::Code(code) => address(code),
        _ => None,
    })?;
    plain(call).then(|| Page {
        file: file.to_owned(),
        line,
        id: id.to_owned(),
        title: title.to_owned(),
        method,
        path,
        cloud_call: Some(call.to_owned()),
        outline: true,
        ..Page::default()
    })
}

/// Method and path of `POST https://host/path?query`.
fn address(code: &str) -> Option<(Option<String>, String)> {
    let line = code.lines().find(|line| line.contains("://"))?;
    // A word such as `New` may stand between both.
    let url = line.split_whitespace().find(|word| word.contains("://"))?;
    let method = line.split_whitespace().next().filter(|word| !word.contains("://")).map(str::to_owned);
    let (_, rest) = url.split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    let end = path.find(['?', '#']).unwrap_or(path.len());
    Some((method, format!("/{}", &path[..end])))
}

/// The sections of the usual layout.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Section {
    /// Everything in front of the first.
    Head,
    Call,
    Request,
    Response,
    Enums,
    Notes,
    Examples,
    Errcodes,
    Rest,
}

impl Section {
    /// `3. 返回参数`; the numbers differ between pages.
    fn of(heading: &str) -> Option<Section> {
        let (number, title) = heading.split_once('.')?;
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(match title.trim() {
            "调用方式" => Section::Call,
            "请求参数" => Section::Request,
            "返回参数" => Section::Response,
            "枚举信息" => Section::Enums,
            "注意事项" => Section::Notes,
            "代码示例" => Section::Examples,
            "错误码" => Section::Errcodes,
            "适用范围" => Section::Rest,
            _ => return None,
        })
    }
}

struct Reader<'o> {
    page: Page,
    section: Section,
    /// What the last heading announced.
    announced: Option<Announced>,
    /// Whether the next listing is a request.
    request: Option<bool>,
    tables: Tables,
    out: &'o mut Diagnostics,
}

impl<'o> Reader<'o> {
    fn new(page: Page, out: &'o mut Diagnostics) -> Self {
        let tables = Tables::default();
        Self { page, section: Section::Head, announced: None, request: None, tables, out }
    }

    fn read(mut self, blocks: &[Block]) -> Page {
        for block in blocks {
            match &block.kind {
                BlockKind::Heading(level, text) => self.heading(*level, text),
                BlockKind::Text(text) => self.text(text, block.line),
                BlockKind::Code(code) => self.code(code),
                BlockKind::Table(table) => self.table(table, block.line),
            }
        }
        if self.page.path.is_empty() && !self.page.id.is_empty() {
            let what = format!("the page of `{}` tells no address", self.page.id);
            let remedy = "write `POST https://api.weixin.qq.com/…` in a listing under `1. 调用方式`";
            self.out.add(&self.page.file, self.page.line, what, remedy);
        }
        self.page.query = self.tables.fields("Query");
        self.page.body = self.tables.fields("Body");
        self.page.response = self.tables.fields("Res");
        self.page
    }

    fn heading(&mut self, level: u8, text: &str) {
        if level == 1 && self.page.title.is_empty() {
            self.page.title = text.to_owned();
            return;
        }
        self.announced = None;
        self.request = None;
        match Section::of(text) {
            Some(section) => self.section = section,
            None => self.announced = announced(text),
        }
    }

    fn text(&mut self, text: &Text, line: usize) {
        let said = one_line(&text.text);
        match self.section {
            Section::Head => {
                let told = match said.strip_prefix("接口英文名") {
                    // It may go on behind the name.
                    Some(rest) => rest.trim_start_matches(['：', ':', ' ']).strip_prefix(&self.page.id).unwrap_or(""),
                    None if line < self.page.line => "",
                    None => &said,
                };
                let told = told.trim();
                if !told.is_empty() && !told.starts_with("接口应在服务器端调用") && !told.starts_with("调试诊断")
                {
                    if !self.page.summary.is_empty() {
                        self.page.summary.push(' ');
                    }
                    self.page.summary.push_str(told);
                }
                self.limit(&said);
            }
            Section::Call => self.call(&said, line),
            Section::Notes => {
                self.limit(&said);
                if said != "本接口无特殊注意事项" {
                    self.page.notes.push(said);
                }
            }
            Section::Examples if said.starts_with("请求") => self.request = Some(true),
            Section::Examples if said.starts_with("返回") || said.starts_with("响应") => self.request = Some(false),
            _ => {}
        }
    }

    /// The section `调用方式`.
    fn call(&mut self, said: &str, line: usize) {
        if let Some(call) = said.strip_prefix("调用方法") {
            let call = call.trim_start_matches(['：', ':', ' ']);
            self.page.cloud_call = Some(call.to_owned()).filter(|call| !call.is_empty());
        }
        self.page.encryption |= said.contains("支持加密请求");
        if said.contains("不支持第三方平台") {
            self.page.third_party = Some(false);
        } else if said.contains("支持第三方平台") {
            self.page.third_party = Some(true);
        }
        if let Some((_, sets)) = said.split_once("权限集 id 为") {
            match permission_sets(sets) {
                Some(sets) => self.page.permission_sets = sets,
                None => {
                    let what = format!("the permission sets `{}` cannot be read", sets.trim());
                    self.out.add(&self.page.file, line, what, "write numbers, as in `17、30-31`");
                }
            }
        }
    }

    fn code(&mut self, code: &str) {
        match (self.section, self.request) {
            (Section::Call, _) if self.page.path.is_empty() => {
                if let Some((method, path)) = address(code) {
                    self.page.method = method;
                    self.page.path = path;
                }
            }
            (Section::Examples, Some(request)) => {
                self.page.examples.push(Example { request, text: code.trim().to_owned() });
            }
            _ => {}
        }
    }

    fn table(&mut self, table: &Table, line: usize) {
        match (self.section, &self.announced) {
            (Section::Request | Section::Response, Some(Announced::Fields(path))) => {
                self.tables.enter(path, table, line, &self.page.file, self.out);
            }
            (Section::Request | Section::Response, None) => {
                let what = "a table stands under no heading that says what it holds".to_owned();
                let remedy = "put it under `请求体 Request Payload`, `Body.name Object Payload` or the like";
                self.out.add(&self.page.file, line, what, remedy);
            }
            (_, Some(Announced::Enum(path))) => self.tables.enter_values(path, table),
            (Section::Errcodes, _) => self.errcodes(table, line),
            _ => {}
        }
    }

    fn errcodes(&mut self, table: &Table, line: usize) {
        let codes = table.column(&["错误码", "错误代码"]);
        if codes.is_none() {
            let what = "the table of codes has no column 错误码";
            self.out.add(&self.page.file, line, what, "give the table its usual header");
            return;
        }
        let message = table.column(&["错误描述", "描述", "说明"]);
        let solution = table.column(&["解决方案"]);
        for row in &table.rows {
            let said = row.text(codes);
            // Some rows hold several codes: `40014/40001`.
            for code in said.split(['/', '、', ',', '，']) {
                match code.trim().parse() {
                    Ok(code) if self.page.errcodes.iter().any(|other| other.code == code) => {}
                    Ok(code) => self.page.errcodes.push(PageCode {
                        line: row.line,
                        code,
                        message: one_line(row.text(message)),
                        solution: one_line(row.text(solution)),
                    }),
                    Err(_) => {
                        let what = format!("the code `{said}` is no number");
                        self.out.add(&self.page.file, row.line, what, "write the number alone into the first column");
                    }
                }
            }
        }
    }

    /// Keeps a sentence that tells how often the endpoint may be called.
    fn limit(&mut self, said: &str) {
        let counts = said.contains(|c: char| c.is_ascii_digit())
            && ["次/", "次每", "频率", "调用上限", "限频", "QPS", "qps"].iter().any(|word| said.contains(word));
        if counts {
            self.page.limits.push(said.to_owned());
        }
    }
}

/// `：1、3、8-9`
fn permission_sets(said: &str) -> Option<Vec<u32>> {
    let said = said.trim_matches(|c: char| matches!(c, '：' | ':' | '。') || c.is_whitespace());
    let mut sets = Vec::new();
    for part in said.split(['、', ',', '，']) {
        let part = part.trim();
        match part.split_once('-') {
            Some((from, to)) => {
                let (from, to): (u32, u32) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
                // A range beyond that is a slip of the pen.
                if to < from || to - from > 1000 {
                    return None;
                }
                sets.extend(from..=to);
            }
            None => sets.push(part.parse().ok()?),
        }
    }
    Some(sets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let read = |code: &str| address(code).map(|(method, path)| (method.unwrap_or_default(), path));
        assert_eq!(read("POST  https://h/a/b?c=D\n"), Some(("POST".into(), "/a/b".into())));
        assert_eq!(read("POST New https://h/a#b"), Some(("POST".into(), "/a".into())));
        assert_eq!(read("https://h/a"), Some((String::new(), "/a".into())));
        assert_eq!(read("nothing"), None);
    }

    #[test]
    fn permission_sets_with_ranges() {
        assert_eq!(permission_sets("：1、8-9、 30"), Some(vec![1, 8, 9, 30]));
        assert_eq!(permission_sets("：x"), None);
        assert_eq!(permission_sets("：9-1"), None);
    }
}
