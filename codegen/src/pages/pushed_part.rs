//! One event's part of a page: what is pushed, what is answered, and which table says so.

use super::PageField;
use super::fields::{Announced, Tables, announced, is_fields, is_values};
use super::markdown::{Block, BlockKind, Table};
use super::pushed::words;
use crate::diagnostic::Diagnostics;

/// Whose fields a table lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Pushed,
    Reply,
}

impl Side {
    const fn root(self) -> &'static str {
        match self {
            Side::Pushed => "Body",
            Side::Reply => "Res",
        }
    }
}

/// What a heading, or a sentence of a few words, says about what follows.
pub(super) fn side(text: &str) -> Option<Side> {
    const LONGEST: usize = 40;
    if text.chars().count() > LONGEST {
        return None;
    }
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["消息返回", "返回参数", "返回体", "回包格式", "应答参数", "应答响应"]) {
        Some(Side::Reply)
    } else if has(&["消息参数", "请求参数", "请求体", "通知参数", "接收的数据格式"]) {
        Some(Side::Pushed)
    } else {
        None
    }
}

/// Reads the blocks of a part, in their order.
#[derive(Debug)]
pub(super) struct Part<'f> {
    file: &'f str,
    /// Whether the page is made for the event, so that a table that cannot be read is a mistake.
    dedicated: bool,
    side: Side,
    /// What the last heading announced.
    announced: Option<Announced>,
    /// What the heading or the sentence above says.
    above: String,
    /// Below notes and samples nothing counts.
    aside: bool,
    tables: Tables,
}

impl<'f> Part<'f> {
    pub(super) fn new(file: &'f str, dedicated: bool) -> Self {
        let (side, tables) = (Side::Pushed, Tables::default());
        Self { file, dedicated, side, announced: None, above: String::new(), aside: false, tables }
    }

    pub(super) fn turn(&mut self, side: Side) {
        self.side = side;
        self.aside = false;
    }

    pub(super) fn fields(&self) -> Vec<PageField> {
        self.tables.fields(Side::Pushed.root())
    }

    pub(super) fn reply(&self) -> Vec<PageField> {
        self.tables.fields(Side::Reply.root())
    }

    pub(super) fn block(&mut self, block: &Block, out: &mut Diagnostics) {
        match &block.kind {
            BlockKind::Heading(level, text) => {
                if *level <= 2 {
                    self.aside = self.dedicated && ["注意事项", "代码示例"].iter().any(|word| text.ends_with(word));
                }
                self.announced = announced(text);
                self.say(text);
            }
            BlockKind::Text(text) => self.say(&text.text),
            BlockKind::Table(table) if !self.aside => {
                self.table(table, block.line, out);
                self.above.clear();
            }
            _ => {}
        }
    }

    fn say(&mut self, text: &str) {
        if let Some(side) = side(text) {
            self.side = side;
        }
        text.clone_into(&mut self.above);
    }

    fn table(&mut self, table: &Table, line: usize, out: &mut Diagnostics) {
        let root = self.side.root();
        match &self.announced {
            Some(Announced::Enum(path)) => self.tables.enter_values(path, table),
            Some(Announced::Fields(path)) if self.dedicated => {
                self.tables.enter(path, table, line, self.file, out);
            }
            _ if is_values(table) => {
                for path in self.tables.named(root, words(&self.above)) {
                    self.tables.enter_values(&path, table);
                }
            }
            _ if is_fields(table) => {
                let held = self.tables.holding(root, words(&self.above));
                if held.is_empty() {
                    self.tables.enter_any(root, table);
                }
                for path in held {
                    self.tables.enter_any(&path, table);
                }
            }
            _ => {}
        }
    }
}
