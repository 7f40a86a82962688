//! The values of a template: of subscribe messages and of an official account's template messages.

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// What fills a template: a value for each keyword, in the order in which they were set.
///
/// ```
/// use weapp::TemplateData;
///
/// let data = TemplateData::new().set("thing1", "广州至北京").set("amount2", "￥100").set("number3", 12.5);
/// let same = TemplateData::from([("thing1", "广州至北京"), ("amount2", "￥100"), ("number3", "12.5")]);
/// assert_eq!(data, same);
/// ```
///
/// A keyword is a type and a number: `thing1`, `character_string2`. In subscribe messages the type limits the value;
/// sending checks these limits:
///
/// | type | takes |
/// | --- | --- |
/// | `thing` | 20 characters |
/// | `number` | 32 digits, with decimals |
/// | `letter` | 32 letters |
/// | `symbol` | 5 symbols |
/// | `character_string` | 32 digits, letters or symbols |
/// | `time` | `15:01`, with a date or not; two times joined by `~` |
/// | `date` | `2019年10月1日`, with a time or not; two dates joined by `~` |
/// | `amount` | a currency's symbol, 10 digits, decimals, `元` |
/// | `phone_number` | 17 digits and symbols |
/// | `car_number` | 8 letters and digits; the first and the last may be Han |
/// | `name` | 10 characters with Han among them, else 20 |
/// | `phrase` | 5 Han |
/// | `enum` | one of the template's own values, which are not checked |
///
/// No value may be empty or hold a line break. Types that are not listed are not checked.
///
/// Official page:
/// <https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_sendmessage>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateData(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    keyword: String,
    value: String,
    color: Option<String>,
}

impl TemplateData {
    /// No values yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a keyword's value: a text, or a number. Setting a keyword again replaces its value and keeps its place.
    #[must_use]
    pub fn set(mut self, keyword: impl Into<String>, value: impl ToString) -> Self {
        self.put(keyword.into(), value.to_string(), None);
        self
    }

    /// Sets a keyword's value and its colour, `#173177`. WeChat shows colours in old templates of official accounts
    /// only.
    #[must_use]
    pub fn colored(mut self, keyword: impl Into<String>, value: impl ToString, color: impl Into<String>) -> Self {
        self.put(keyword.into(), value.to_string(), Some(color.into()));
        self
    }

    fn put(&mut self, keyword: String, value: String, color: Option<String>) {
        match self.0.iter_mut().find(|entry| entry.keyword == keyword) {
            Some(entry) => (entry.value, entry.color) = (value, color),
            None => self.0.push(Entry { keyword, value, color }),
        }
    }

    /// A keyword's value.
    #[must_use]
    pub fn get(&self, keyword: &str) -> Option<&str> {
        self.0.iter().find(|entry| entry.keyword == keyword).map(|entry| entry.value.as_str())
    }

    /// The keywords, in order.
    pub fn keywords(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|entry| entry.keyword.as_str())
    }

    /// How many keywords have a value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no keyword has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reports each value that a subscribe message certainly can not take, with the keyword. No text quotes a value.
    pub(crate) fn check_subscribe(&self, report: &mut dyn FnMut(&str, String)) {
        for entry in &self.0 {
            if let Some(problem) = problem(&entry.keyword, &entry.value) {
                report(&entry.keyword, problem);
            }
        }
    }
}

/// What is wrong with a value. Where the documentation is vague, nothing is: WeChat has the last word.
fn problem(keyword: &str, value: &str) -> Option<String> {
    if let Some(bare) = keyword.strip_suffix(".DATA") {
        return Some(format!("is named `{bare}`: `.DATA` belongs into the template only"));
    }
    let kind = keyword.trim_end_matches(|c: char| c.is_ascii_digit());
    if !KINDS.contains(&kind) || kind.len() == keyword.len() {
        return None;
    }
    if value.is_empty() {
        return Some("is empty, but every keyword needs a value".to_owned());
    }
    if value.chars().any(char::is_control) {
        return Some("holds a line break or another control character".to_owned());
    }

    let any = |test: fn(char) -> bool| value.chars().any(test);
    let has_han = any(is_han);
    let too_long = |count: usize, most: usize, unit: &str| {
        (count > most).then(|| format!("has {count} {unit}, but `{kind}` takes {most} at most"))
    };
    let characters = value.chars().count();
    let must = |wrong: bool, what: &str| wrong.then(|| format!("must {what}, because it is a `{kind}`"));
    let dated = |c: char| matches!(c, '年' | '月' | '日' | '号' | '-' | '/' | '.' | '－' | '／' | '．');
    let timed = |c: char| matches!(c, ':' | '：' | '时' | '時' | '点');
    // Forms that the page does not show but need not refuse: ISO 8601, Chinese numerals, a weekday.
    let foreign_in_time =
        any(|c| c.is_alphabetic() && !"TZ年月日号时時点分秒〇零一二三四五六七八九十廿卅星期周".contains(c));

    match kind {
        "thing" => too_long(characters, 20, "characters"),
        "number" => must(any(char::is_alphabetic) || !any(char::is_numeric), "be a number")
            .or_else(|| too_long(value.chars().filter(|c| c.is_numeric()).count(), 32, "digits")),
        "letter" => must(has_han || any(|c| !c.is_alphabetic() && c != ' '), "hold letters only")
            .or_else(|| too_long(characters, 32, "letters")),
        "symbol" => must(has_han || any(|c| c.is_ascii_alphanumeric()), "hold symbols only")
            .or_else(|| too_long(characters, 5, "symbols")),
        "character_string" => must(has_han, "hold digits, letters and symbols only, no Chinese")
            .or_else(|| too_long(characters, 32, "characters")),
        "time" => must(
            foreign_in_time || !value.split(['~', '～']).all(|part| part.contains(timed)) || clock_is_wrong(value),
            "be a time like `15:01` or `2019年10月1日 15:01` (24 hours), or two joined by `~`",
        ),
        "date" => must(
            foreign_in_time
                || !(any(char::is_numeric) || value.contains(dated))
                || (value.contains(timed) && !value.contains(dated))
                || clock_is_wrong(value),
            "be a date like `2019年10月1日` or `2019-10-01 15:01`, or two joined by `~`",
        ),
        "amount" => must(
            !any(char::is_numeric) || any(|c| is_han(c) && !matches!(c, '元' | '圆')),
            "be an amount like `￥100.00` or `100元`",
        )
        // Whether decimals count is not said, so they do not.
        .or_else(|| {
            let whole = value.chars().skip_while(|c| !c.is_numeric()).take_while(|c| !matches!(c, '.' | '．'));
            too_long(whole.filter(|c| c.is_numeric()).count(), 10, "digits")
        }),
        "phone_number" => must(any(char::is_alphabetic), "hold digits and symbols only")
            .or_else(|| too_long(characters, 17, "characters")),
        "car_number" => {
            let middle = || value.chars().skip(1).take(characters.saturating_sub(2));
            must(
                any(|c| !c.is_alphanumeric()) || middle().any(is_han),
                "hold letters and digits, and Han as the first and the last character only",
            )
            .or_else(|| too_long(characters, 8, "characters"))
        }
        "name" if has_han => too_long(characters, 10, "characters with Han among them"),
        "name" => too_long(characters, 20, "characters"),
        "phrase" => must(any(|c| !is_han(c)), "hold Han only").or_else(|| too_long(characters, 5, "Han")),
        _ => None,
    }
}

const KINDS: [&str; 14] = [
    "thing",
    "number",
    "letter",
    "symbol",
    "character_string",
    "time",
    "date",
    "amount",
    "phone_number",
    "car_number",
    "name",
    "phrase",
    "enum",
    "enum_string",
];

fn is_han(c: char) -> bool {
    matches!(
        c,
        '〇' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}'
    )
}

/// Whether a `:` stands between an hour or a minute that no clock shows.
fn clock_is_wrong(value: &str) -> bool {
    value.match_indices(':').any(|(at, _)| {
        let before = value[..at].trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let after = value[at + 1..].find(|c: char| !c.is_ascii_digit()).map_or(value.len(), |end| at + 1 + end);
        let number = |text: &str| text.parse::<u32>().ok();
        // The first number of a time is an hour, the ones behind a `:` are not.
        let most = if value[..before].ends_with(':') { 59 } else { 24 };
        number(&value[before..at]).is_some_and(|n| n > most) || number(&value[at + 1..after]).is_some_and(|n| n > 59)
    })
}

impl<K: Into<String>, V: ToString> FromIterator<(K, V)> for TemplateData {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(values: I) -> Self {
        let mut data = Self::new();
        data.extend(values);
        data
    }
}

impl<K: Into<String>, V: ToString> Extend<(K, V)> for TemplateData {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, values: I) {
        for (keyword, value) in values {
            self.put(keyword.into(), value.to_string(), None);
        }
    }
}

impl<K: Into<String>, V: ToString, const N: usize> From<[(K, V); N]> for TemplateData {
    fn from(values: [(K, V); N]) -> Self {
        values.into_iter().collect()
    }
}

/// `{"thing1": {"value": "…"}}`
impl Serialize for TemplateData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for entry in &self.0 {
            map.serialize_entry(&entry.keyword, entry)?;
        }
        map.end()
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("value", &self.value)?;
        if let Some(color) = &self.color {
            map.serialize_entry("color", color)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for TemplateData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DataVisitor;
        impl<'de> Visitor<'de> for DataVisitor {
            type Value = TemplateData;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object like {\"thing1\": {\"value\": \"…\"}}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut data = TemplateData::new();
                while let Some(keyword) = map.next_key::<String>()? {
                    let mut entry: Value = map.next_value()?;
                    let mut text = |name: &str| match entry.get_mut(name).map(Value::take) {
                        Some(Value::String(text)) => Some(text),
                        Some(Value::Number(number)) => Some(number.to_string()),
                        _ => None,
                    };
                    let (value, color) = (text("value"), text("color"));
                    let Some(value) = value else {
                        let problem = "needs a `value` that is a text or a number";
                        return Err(A::Error::custom(format_args!("`{keyword}` {problem}, like {{\"value\": \"…\"}}")));
                    };
                    data.put(keyword, value, color);
                }
                Ok(data)
            }
        }
        deserializer.deserialize_map(DataVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keyword: &str, value: &str) -> Option<String> {
        let mut found = None;
        TemplateData::new().set(keyword, value).check_subscribe(&mut |name, problem| {
            assert_eq!(name, keyword);
            assert!(value.trim().is_empty() || value.len() < 6 || !problem.contains(value), "quoted: {problem}");
            found = Some(problem);
        });
        found
    }

    fn taken(keyword: &str, values: &[&str]) {
        for value in values {
            assert_eq!(check(keyword, value), None, "{keyword} {value:?}");
        }
    }

    fn refused(keyword: &str, reason: &str, values: &[&str]) {
        for value in values {
            let problem = check(keyword, value).unwrap_or_else(|| panic!("{keyword} takes {value:?}"));
            assert!(problem.contains(reason), "{keyword} {value:?}: {problem}");
        }
    }

    fn n(text: &str, times: usize) -> String {
        text.repeat(times)
    }

    #[test]
    fn the_examples_of_the_documentation_are_taken() {
        for data in [
            [("phrase3", "审核通过"), ("name1", "订阅"), ("date2", "2019-12-25 09:42"), ("amount01", "￥100")],
            [("name01", "某某"), ("thing01", "广州至北京"), ("date01", "2018-01-01"), ("enum1", "x")],
            [
                ("character_string1", "202103040830158485629163994677"),
                ("name2", "中通快递"),
                ("thing6", "雪花秀滋盈生人生焕颜精华露"),
                ("thing8", "杭州市xxxxxxxxx号"),
            ],
            [
                ("time1", "15:01"),
                ("phone_number1", "+86-0766-66888866"),
                ("car_number1", "粤A8Z888挂"),
                ("phrase1", "配送中"),
            ],
        ] {
            TemplateData::from(data).check_subscribe(&mut |keyword, problem| panic!("{keyword} {problem}"));
        }
    }

    #[test]
    fn lengths_are_limited_in_characters() {
        for (keyword, most, unit, character) in [
            ("thing1", 20, "characters", "事"),
            ("number01", 32, "digits", "7"),
            ("letter2", 32, "letters", "x"),
            ("symbol3", 5, "symbols", "＋"),
            ("character_string4", 32, "characters", "x"),
            ("amount5", 10, "digits", "7"),
            ("phone_number6", 17, "characters", "7"),
            ("car_number7", 8, "characters", "A"),
            ("name8", 10, "characters with Han among them", "李"),
            ("name9", 20, "characters", "x"),
            ("phrase10", 5, "Han", "中"),
        ] {
            taken(keyword, &[&n(character, most), character]);
            let kind = keyword.trim_end_matches(|c: char| c.is_ascii_digit());
            let reason = format!("has {} {unit}, but `{kind}` takes {most} at most", most + 1);
            refused(keyword, &reason, &[&n(character, most + 1)]);
        }
        taken("number1", &["12.50", "-3", "１２．５", &format!("{}.5", n("1", 31))]);
        taken("amount1", &["￥1234567890.12", "100元", "$1,000.50", "HK$100", "¥１００"]);
        taken("name1", &["李·xxxxxx"]);
        refused("name1", "11 characters", &["李xxxxxxxxxx"]);
    }

    #[test]
    fn kinds_refuse_what_is_clearly_of_another_kind() {
        refused("number1", "be a number", &["十二", "1e5", "$", "12个"]);
        refused("letter1", "letters only", &["abc1", "字母", "a-b"]);
        refused("symbol1", "symbols only", &["a", "1", "号"]);
        refused("character_string1", "no Chinese", &["订单1"]);
        refused("amount1", "be an amount", &["free", "约100元", "￥"]);
        refused("phone_number1", "digits and symbols only", &["call 110", "电话110"]);
        refused("car_number1", "letters and digits", &["粤A-8Z88", "粤粤8Z888"]);
        refused("phrase1", "Han only", &["OK", "配送1", "配送。"]);
        taken("letter1", &["abc DEF", "é"]);
        taken("symbol1", &["￥￥", "~!。"]);
        taken("car_number1", &["粤AD12345", "京A12345", "A"]);
    }

    #[test]
    fn times_and_dates_take_all_documented_forms_and_doubtful_ones() {
        let dates =
            ["2019年10月1日", "2019年10月", "10月1日", "2018-01-01", "2018/01/01", "2018.01.01", "2018-01", "01-01"];
        taken("date1", &dates);
        taken(
            "date1",
            &["2019年10月1日 15:01", "2019-10-01~2019-10-07", "2019-12-25 09:42:00", "20191001", "２０１９年１月"],
        );
        taken("date1", &["2019-10-01T15:01:00Z", "二〇一九年十月一日", "2019年10月1日 星期二"]);
        taken(
            "time1",
            &[
                "15:01",
                "15:01:30",
                "2019年10月1日 15:01",
                "15:01~16:30",
                "2019-10-01 00:00~24:00",
                "15：01",
                "15时01分",
            ],
        );
        refused("date1", "be a date", &["明天", "15:01", "Oct 1, 2019", "周一", "2019-10-01 25:00", "~"]);
        refused(
            "time1",
            "be a time",
            &["下午3:00", "3:00 PM", "25:00", "15:60", "15:01:60", "2019-10-01", "15:01~2019-10-01", "1501", "~"],
        );
    }

    #[test]
    fn no_value_may_be_empty_or_break_a_line() {
        for keyword in ["thing1", "time2", "enum3", "enum_string3", "phrase4"] {
            refused(keyword, "is empty", &[""]);
            refused(keyword, "control character", &["a\nb", "a\r", "\t", "\u{0}", "\u{85}"]);
        }
    }

    #[test]
    fn unknown_keywords_are_nobodys_business() {
        for keyword in ["keyword1", "first", "thing", "const8", "Thing1", "thing1a", ""] {
            taken(keyword, &["", "a\nb", &n("长", 500)]);
        }
        refused("thing1.DATA", "is named `thing1`", &["x"]);
    }

    #[test]
    fn all_problems_are_reported() {
        let mut found = Vec::new();
        TemplateData::from([("thing1", ""), ("thing2", "fine"), ("number3", "x")])
            .check_subscribe(&mut |keyword, _| found.push(keyword.to_owned()));
        assert_eq!(found, ["thing1", "number3"]);
    }

    #[test]
    fn it_is_written_in_order_and_read_back() {
        let data = TemplateData::new()
            .set("thing9", "a")
            .colored("first", "b", "#173177")
            .set("number1", 12.5)
            .set("thing9", 'c');
        let json = r##"{"thing9":{"value":"c"},"first":{"value":"b","color":"#173177"},"number1":{"value":"12.5"}}"##;
        assert_eq!(serde_json::to_string(&data).unwrap(), json);
        assert_eq!(serde_json::from_str::<TemplateData>(json).unwrap(), data);
        assert_eq!(data.keywords().collect::<Vec<_>>(), ["thing9", "first", "number1"]);
        assert_eq!((data.len(), data.is_empty(), data.get("number1"), data.get("x")), (3, false, Some("12.5"), None));

        let read: TemplateData =
            serde_json::from_str(r#"{"a":{"value":7,"color":null,"x":[]},"b":{"value":1.5}}"#).unwrap();
        assert_eq!(read, TemplateData::from([("a", 7.0), ("b", 1.5)]));
        assert_eq!(serde_json::to_string(&TemplateData::new()).unwrap(), "{}");
    }

    #[test]
    fn what_is_no_template_data_is_refused_by_keyword() {
        for json in [
            r#"{"thing1":"secret"}"#,
            r#"{"thing1":{}}"#,
            r#"{"thing1":{"value":null}}"#,
            r#"{"thing1":{"value":["secret"]}}"#,
        ] {
            let error = serde_json::from_str::<TemplateData>(json).unwrap_err().to_string();
            assert!(error.contains("`thing1` needs a `value`") && !error.contains("secret"), "{error}");
        }
        assert!(serde_json::from_str::<TemplateData>("[]").is_err());
    }

    #[test]
    fn it_collects() {
        let map = std::collections::BTreeMap::from([("b", 2), ("a", 1)]);
        let mut data: TemplateData = map.into_iter().collect();
        data.extend([("c".to_owned(), "3")]);
        assert_eq!(data, TemplateData::from([("a", 1), ("b", 2), ("c", 3)]));
    }
}
