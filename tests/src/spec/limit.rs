//! Limits on the number of calls.

/// A limit, by its parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limit {
    /// As the spec writes it.
    pub text: String,
    /// How many calls.
    pub count: u32,
    /// `s`, `min`, `h`, `day`, `month` or `total`.
    pub unit: String,
    /// The other endpoints whose calls count.
    pub shared_with: Vec<String>,
    /// What else counts.
    pub also: String,
    /// When it holds.
    pub condition: String,
}

impl Limit {
    /// Reads it word by word.
    pub(super) fn parse(of: &str, text: &str) -> Self {
        let mut words = text.split(' ');
        let (count, unit) = words.next().and_then(|limit| limit.split_once('/')).unwrap();
        assert!(["s", "min", "h", "day", "month", "total"].contains(&unit), "{of}: {text}");
        let mut limit = Self { text: text.into(), count: count.parse().unwrap(), unit: unit.into(), ..Self::default() };
        let rest: Vec<&str> = words.collect();
        match rest[..] {
            [] => {}
            ["shared", "with", ref shared @ ..] => {
                let (ids, also) = match shared.iter().position(|word| *word == "and") {
                    Some(at) => (&shared[..at], &shared[at + 1..]),
                    None => (shared, &[][..]),
                };
                limit.shared_with = ids.iter().map(|id| id.trim_end_matches(',').to_owned()).collect();
                limit.also = also.join(" ");
            }
            ["for" | "when" | "with", ..] => limit.condition = rest.join(" "),
            _ => panic!("{of}: no test knows what {text:?} means"),
        }
        limit
    }
}
