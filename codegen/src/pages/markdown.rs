//! A page of Markdown as a plain sequence of headings, paragraphs, listings and tables, each with its line.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A part of a page.
#[derive(Debug)]
pub(super) struct Block {
    /// From 1.
    pub(super) line: usize,
    pub(super) kind: BlockKind,
}

#[derive(Debug)]
pub(super) enum BlockKind {
    /// Its level (1 to 6) and text.
    Heading(u8, String),
    /// A paragraph, an element of a list, or a paragraph of a quotation.
    Text(Text),
    /// A listing.
    Code(String),
    Table(Table),
}

#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) header: Vec<Text>,
    pub(super) rows: Vec<Row>,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) cells: Vec<Text>,
}

/// What is read of a cell or a paragraph.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Text {
    /// Without marks and escapes.
    pub(super) text: String,
    /// Where its links lead, in their order.
    pub(super) links: Vec<String>,
}

impl Table {
    /// The number of the first column with one of these names.
    pub(super) fn column(&self, names: &[&str]) -> Option<usize> {
        self.header.iter().position(|cell| names.contains(&cell.text.as_str()))
    }
}

impl Row {
    pub(super) fn cell(&self, column: Option<usize>) -> Option<&Text> {
        self.cells.get(column?)
    }

    /// The text of a column; empty where there is none.
    pub(super) fn text(&self, column: Option<usize>) -> &str {
        self.cell(column).map_or("", |cell| &cell.text)
    }
}

/// Reads a page.
pub(super) fn blocks(source: &str) -> Vec<Block> {
    let source = spaced(&unescaped(source));
    let starts: Vec<usize> =
        std::iter::once(0).chain(source.text.match_indices('\n').map(|(place, _)| place + 1)).collect();
    let line = |place: usize| {
        let row = starts.partition_point(|start| *start <= place).saturating_sub(1);
        source.lines.get(row).copied().unwrap_or(1)
    };
    let mut reader = Reader::default();
    for (event, range) in Parser::new_ext(&source.text, Options::ENABLE_TABLES).into_offset_iter() {
        reader.event(event, line(range.start));
    }
    reader.blocks
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    /// What is being read, and since when.
    text: Text,
    line: usize,
    heading: Option<u8>,
    code: bool,
    table: Option<Table>,
    row: Option<Row>,
}

impl Reader {
    fn event(&mut self, event: Event<'_>, line: usize) {
        match event {
            Event::Start(tag) => self.start(&tag, line),
            Event::End(tag) => self.end(tag, line),
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) | Event::Html(text) => {
                self.begin(line);
                self.text.text.push_str(&text);
            }
            Event::SoftBreak => self.text.text.push(' '),
            Event::HardBreak => self.text.text.push('\n'),
            _ => {}
        }
    }

    fn begin(&mut self, line: usize) {
        if self.text.text.is_empty() {
            self.line = line;
        }
    }

    fn start(&mut self, tag: &Tag<'_>, line: usize) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.heading = Some(*level as u8);
                self.line = line;
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                self.code = true;
                self.line = line + usize::from(matches!(kind, CodeBlockKind::Fenced(_)));
            }
            Tag::Table(_) => {
                self.flush();
                self.table = Some(Table::default());
                self.line = line;
                self.blocks.push(Block { line, kind: BlockKind::Table(Table::default()) });
            }
            Tag::TableHead | Tag::TableRow => self.row = Some(Row { line, cells: Vec::new() }),
            Tag::Link { dest_url, .. } => self.text.links.push(dest_url.to_string()),
            Tag::Paragraph | Tag::Item | Tag::BlockQuote(_) | Tag::HtmlBlock => self.flush(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, line: usize) {
        match tag {
            TagEnd::Heading(_) => {
                let text = self.take().text;
                // The anchor that stands in front of each heading.
                let text = text.trim_start().trim_start_matches('#').trim().to_owned();
                let level = self.heading.take().unwrap_or(1);
                self.blocks.push(Block { line, kind: BlockKind::Heading(level, text) });
            }
            TagEnd::CodeBlock => {
                self.code = false;
                let code = std::mem::take(&mut self.text).text;
                self.blocks.push(Block { line: self.line, kind: BlockKind::Code(code) });
            }
            TagEnd::TableCell => {
                let cell = self.take();
                if let Some(row) = &mut self.row {
                    row.cells.push(cell);
                }
            }
            TagEnd::TableHead => {
                if let (Some(row), Some(table)) = (self.row.take(), &mut self.table) {
                    table.header = row.cells;
                }
            }
            TagEnd::TableRow => {
                if let (Some(row), Some(table)) = (self.row.take(), &mut self.table) {
                    table.rows.push(row);
                }
            }
            TagEnd::Table => {
                // It was entered when it began, so that its line is that of the header.
                if let (Some(read), Some(Block { kind: BlockKind::Table(table), .. })) =
                    (self.table.take(), self.blocks.last_mut())
                {
                    *table = read;
                }
            }
            TagEnd::Paragraph | TagEnd::Item | TagEnd::BlockQuote(_) | TagEnd::HtmlBlock => self.flush(),
            _ => {}
        }
    }

    fn take(&mut self) -> Text {
        let taken = std::mem::take(&mut self.text);
        Text { text: taken.text.trim().to_owned(), links: taken.links }
    }

    fn flush(&mut self) {
        let text = self.take();
        if !text.text.is_empty() {
            self.blocks.push(Block { line: self.line, kind: BlockKind::Text(text) });
        }
    }
}

/// Some pages were saved through a program that escaped what was escaped already, in listings too.
fn unescaped(source: &str) -> String {
    let source = source.replace("\r\n", "\n");
    if !source.lines().any(|line| line.starts_with('#') && line.contains("[\\#](")) {
        return source;
    }
    let mut text = String::with_capacity(source.len());
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('"')) | ('\\', None) => text.push(c),
            ('\\', Some('\n')) => {}
            ('\\', Some(next)) if next.is_ascii_punctuation() => {
                text.push(*next);
                chars.next();
            }
            _ => text.push(c),
        }
    }
    text
}

/// A text and the line of the source that each of its lines comes from.
struct Spaced {
    text: String,
    lines: Vec<usize>,
}

/// Puts an empty line between parts of different sort. Those pages have none, and Markdown would read what follows a
/// quotation as a part of it.
fn spaced(source: &str) -> Spaced {
    let mut text = String::with_capacity(source.len() + 64);
    let mut lines = Vec::new();
    let mut fenced = false;
    let mut before = ' ';
    for (number, line) in (1..).zip(source.lines()) {
        let fence = line.trim_start().starts_with("```");
        let sort = match line.chars().next() {
            _ if fence => '`',
            Some(sort @ ('#' | '>' | '|')) => sort,
            Some('-') => 'l',
            None | Some(' ' | '\t') => ' ',
            Some(_) => 'x',
        };
        let parts = before != ' ' && sort != ' ' && sort != before;
        if !fenced && (parts || (sort == '#' && before == '#')) {
            text.push('\n');
            lines.push(number);
        }
        text.push_str(line);
        text.push('\n');
        lines.push(number);
        fenced ^= fence;
        before = if fenced { '`' } else { sort };
    }
    Spaced { text, lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Vec<String> {
        let block = |block: Block| match block.kind {
            BlockKind::Heading(level, text) => format!("{} h{level} {text}", block.line),
            BlockKind::Text(text) => format!("{} {} {:?}", block.line, text.text, text.links),
            BlockKind::Code(code) => format!("{} code {code:?}", block.line),
            BlockKind::Table(table) => {
                let cells = |cells: &[Text]| cells.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>().join(";");
                let rows: Vec<_> = table.rows.iter().map(|row| format!("{}:{}", row.line, cells(&row.cells))).collect();
                format!("{} table {} / {}", block.line, cells(&table.header), rows.join(" / "))
            }
        };
        blocks(source).into_iter().map(block).collect()
    }

    #[test]
    fn marks_and_escapes_are_gone_and_lines_are_kept() {
        let source = "# [#](#a) Get\\_it\n\n> Note\n\n- one: 1\n- two\n\n| a\\_b | [t](x) |\n| --- | --- |\n| 1 | a `b` \\| c |\n\n```\nGET /x\n```\n";
        assert_eq!(
            shown(source),
            [
                "1 h1 Get_it",
                "3 Note []",
                "5 one: 1 []",
                "6 two []",
                "8 table a_b;t / 10:1;a b | c",
                "13 code \"GET /x\\n\"",
            ]
        );
    }

    #[test]
    fn what_was_escaped_twice_reads_alike() {
        let source = "# [\\#](https://a/b\\_c\\#d) Get\\\\_it\n> Note\nName: x\n### [\\#](y) Body.a\\\\_b `Object Payload`\nwords\n| a\\\\_b | t |\n| --- | --- |\n| {\\\\\"x\\\\\":1} | 1 |\n```json\n{ \"a\\_b\": [\\\n] }\n```\n";
        assert_eq!(
            shown(source),
            [
                "1 h1 Get_it",
                "2 Note []",
                "3 Name: x []",
                "4 h3 Body.a_b Object Payload",
                "5 words []",
                "6 table a_b;t / 8:{\"x\":1};1",
                "10 code \"{ \\\"a_b\\\": [\\n] }\\n\"",
            ]
        );
    }
}
