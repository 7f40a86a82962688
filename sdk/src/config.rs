//! Apps and their secrets, and uni-id's file that holds them.

use std::io;
use std::path::Path;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::secret::Secret;

/// One app: its AppID and its AppSecret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppConfig {
    appid: String,
    secret: Secret,
}

impl AppConfig {
    /// An app. Both values stand in the app's console at <https://mp.weixin.qq.com>, under 开发管理.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when one of the two is empty or holds a blank, or when they are
    /// the same.
    pub fn new(appid: impl Into<String>, secret: impl Into<Secret>) -> Result<Self> {
        let app = Self { appid: appid.into(), secret: secret.into() };
        match app.fault() {
            None => Ok(app),
            Some((field, problem)) => Err(Error::config(format!("the app's {field} {problem}"), COPY)),
        }
    }

    /// The AppID of an app whose secret nobody here knows.
    pub(crate) fn checked_appid(appid: String) -> Result<String> {
        match text_fault(&appid) {
            None => Ok(appid),
            Some(problem) => Err(Error::config(format!("the app's appid {problem}"), COPY)),
        }
    }

    /// What is wrong, and with which field. WeChat documents no shape of an AppID, so none is demanded.
    fn fault(&self) -> Option<(&'static str, &'static str)> {
        let secret = self.secret.expose();
        if let Some(problem) = text_fault(&self.appid) {
            Some(("appid", problem))
        } else if let Some(problem) = text_fault(secret) {
            Some(("appsecret", problem))
        } else if self.appid == secret {
            Some(("appid", "and its appsecret are the same text"))
        } else {
            None
        }
    }

    /// The AppID. It is no secret.
    #[must_use]
    pub fn appid(&self) -> &str {
        &self.appid
    }

    /// The AppSecret.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

fn text_fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("is empty")
    } else if text.contains(char::is_whitespace) {
        Some("has a blank or a line break")
    } else {
        None
    }
}

const COPY: &str = "copy AppID and AppSecret from the app's console (mp.weixin.qq.com, 开发管理)";

/// The apps of one operator: which is the Mini Program, which the official account, and the secret of each.
///
/// ```
/// use weapp::Apps;
///
/// # fn main() -> weapp::Result<()> {
/// let apps = Apps::new().with_mini_program("wx0000000000000001", "secret")?.with_app("wx0000000000000002", "other")?;
/// assert_eq!(apps.mini_program().map(|app| app.appid()), Some("wx0000000000000001"));
/// assert!(apps.secret_of("wx0000000000000002").is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apps {
    apps: Vec<AppConfig>,
    /// Which of them plays which [`Role`].
    roles: [Option<usize>; 3],
}

#[derive(Clone, Copy, Debug)]
enum Role {
    MiniProgram,
    OfficialAccount,
    MobileApp,
}

/// Where uni-id keeps the app of each role: node, provider. Of two for one role the first that is configured plays it;
/// `web` and `app` are what newer versions of uni-id call `h5-weixin` and `app-plus`.
const NODES: [(&str, &str, Role); 5] = [
    ("mp-weixin", "weixin", Role::MiniProgram),
    ("h5-weixin", "weixin", Role::OfficialAccount),
    ("web", "weixin-h5", Role::OfficialAccount),
    ("app-plus", "weixin", Role::MobileApp),
    ("app", "weixin", Role::MobileApp),
];

impl Apps {
    /// No app yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Loads uni-id's file, in uniCloud projects `uniCloud/cloudfunctions/common/uni-config-center/uni-id/config.json`.
    ///
    /// The nodes `mp-weixin` (the Mini Program), `h5-weixin` (the official account) and `app-plus` (the mobile app)
    /// each hold `oauth.weixin.appid` and `.appsecret`; an empty appid is an app that is not configured. Apps of other
    /// nodes are found by [`secret_of`](Self::secret_of), everything else in the file is ignored. Comments, commas too
    /// many, and a fragment without its outer braces are fine. Where the file is a list, the entry with
    /// `isDefaultConfig`, else the first, says which app plays which role. The file is read at once, without `async`:
    /// call this when your program starts.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the file and the line or the field: the file can not be
    /// read, it is not JSON, a value is of the wrong type, an app has no appsecret or two different ones, an appid or
    /// appsecret holds a blank. No text quotes a secret.
    pub fn from_uni_id(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            if error.kind() == io::ErrorKind::InvalidData {
                Error::config(format!("{name}: is not UTF-8"), "save the file as UTF-8")
            } else {
                Error::config(format!("{name}: could not be read"), "check the path and its permissions")
                    .with_source(error)
            }
        })?;
        Self::parse(&text, &name.to_string())
    }

    /// The same for a text in hand.
    ///
    /// # Errors
    /// As for [`from_uni_id`](Self::from_uni_id).
    pub fn from_uni_id_str(text: &str) -> Result<Self> {
        Self::parse(text, "the uni-id configuration")
    }

    fn parse(text: &str, file: &str) -> Result<Self> {
        let reader = Reader { file };
        let mut apps = Self::new();
        match reader.json(text)? {
            Value::Array(entries) => {
                let is_default = |entry: &Value| entry.get("isDefaultConfig").and_then(Value::as_bool) == Some(true);
                let default = entries.iter().position(is_default).unwrap_or(0);
                for (index, entry) in entries.into_iter().enumerate() {
                    let path = format!("[{index}]");
                    let config = reader.object(&path, entry)?.unwrap_or_default();
                    reader.config(&mut apps, &format!("{path}."), config, index == default)?;
                }
            }
            Value::Object(config) => reader.config(&mut apps, "", config, true)?,
            other => return Err(reader.wrong_type("the whole", "an object", &other)),
        }
        Ok(apps)
    }

    /// Sets the Mini Program: the app that is used where none is named.
    ///
    /// # Errors
    /// As for [`AppConfig::new`].
    pub fn with_mini_program(self, appid: impl Into<String>, secret: impl Into<Secret>) -> Result<Self> {
        Ok(self.with(Some(Role::MiniProgram), AppConfig::new(appid, secret)?))
    }

    /// Sets the official account.
    ///
    /// # Errors
    /// As for [`AppConfig::new`].
    pub fn with_official_account(self, appid: impl Into<String>, secret: impl Into<Secret>) -> Result<Self> {
        Ok(self.with(Some(Role::OfficialAccount), AppConfig::new(appid, secret)?))
    }

    /// Sets the mobile app.
    ///
    /// # Errors
    /// As for [`AppConfig::new`].
    pub fn with_mobile_app(self, appid: impl Into<String>, secret: impl Into<Secret>) -> Result<Self> {
        Ok(self.with(Some(Role::MobileApp), AppConfig::new(appid, secret)?))
    }

    /// Adds another app, to be found by its AppID. An AppID that is here already gets the new secret.
    ///
    /// # Errors
    /// As for [`AppConfig::new`].
    pub fn with_app(self, appid: impl Into<String>, secret: impl Into<Secret>) -> Result<Self> {
        Ok(self.with(None, AppConfig::new(appid, secret)?))
    }

    fn with(mut self, role: Option<Role>, app: AppConfig) -> Self {
        let index = match self.index_of(&app.appid) {
            Some(index) => {
                self.apps[index] = app;
                index
            }
            None => {
                self.apps.push(app);
                self.apps.len() - 1
            }
        };
        if let Some(role) = role {
            self.roles[role as usize] = Some(index);
        }
        self
    }

    fn index_of(&self, appid: &str) -> Option<usize> {
        self.apps.iter().position(|app| app.appid == appid)
    }

    fn of(&self, role: Role) -> Option<&AppConfig> {
        self.roles[role as usize].map(|index| &self.apps[index])
    }

    /// The Mini Program (`mp-weixin`): the app that is used where none is named.
    #[must_use]
    pub fn mini_program(&self) -> Option<&AppConfig> {
        self.of(Role::MiniProgram)
    }

    /// The official account (`h5-weixin`).
    #[must_use]
    pub fn official_account(&self) -> Option<&AppConfig> {
        self.of(Role::OfficialAccount)
    }

    /// The mobile app (`app-plus`).
    #[must_use]
    pub fn mobile_app(&self) -> Option<&AppConfig> {
        self.of(Role::MobileApp)
    }

    /// The AppSecret of any app that is known here.
    #[must_use]
    pub fn secret_of(&self, appid: &str) -> Option<&Secret> {
        self.index_of(appid).map(|index| &self.apps[index].secret)
    }

    /// All apps, each once.
    pub fn iter(&self) -> impl Iterator<Item = &AppConfig> {
        self.apps.iter()
    }
}

/// Reads a file's text and knows the file's name.
struct Reader<'a> {
    file: &'a str,
}

impl Reader<'_> {
    fn json(&self, text: &str) -> Result<Value> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        // The user's documentation prints a fragment: nodes without the braces around them.
        let fragment = !matches!(first_significant(text), Some('{' | '['));
        let parsed = if fragment { json5::from_str(&format!("{{{text}\n}}")) } else { json5::from_str(text) };
        parsed.map_err(|error: json5::Error| {
            let place = error.position().map(|at| {
                let added = usize::from(fragment && at.line == 0);
                format!("line {}, column {}: ", at.line + 1, at.column + 1 - added.min(at.column))
            });
            // json5's text holds a code only, never what stands in the file.
            let what = error.code().map_or_else(|| "is not JSON".to_owned(), |code| code.to_string());
            let what = match what.strip_prefix("EOF parsing ") {
                Some(unfinished) => format!("what begins here has no end, the text stops within its {unfinished}"),
                None => what,
            };
            let place = place.unwrap_or_default();
            self.error(format!("{place}{what}"), "correct the JSON there; comments and commas too many are fine")
        })
    }

    /// One configuration, with its path in front of its nodes' names.
    fn config(&self, apps: &mut Apps, path: &str, config: Map<String, Value>, has_roles: bool) -> Result<()> {
        // Roles are given in the order of NODES, whatever the order in the file.
        let mut players: [Option<String>; NODES.len()] = Default::default();
        for (node, value) in config {
            let known = NODES.iter().any(|(name, ..)| *name == node);
            if !(known || value.get("oauth").is_some_and(Value::is_object)) {
                continue;
            }
            let path = format!("{path}{node}");
            let Some(mut value) = self.object(&path, value)? else { continue };
            let path = format!("{path}.oauth");
            let oauth = value.remove("oauth").unwrap_or_default();
            for (provider, value) in self.object(&path, oauth)?.unwrap_or_default() {
                if !provider.starts_with("weixin") {
                    continue;
                }
                let path = format!("{path}.{provider}");
                let Some(app) = self.app(&path, value)? else { continue };
                if apps.secret_of(&app.appid).is_some_and(|secret| *secret != app.secret) {
                    let remedy = "keep the one that is valid: an app has one appsecret";
                    return Err(self.error(
                        format!("`{path}.appsecret` differs from what stands elsewhere for its appid"),
                        remedy,
                    ));
                }
                if let Some(index) = NODES.iter().position(|(name, of, _)| *name == node && *of == provider) {
                    players[index] = Some(app.appid.clone());
                }
                *apps = std::mem::take(apps).with(None, app);
            }
        }
        if has_roles {
            for ((.., role), appid) in NODES.iter().zip(players) {
                let index = appid.and_then(|appid| apps.index_of(&appid));
                let player = &mut apps.roles[*role as usize];
                *player = player.or(index);
            }
        }
        Ok(())
    }

    /// The app of one provider; `None` where none is configured.
    fn app(&self, path: &str, value: Value) -> Result<Option<AppConfig>> {
        let Some(mut value) = self.object(path, value)? else { return Ok(None) };
        let mut text = |field: &str| match value.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong_type(&format!("`{path}.{field}`"), "a string", &other)),
        };
        let (appid, secret) = (text("appid")?, text("appsecret")?);
        let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        if !given(&appid) {
            // An empty appid is how the file's template says "not configured"; none at all beside a secret is a slip.
            return if appid.is_none() && given(&secret) {
                Err(self.error(format!("`{path}.appid` is missing, though its appsecret is there"), SPELLING))
            } else {
                Ok(None)
            };
        }
        if !given(&secret) {
            return Err(self.error(format!("`{path}.appsecret` is missing, though its appid is there"), SPELLING));
        }
        let app = AppConfig { appid: appid.unwrap_or_default(), secret: Secret::new(secret.unwrap_or_default()) };
        match app.fault() {
            None => Ok(Some(app)),
            Some((field, problem)) => Err(self.error(format!("`{path}.{field}` {problem}"), COPY)),
        }
    }

    /// The object; `None` for null.
    fn object(&self, path: &str, value: Value) -> Result<Option<Map<String, Value>>> {
        match value {
            Value::Object(object) => Ok(Some(object)),
            Value::Null => Ok(None),
            other => Err(self.wrong_type(&format!("`{path}`"), "an object", &other)),
        }
    }

    fn wrong_type(&self, what: &str, expected: &str, found: &Value) -> Error {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.error(format!("{what} must be {expected}, but is {found}"), "correct the type of the value")
    }

    fn error(&self, what: String, remedy: &'static str) -> Error {
        Error::config(format!("{}: {what}", self.file), remedy)
    }
}

const SPELLING: &str =
    "add it, or make both empty where the app is not used; the names are `appid` and `appsecret`, in lower case";

/// The first character that is neither blank nor within a comment.
fn first_significant(text: &str) -> Option<char> {
    let mut rest = text.trim_start();
    loop {
        rest = if let Some(comment) = rest.strip_prefix("//") {
            comment.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            return rest.chars().next();
        }
        .trim_start();
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;
    use crate::error::ErrorKind;

    /// As the user's document prints it: no braces, a comma at the end.
    const FRAGMENT: &str = r#"
"app-plus": {
  "tokenExpiresIn": 604800,
  "oauth": {
    "weixin": {
      "appid": "APPID-APP",
      "appsecret": "SECRET-APP"
    }
  }
},
"mp-weixin": {
  "oauth": {
    "weixin": {
      "appid": "APPID-MP",
      "appsecret": "SECRET-MP"
    }
  }
},
"h5-weixin": {
  "oauth": {
    "weixin": {
      "appid": "APPID-H5",
      "appsecret": "SECRET-H5"
    }
  }
},
"#;

    fn refusal(text: &str) -> String {
        let error = Apps::from_uni_id_str(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("SECRET"), "{shown}");
        assert!(error.to_string().starts_with("the uni-id configuration: "), "{error}");
        error.to_string()
    }

    fn appid(app: Option<&AppConfig>) -> Option<&str> {
        app.map(AppConfig::appid)
    }

    fn mp(appid: &str, secret: &str) -> String {
        format!(r#"{{"mp-weixin": {{"oauth": {{"weixin": {{"appid": {appid}, "appsecret": {secret}}}}}}}}}"#)
    }

    #[track_caller]
    fn complete(apps: &Apps) {
        assert_eq!(appid(apps.mini_program()), Some("APPID-MP"));
        assert_eq!(appid(apps.official_account()), Some("APPID-H5"));
        assert_eq!(appid(apps.mobile_app()), Some("APPID-APP"));
        for name in ["MP", "H5", "APP"] {
            let secret = apps.secret_of(&format!("APPID-{name}")).unwrap();
            assert_eq!(secret.expose(), format!("SECRET-{name}"));
        }
        assert!(apps.secret_of("other").is_none());
        assert_eq!(apps.iter().count(), 3);
    }

    #[test]
    fn the_users_fragment_loads_as_it_is() {
        let whole = format!("{{{FRAGMENT}}}");
        for text in [
            FRAGMENT.to_owned(),
            whole.clone(),
            format!("\u{FEFF}{whole}"),
            format!("\u{FEFF}{FRAGMENT}"),
            format!("// a comment {{\n/* and\n{{ another */\n{whole} // the end"),
            format!("// a comment {{\n/* and\n{{ another */\n{FRAGMENT} // the end"),
            whole.replace("\"oauth\"", "// \"oauth\": {\n \"other\": [1, {\"a\": null},],\n \"oauth\""),
            whole.replace('\n', "\r\n"),
            FRAGMENT.replace('\n', " "),
        ] {
            complete(&Apps::from_uni_id_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")));
        }
    }

    #[test]
    fn the_empty_template_has_no_apps() {
        let empty = ["APPID-APP", "APPID-MP", "APPID-H5", "SECRET-APP", "SECRET-MP", "SECRET-H5"];
        let template = empty.iter().fold(FRAGMENT.to_owned(), |text, value| text.replace(value, ""));
        for text in [
            &template,
            "{}",
            "[]",
            "",
            "// nothing",
            r#"{"mp-weixin": null, "app-plus": {}, "h5-weixin": {"oauth": {"qq": 1}}}"#,
        ] {
            let apps = Apps::from_uni_id_str(text).unwrap();
            assert_eq!(apps, Apps::new(), "{text}");
            assert!(apps.mini_program().is_none());
        }
    }

    #[test]
    fn newer_nodes_and_other_nodes_are_found() {
        let text = r#"{
            "passwordSecret": "x", "tokenExpiresIn": 1, "service": {"sms": {"name": "n"}},
            "app": {"oauth": {"weixin": {"appid": "a", "appsecret": "SECRET-A"}, "apple": {"bundleId": ""}}},
            "web": {"oauth": {
                "weixin-h5": {"appid": "b", "appsecret": "SECRET-B"},
                "weixin-web": {"appid": "c", "appsecret": "SECRET-C"}}},
            "mp-weixin-2": {"oauth": {"weixin": {"appid": "d", "appsecret": "SECRET-D"}}},
        }"#;
        let apps = Apps::from_uni_id_str(text).unwrap();
        assert_eq!(
            (appid(apps.mobile_app()), appid(apps.official_account()), apps.mini_program()),
            (Some("a"), Some("b"), None)
        );
        for (appid, secret) in [("c", "SECRET-C"), ("d", "SECRET-D")] {
            assert_eq!(apps.secret_of(appid).unwrap().expose(), secret);
        }
        // The name of the user's document wins over the newer one.
        let both = format!(r#"{{{FRAGMENT} "app": {{"oauth": {{"weixin": {{"appid": "a", "appsecret": "b"}}}}}}}}"#);
        assert_eq!(appid(Apps::from_uni_id_str(&both).unwrap().mobile_app()), Some("APPID-APP"));
    }

    #[test]
    fn a_list_has_a_default_and_all_its_apps_are_found() {
        let entry =
            |appid: &str, more: &str| mp(&format!("\"{appid}\""), "\"SECRET\"").replacen('{', &format!("{{{more}"), 1);
        let list = format!("[{}, {}]", entry("one", ""), entry("two", ""));
        assert_eq!(appid(Apps::from_uni_id_str(&list).unwrap().mini_program()), Some("one"));
        let list =
            format!("[{}, {},]", entry("one", "\"dcloudAppid\": \"x\","), entry("two", "\"isDefaultConfig\": true,"));
        let apps = Apps::from_uni_id_str(&list).unwrap();
        assert_eq!(appid(apps.mini_program()), Some("two"));
        assert!(apps.secret_of("one").is_some());
        // The same app twice is fine; with two secrets it is not.
        let twice = format!("[{0}, {0}]", entry("one", ""));
        assert_eq!(Apps::from_uni_id_str(&twice).unwrap().iter().count(), 1);
        let text = refusal(&twice.replacen("SECRET", "SECRET-2", 1));
        assert!(text.contains("`[1].mp-weixin.oauth.weixin.appsecret` differs"), "{text}");
    }

    #[test]
    fn errors_name_node_and_field() {
        let path = "`mp-weixin.oauth.weixin";
        for (text, problem) in [
            (mp("\"a\"", "\"\""), ".appsecret` is missing"),
            (mp("\"a\"", "null"), ".appsecret` is missing"),
            (mp("null", "\"SECRET\""), ".appid` is missing"),
            (mp("1", "\"SECRET\""), ".appid` must be a string, but is a number"),
            (mp("\"a\"", "[\"SECRET\"]"), ".appsecret` must be a string, but is a list"),
            (mp("\" a\"", "\"SECRET\""), ".appid` has a blank"),
            (mp("\"a\\n\"", "\"SECRET\""), ".appid` has a blank"),
            (mp("\"a\"", "\"SECRET \""), ".appsecret` has a blank"),
            (mp("\"SECRET\"", "\"SECRET\""), ".appid` and its appsecret are the same"),
        ] {
            let message = refusal(&text);
            assert!(message.contains(&format!("{path}{problem}")), "{message}");
        }
        assert!(refusal(&mp("\"a\"", "\"\"")).contains("in lower case"));
        for (text, problem) in [
            (r#"{"mp-weixin": "SECRET"}"#, "`mp-weixin` must be an object, but is a string"),
            (r#"{"mp-weixin": {"oauth": [1]}}"#, "`mp-weixin.oauth` must be an object, but is a list"),
            (
                r#"{"mp-weixin": {"oauth": {"weixin": true}}}"#,
                "`mp-weixin.oauth.weixin` must be an object, but is true or false",
            ),
            (r#"["SECRET"]"#, "`[0]` must be an object"),
        ] {
            let message = refusal(text);
            assert!(message.contains(problem), "{message}");
        }
    }

    #[test]
    fn broken_json_is_located() {
        for (text, place) in [
            ("{\n  \"mp-weixin\": SECRET\n}", "line 2, column 16"),
            ("{\n  \"a\": 1\n  \"SECRET\": 2\n}", "line 3, column 3"),
            ("{\n \"a\": {\"b\": 1", "line 2, column 7: what begins here has no end"),
            ("{\n \"a\": \"SECRET", "line 1, column 1: what begins here has no end, the text stops within its string"),
            ("{\n \"a\": [", "line 2, column 7: what begins here has no end"),
            ("\"a\": SECRET", "line 1, column 6"),
            ("\"a\": 1,\n\"b\": SECRET", "line 2, column 6"),
            ("\"a\": {", "line 1, column"),
            ("hello SECRET", "line 1, column 7"),
        ] {
            let message = refusal(text);
            assert!(message.contains(place), "{text:?}: {message}");
        }
    }

    #[test]
    fn a_file_is_named_in_its_errors() {
        let path = std::env::temp_dir().join(format!("weapp-config-{}.json", std::process::id()));
        let refused = || {
            let error = Apps::from_uni_id(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
            error
        };
        let error = refused();
        assert!(error.to_string().contains("could not be read"), "{error}");
        assert!(error.source().unwrap().is::<io::Error>());
        std::fs::write(&path, b"{\"a\": \"\xFF\"}").unwrap();
        assert!(refused().to_string().contains("is not UTF-8"));
        std::fs::write(&path, "{").unwrap();
        assert!(refused().to_string().contains("line 1"));
        std::fs::write(&path, FRAGMENT).unwrap();
        complete(&Apps::from_uni_id(&path).unwrap());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn apps_are_added_by_hand_too() {
        let apps = Apps::new()
            .with_mini_program("APPID-MP", "SECRET-MP")
            .and_then(|apps| apps.with_official_account("APPID-H5", "SECRET-OLD"))
            .and_then(|apps| apps.with_mobile_app("APPID-APP", "SECRET-APP"))
            .and_then(|apps| apps.with_app("APPID-H5", "SECRET-H5"))
            .unwrap();
        complete(&apps);
        assert!(!format!("{apps:?}").contains("SECRET"));
        for (appid, secret, problem) in [
            ("", "SECRET", "the app's appid is empty"),
            ("a", "", "the app's appsecret is empty"),
            (" a", "SECRET", "the app's appid has a blank"),
            ("a", "SECRET\n", "the app's appsecret has a blank"),
            ("SECRET", "SECRET", "the app's appid and its appsecret are the same"),
        ] {
            let error = Apps::new().with_app(appid, secret).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with(problem) && !error.to_string().contains("SECRET"), "{error}");
            assert!(AppConfig::new(appid, secret).is_err());
        }
    }
}
