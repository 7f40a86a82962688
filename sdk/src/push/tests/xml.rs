//! XML in and out.

use serde_json::json;

use super::super::xml::{read, write};
use super::*;

#[test]
fn wechats_examples_read_as_they_are_meant() {
    for (xml, expected) in [
        ("<xml/>", json!("")),
        ("<xml><a/><b></b><c> \n </c></xml>", json!({ "a": "", "b": "", "c": "" })),
        ("<?xml version=\"1.0\" encoding=\"GBK\"?><!-- c --><xml><a>1</a></xml>\n<!-- d -->", json!({ "a": "1" })),
        ("\u{feff}<xml a=\"1\"><b c='2'>3</b></xml>", json!({ "b": "3" })),
        ("\u{feff} \n<?xml version='1.0'?>\n<xml><b>3</b></xml>", json!({ "b": "3" })),
        ("<xml><a>x</a><a>y</a><a><b>z</b></a></xml>", json!({ "a": ["x", "y", { "b": "z" }] })),
        // Text beside elements, and zero-width spaces between them.
        ("<xml>\u{200b}<a>1</a>, \u{200b}<b>2</b></xml>", json!({ "a": "1", "b": "2" })),
        ("<xml><a>\n  <![CDATA[ kept ]]>\n</a></xml>", json!({ "a": " kept " })),
        ("<xml><a>x <![CDATA[y]]> z</a></xml>", json!({ "a": "x y z" })),
        ("<xml><a><![CDATA[1]]> <![CDATA[2]]></a></xml>", json!({ "a": "12" })),
        ("<xml><a><![CDATA[]]]]><![CDATA[>]]></a></xml>", json!({ "a": "]]>" })),
        ("<xml><a>&lt;&amp;&gt;&quot;&apos;&#20013;&#x6587;</a></xml>", json!({ "a": "<&>\"'中文" })),
        ("<xml><a>http://x/?a=1&b=2</a></xml>", json!({ "a": "http://x/?a=1&b=2" })),
        ("<xml><a>![CDATA[xxx]]</a></xml>", json!({ "a": "![CDATA[xxx]]" })),
        (
            "<xml><List>       <TemplateId><![CDATA[t]]></TemplateId></List></xml>",
            json!({ "List": { "TemplateId": "t" } }),
        ),
    ] {
        assert_eq!(read(xml.as_bytes()).unwrap_or_else(|error| panic!("{xml}: {error}")), expected, "{xml}");
    }
}

#[test]
fn what_could_do_harm_is_refused() {
    let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let wide = |width: usize| format!("<xml>{}</xml>", "<a/>".repeat(width));
    assert!(read(deep(32).as_bytes()).is_ok());
    assert!(read(wide(9_999).as_bytes()).is_ok());
    for (xml, why) in [
        (deep(33), "nested too deeply"),
        (deep(100_000), "nested too deeply"),
        (wide(10_000), "too many elements"),
        (r#"<!DOCTYPE xml [<!ENTITY a "b">]><xml><c>&a;</c></xml>"#.into(), "document type"),
        (r#"<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml/>"#.into(), "document type"),
        (r#"<xml><!DOCTYPE a><b/></xml>"#.into(), "document type"),
        ("<xml><a>&planted;</a></xml>".into(), "entity"),
        ("<xml><a>&#0;</a></xml>".into(), "reference"),
        ("<xml><a>&#x110000;</a></xml>".into(), "reference"),
        ("<xml><a>&#xD800;</a></xml>".into(), "reference"),
        ("<xml><a>1</b></xml>".into(), "well-formed"),
        ("<xml></xml></xml>".into(), "well-formed"),
        ("<xml><planted>".into(), "in the middle"),
        ("<xml><![CDATA[planted".into(), "well-formed"),
        ("<xml/><xml/>".into(), "second"),
        ("<xml/>planted".into(), "outside"),
        ("<![CDATA[planted]]><xml/>".into(), "outside"),
        ("<xml/>&lt;".into(), "outside"),
        ("<!-- nothing -->".into(), "no element"),
    ] {
        let error = read(xml.as_bytes()).expect_err(why);
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(error.to_string().contains(why), "{why}: {error}");
        assert!(!error.to_string().contains("planted"), "{error}");
    }
}

#[test]
fn replies_are_written_as_wechat_writes() {
    let reply = json!({ "A": "x]]>y", "B": 1, "C": { "D": ["1", 2, [true]] }, "E": null, "F": [], "G": "" });
    assert_eq!(
        write(&reply).unwrap(),
        "<xml><A><![CDATA[x]]]]><![CDATA[>y]]></A><B>1</B>\
         <C><D><![CDATA[1]]></D><D>2</D><D>true</D></C><G><![CDATA[]]></G></xml>"
    );
    for (wrong, named) in [
        (json!("text"), "no object"),
        (json!({ "a><b": 1 }), "a><b"),
        (json!({ "1a": 1 }), "1a"),
        (json!({ "": "" }), "name"),
        (json!({ "a": "x\0" }), "`a`"),
        (json!({ "a": { "b": ["\u{ffff}"] } }), "`b`"),
    ] {
        let error = write(&wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Reply);
        assert!(error.to_string().contains(named), "{named}: {error}");
    }
}
