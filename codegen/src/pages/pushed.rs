//! Where pages describe what WeChat pushes. An event has a page of its own, or a part of a guide or of the page of an
//! endpoint; some have several. What marks one is its name: beside `事件英文名`, in the row `Event` of a table of fields,
//! in a sample, or in a heading above a table of fields.

use std::collections::BTreeSet;
use std::ops::Range;

use super::EventPage;
use super::fields::{Announced, announced, is_fields, row_of};
use super::markdown::{Block, BlockKind, Table, blocks};
use super::pushed_part::{Part, Side, side};
use crate::diagnostic::Diagnostics;

/// Reads what a page says of pushed events, each by itself.
pub(super) fn events(file: &str, source: &str, out: &mut Diagnostics) -> Vec<EventPage> {
    let page = Outline::of(blocks(source));
    let mut groups: Vec<Group> = Vec::new();
    for mark in page.marks() {
        let range = page.scope(&mark);
        // Table and samples of one event name it alike.
        match groups.iter_mut().find(|group| !group.names.is_disjoint(&mark.names) || group.dedicated) {
            Some(group) => {
                group.names.extend(mark.names);
                group.ranges.push(range);
            }
            None => groups.push(Group { dedicated: mark.dedicated, names: mark.names, ranges: vec![range] }),
        }
    }
    let shared = page.shared_replies(&groups);
    let title = page.blocks.iter().find_map(|block| match &block.kind {
        BlockKind::Heading(1, text) => Some(text.clone()),
        _ => None,
    });
    let read = groups.iter().zip(shared).map(|(group, shared)| {
        let mut part = Part::new(file, group.dedicated);
        let mut seen = BTreeSet::new();
        for at in group.ranges.iter().cloned().flatten().filter(|at| seen.insert(*at)) {
            part.block(&page.blocks[at], out);
        }
        if let Some(range) = shared.filter(|_| part.reply().is_empty()) {
            part.turn(Side::Reply);
            page.blocks[range].iter().for_each(|block| part.block(block, out));
        }
        let first = group.ranges.iter().map(|range| range.start).min().unwrap_or_default();
        let heading = page.heading_of(first).map(str::to_owned);
        let mut titles: Vec<String> = title.iter().cloned().chain(heading).collect();
        titles.dedup();
        EventPage {
            file: file.to_owned(),
            line: page.blocks.get(first).map_or(1, |block| block.line),
            names: group.names.iter().filter(|name| !name.is_empty()).cloned().collect(),
            titles,
            fields: part.fields(),
            reply: part.reply(),
        }
    });
    read.collect()
}

/// What is told of one event, wherever on the page.
struct Group {
    /// The whole page is about it.
    dedicated: bool,
    /// Holds an empty text for a callback, which has no name.
    names: BTreeSet<String>,
    ranges: Vec<Range<usize>>,
}

/// A place that names an event.
struct Mark {
    at: usize,
    /// Where what belongs to it begins: with the heading or the sentence above it.
    start: usize,
    dedicated: bool,
    names: BTreeSet<String>,
}

/// A page by its sections.
struct Outline {
    blocks: Vec<Block>,
    /// Each heading's place, level and end.
    sections: Vec<(usize, u8, usize)>,
}

impl Outline {
    fn of(blocks: Vec<Block>) -> Self {
        let headings: Vec<_> = blocks
            .iter()
            .enumerate()
            .filter_map(|(at, block)| match &block.kind {
                BlockKind::Heading(level, _) => Some((at, *level)),
                _ => None,
            })
            .collect();
        let end = |number: usize, level: u8| {
            let mut later = headings[number + 1..].iter();
            later.find(|(_, other)| *other <= level).map_or(blocks.len(), |(at, _)| *at)
        };
        let sections =
            headings.iter().enumerate().map(|(number, (at, level))| (*at, *level, end(number, *level))).collect();
        Self { blocks, sections }
    }

    fn text(&self, at: usize) -> &str {
        match &self.blocks[at].kind {
            BlockKind::Heading(_, text) => text,
            BlockKind::Text(text) => &text.text,
            _ => "",
        }
    }

    /// The heading above a block that says more than which part of a description it is.
    fn heading_of(&self, at: usize) -> Option<&str> {
        let around = self.sections.iter().rev().filter(|(start, _, end)| (*start..*end).contains(&at));
        around.map(|(start, ..)| self.text(*start)).find(|heading| !is_part(heading))
    }

    /// The heading or the sentence above a block.
    fn above(&self, at: usize) -> Option<usize> {
        let above = at.checked_sub(1)?;
        matches!(self.blocks[above].kind, BlockKind::Heading(..) | BlockKind::Text(_)).then_some(above)
    }

    fn marks(&self) -> Vec<Mark> {
        let whole = self.blocks.iter().enumerate().find_map(|(at, block)| match &block.kind {
            BlockKind::Text(text) => Some((at, text.text.strip_prefix("事件英文名")?)),
            _ => None,
        });
        let mut marks: Vec<Mark> = Vec::new();
        for (at, block) in self.blocks.iter().enumerate() {
            let (names, start) = match &block.kind {
                BlockKind::Table(table) if self.side_of(at) == Side::Pushed => {
                    (self.named_by_table(table, at), self.above(at))
                }
                BlockKind::Code(code) => (named_by_sample(code), self.above(at)),
                BlockKind::Heading(level, text) if *level > 1 => (self.named_by_heading(at, text), None),
                _ => continue,
            };
            if let Some(names) = names {
                marks.push(Mark { at, start: start.unwrap_or(at), dedicated: whole.is_some(), names });
            }
        }
        // The page's own name is another one, where several events share the page.
        if let Some((at, name)) = whole
            && marks.is_empty()
        {
            marks.push(Mark { at, start: 0, dedicated: true, names: words(name).map(str::to_owned).take(1).collect() });
        }
        marks
    }

    /// On which side a table stands, by the headings and sentences above it in its section.
    fn side_of(&self, at: usize) -> Side {
        let top = self.sections.iter().rev().find(|(start, level, _)| *level <= 2 && *start < at);
        let above = (top.map_or(0, |(start, ..)| *start)..at).rev();
        above.filter_map(|above| side(self.text(above))).next().unwrap_or(Side::Pushed)
    }

    /// By the row `Event`; of a message by `MsgType`, beside `MsgId`.
    fn named_by_table(&self, table: &Table, at: usize) -> Option<BTreeSet<String>> {
        let has = |name| is_fields(table) && row_of(table, name).is_some();
        if has("Event") {
            let mut names: BTreeSet<_> = row_of(table, "Event").into_iter().flat_map(names_in).collect();
            if names.is_empty() && has("MsgType") {
                names = self.listed_names();
            }
            if names.is_empty() && has("MsgType") {
                names = self.above(at).into_iter().flat_map(|above| names_in(self.text(above))).collect();
            }
            return Some(names).filter(|names| !names.is_empty());
        }
        if let Some(said) = row_of(table, "MsgType").filter(|_| has("MsgId")) {
            return Some(words(said).map(str::to_owned).take(1).collect());
        }
        // A callback is signed by itself, and has no name.
        let mut around = self.sections.iter().filter(|(start, _, end)| (*start..*end).contains(&at));
        let callback = has("sign") && around.any(|(start, ..)| self.text(*start).ends_with("回调"));
        callback.then(|| BTreeSet::from([String::new()]))
    }

    /// The values of `Event` as the page lists them.
    fn listed_names(&self) -> BTreeSet<String> {
        let place = self
            .sections
            .iter()
            .find(|(at, ..)| matches!(announced(self.text(*at)), Some(Announced::Enum(path)) if path == "Body.Event"));
        let table = place.and_then(|(at, _, end)| {
            self.blocks[*at..*end].iter().find_map(|block| match &block.kind {
                BlockKind::Table(table) => Some(table),
                _ => None,
            })
        });
        table.into_iter().flat_map(|table| &table.rows).map(|row| row.text(Some(0)).to_owned()).collect()
    }

    /// By a heading above a table of fields, as `退款问询通知（x_notify）`.
    fn named_by_heading(&self, at: usize, text: &str) -> Option<BTreeSet<String>> {
        let pushed = ["通知", "推送", "事件"].iter().any(|word| text.contains(word)) && announced(text).is_none();
        let names: BTreeSet<_> = names_in(text).collect();
        let (_, _, end) = self.sections.iter().find(|(start, ..)| *start == at)?;
        let inner = self.blocks[at + 1..*end].iter();
        let mut inner = inner.take_while(|block| !matches!(block.kind, BlockKind::Heading(..)));
        let table = inner.any(|block| matches!(&block.kind, BlockKind::Table(table) if is_fields(table)));
        (pushed && table && !names.is_empty()).then_some(names)
    }

    /// What belongs to a mark: its section, or a larger one where that is only a part of a description; of a section
    /// that describes several events, the part from this mark to the next other one.
    fn scope(&self, mark: &Mark) -> Range<usize> {
        if mark.dedicated {
            return 0..self.blocks.len();
        }
        let others: Vec<_> =
            self.marks().into_iter().filter(|other| other.names.is_disjoint(&mark.names)).map(|it| it.start).collect();
        let around = self.sections.iter().rev().filter(|(at, _, end)| (*at..*end).contains(&mark.at));
        let mut scope = mark.start..mark.at + 1;
        for (at, level, end) in around {
            if others.iter().any(|other| (*at..*end).contains(other)) {
                let next = others.iter().copied().filter(|other| *other > mark.at).min().unwrap_or(*end);
                return scope.start.min(mark.start).max(*at)..next.min(*end);
            }
            scope = *at..*end;
            if *level == 1 || !is_part(self.text(*at)) {
                break;
            }
        }
        scope
    }

    /// For each event the section beside its own that tells how several are answered.
    fn shared_replies(&self, groups: &[Group]) -> Vec<Option<Range<usize>>> {
        let mut shared = vec![None; groups.len()];
        let own = |at: usize| groups.iter().position(|group| group.ranges.iter().any(|range| range.start == at));
        for (number, (_, level, _)) in self.sections.iter().enumerate().filter(|(_, (at, ..))| own(*at).is_some()) {
            let Some(group) = own(self.sections[number].0) else { continue };
            let beside = self.sections[number + 1..].iter().take_while(|(_, other, _)| other >= level);
            let mut beside = beside.filter(|(_, other, _)| other == level).skip_while(|(at, ..)| own(*at).is_some());
            let reply = beside.next().filter(|(at, ..)| side(self.text(*at)) == Some(Side::Reply));
            shared[group] = reply.map(|(at, _, end)| *at..*end);
        }
        shared
    }
}

/// The names in a sample of a whole message.
fn named_by_sample(code: &str) -> Option<BTreeSet<String>> {
    if !code.contains("MsgType") || !code.contains("ToUserName") {
        return None;
    }
    let events: BTreeSet<_> = values_of(code, "Event").collect();
    // What is answered has no number of a message.
    let message = || values_of(code, "MsgType").filter(|_| code.contains("MsgId")).collect();
    let names: BTreeSet<_> = if events.is_empty() { message() } else { events };
    (!names.is_empty()).then_some(names)
}

/// The values of a field in JSON or XML; samples are often neither.
fn values_of<'a>(code: &'a str, name: &str) -> impl Iterator<Item = String> + use<'a> {
    let openings = [format!("\"{name}\""), format!("<{name}>")];
    openings.into_iter().flat_map(move |opening| {
        let after: Vec<&str> = code.split(&*opening).skip(1).collect();
        after.into_iter().filter_map(|after| {
            let after = after.trim_start_matches(['"', ':', ' ', '\n']);
            words(after.strip_prefix("<![CDATA[").unwrap_or(after)).next().map(str::to_owned)
        })
    })
}

/// Words of letters, digits and `_`.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Words that can be nothing but names.
fn names_in(text: &str) -> impl Iterator<Item = String> + '_ {
    words(text).filter(|word| word.contains('_')).map(str::to_owned)
}

/// Headings of parts of a description; any other one is the event's own.
const PARTS: [&str; 24] = [
    "消息参数",
    "消息返回",
    "请求参数",
    "返回参数",
    "参数说明",
    "字段说明",
    "事件字段定义",
    "通知参数",
    "应答参数",
    "Object",
    "XML",
    "JSON",
    "XML格式",
    "JSON格式",
    "XML示例",
    "JSON示例",
    "XML格式示例",
    "JSON格式示例",
    "推送示例",
    "事件推送示例",
    "消息数据包示例",
    "返回数据包示例",
    "代码示例",
    "回调协议",
];

/// Whether a heading says no more than which part of a description stands below it.
fn is_part(heading: &str) -> bool {
    let plain: String = heading.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').trim_end_matches(['：', ':']);
    PARTS.contains(&plain) || announced(heading).is_some()
}
