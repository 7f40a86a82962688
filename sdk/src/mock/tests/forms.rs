//! How values are written, which of them must be there, and what codes mean, in a spec of the test's own.

use serde_json::{Value, json};

use super::{Caller, credentials, of_group, refused};
use crate::mock::Mock;

fn group(params: Value, more: Value) -> Value {
    let mut endpoint = json!({"name": "x", "method": "POST", "path": "/x", "params": params});
    endpoint.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"endpoints": {"x": endpoint}})
}

#[tokio::test]
async fn json_in_a_text_and_bools_as_numbers() {
    let params = json!({
        "list": {"type": ["Item"], "wire": "json", "items": "1..2"},
        "on": {"type": "bool", "wire": "int"},
        "why": {"type": "string", "required_if": {"on": true}},
        "asked": {"type": "bool", "wire": "int", "in": "query"},
        "any": {"type": "json", "wire": "json", "in": "query"},
    });
    let fields = json!({
        "inner": {"type": "Item", "wire": "json"}, "data": {"type": "json", "wire": "json"},
        "on": {"type": "bool", "wire": "int"}, "off": {"type": ["Switch"]},
    });
    let mut group = group(params, json!({"response": {"fields": fields}}));
    group["types"] = json!({
        "Item": {"fields": {"n": {"type": "u8", "required": true}}},
        "Switch": {"fields": {"off": {"type": "bool", "wire": "int"}}},
    });
    let (_mock, caller) = of_group(group).await;
    for (body, code, about) in [
        (json!({"list": [{"n": 1}]}), 47001, "`list` is a list, and must be a text that holds JSON"),
        (json!({"list": "[{]"}), 47001, "`list` is a text that must hold JSON"),
        (json!({"list": "[{\"n\":1,\"n\":2}]"}), 47001, "`n` is there twice"),
        (json!({"list": "{}"}), 47001, "`list` is an object"),
        (json!({"list": "[{}]"}), 40097, "`list[0].n` is missing"),
        (json!({"list": "[]"}), 40097, "`list` has 0 elements"),
        (json!({"on": true}), 47001, "`on` is true or false, and must be the number 0 or 1"),
        (json!({"on": 2}), 40097, "`on` is 2"),
        (json!({"on": 1}), 40097, "`why` is missing, `on` being true"),
    ] {
        assert_eq!(refused(&caller.post("/x", &body).await, about), code);
    }
    for query in ["asked=true", "asked=2", "any=%7B", "any=x"] {
        let url = format!("{}/x?access_token={}&{query}", caller.url, caller.token);
        let answer: Value = caller.http.post(url).body("{}").send().await.unwrap().json().await.unwrap();
        assert_ne!(answer["errcode"], 0, "{query}");
    }
    let url = format!("{}/x?access_token={}&asked=1&any=%7B%7D", caller.url, caller.token);
    let answer: Value = caller.http.post(url).body("{}").send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["errcode"], 0);
    let answer = caller.post("/x", &json!({"list": "[{\"n\":1}]", "on": 0})).await;
    let wanted = json!({
        "errcode": 0, "errmsg": "ok", "inner": "{\"n\":0}", "data": "{}", "on": 1, "off": [{"off": 1}, {"off": 0}],
    });
    assert_eq!(answer, wanted);
}

#[tokio::test]
async fn whole_bodies() {
    let params = json!({
        "env": {"type": "string", "required": true, "in": "query"},
        "event": {"type": "Event", "required": true, "in": "whole_body"},
    });
    let mut group = group(params, json!({}));
    group["types"] = json!({"Event": {"fields": {"n": {"type": "u8", "required": true}}}});
    let (_mock, caller) = of_group(group).await;
    let post = async |body: &str| -> Value {
        let url = format!("{}/x?env=e&access_token={}", caller.url, caller.token);
        caller.http.post(url).body(body.to_owned()).send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(post(r#"{"n":1}"#).await["errcode"], 0);
    assert_eq!(refused(&post(r#"{"event":{"n":1}}"#).await, "`event.event`"), 40097);
    assert_eq!(refused(&post("{}").await, "`event.n` is missing"), 40097);
    assert_eq!(refused(&post("[1]").await, "`event` is a list"), 47001);
    assert_eq!(refused(&post("{").await, ""), 47001);
}

#[tokio::test]
async fn sets_of_parameters_and_of_members() {
    let params = json!({
        "a": {"type": "u8"}, "b": {"type": "u8"}, "c": {"type": "u8"}, "inner": {"type": "Inner"},
        "kind": {"type": "u8", "default": 3}, "why": {"type": "u8", "required_if": {"kind": [1, 2]}},
    });
    let mut group = group(params, json!({"any_of": [["a"], ["b", "c"]]}));
    group["types"] = json!({"Inner": {
        "exclusive": [["d"], ["e"]], "any_of": [["e"], ["f"]],
        "fields": {"d": {"type": "u8"}, "e": {"type": "u8"}, "f": {"type": "u8"}},
    }});
    let (_mock, caller) = of_group(group).await;
    for (body, about) in [
        (json!({}), "at least one of these must be given: `a` or `b`, `c`"),
        (json!({"b": 1}), "at least one"),
        (json!({"a": 1, "inner": {"f": 1}}), "exactly one of these must be given: `inner.d` or `inner.e`"),
        (json!({"a": 1, "inner": {"d": 1, "e": 1}}), "exactly one"),
        (json!({"a": 1, "inner": {"d": 1}}), "at least one of these must be given: `inner.e` or `inner.f`"),
        (json!({"a": 1, "kind": 1}), "`why` is missing, `kind` being 1 or 2"),
        (json!({"a": 1, "kind": 2}), "`why` is missing"),
    ] {
        assert_eq!(refused(&caller.post("/x", &body).await, about), 40097, "{body}");
    }
    for body in [
        json!({"a": 1}),
        json!({"b": 1, "c": 1}),
        json!({"a": 1, "b": 1, "c": 1}),
        json!({"a": 1, "inner": {"e": 1}}),
        json!({"a": 1, "inner": {"d": 1, "f": 1}}),
        json!({"a": 1, "kind": 2, "why": 1}),
    ] {
        assert_eq!(caller.post("/x", &body).await["errcode"], 0, "{body}");
    }
}

#[tokio::test]
async fn a_url_in_place_of_a_file_needs_no_form() {
    let params = json!({"url": {"type": "string", "in": "query"}, "img": {"type": "file", "in": "form"}});
    let (_mock, caller) = of_group(group(params, json!({"exclusive": [["url"], ["img"]]}))).await;
    let url = |more: &str| format!("{}/x?access_token={}{more}", caller.url, caller.token);
    let post = async |more: &str, body: &str| -> Value {
        caller.http.post(url(more)).body(body.to_owned()).send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(post("&url=u", "{}").await["errcode"], 0);
    assert_eq!(refused(&post("", "{}").await, "exactly one of these must be given: `url` or `img`"), 40097);
    assert_eq!(refused(&post("", r#"{"img":"x"}"#).await, "`img` is no parameter of x in the body"), 40097);
    let upload = async |more: &str| -> Value {
        let file = reqwest::multipart::Part::bytes(vec![7; 9]).file_name("a.png");
        let form = reqwest::multipart::Form::new().part("img", file);
        caller.http.post(url(more)).multipart(form).send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(upload("").await["errcode"], 0);
    assert_eq!(refused(&upload("&url=u").await, "exactly one"), 40097);
}

#[tokio::test]
async fn texts_and_downloads_that_may_be_json() {
    for (response, content_type, content) in [
        (json!("text"), "text/plain; charset=utf-8", "text of the mock, 模拟\n"),
        (json!({"bytes_or": {"url": {"type": "string"}}}), "application/octet-stream", "bytes of the mock"),
    ] {
        let (mock, caller) = of_group(group(json!({}), json!({"response": response}))).await;
        let answer = caller.send("/x", &json!({})).await;
        assert_eq!(answer.headers()["content-type"], content_type);
        assert_eq!(answer.text().await.unwrap(), content);
        mock.on("x").unwrap().answer(json!({"url": "https://x.com"}));
        assert_eq!(caller.post("/x", &json!({})).await["url"], "https://x.com");
    }
}

#[tokio::test]
async fn codes_mean_what_the_endpoint_says_else_its_group_else_all() {
    let own =
        json!({"40097": null, "3": {"about": "`c` is wrong.", "kind": "parameter"}, "7": {"about": "Own words."}});
    let params = json!({"a": {"type": "u8"}, "b": {"type": "u8"}, "c": {"type": "u8"}, "d": {"type": "u8"}});
    let mut group = group(params, json!({"errcodes": own}));
    group["errcodes"] = json!({
        "1": {"message": "of the group", "kind": "parameter", "about": "`b` is wrong."},
        "2": {"message": "exists", "kind": "duplicate", "about": "There is such a `d` already."},
        "3": {"message": "third of the group", "kind": "parameter", "about": "`a` is wrong."},
        "5": {"message": "A parameter is wrong", "kind": "parameter", "about": "A parameter is wrong."},
        "40001": {"message": "the group's own", "kind": "token", "about": "Something else."},
    });
    group["common_errcodes"] = json!([1, 2]);
    let (mock, caller) = of_group(group).await;
    for (name, code, message) in [
        ("b", 1, "of the group: `b`"),
        // Its about is the endpoint's, its message that of the group.
        ("c", 3, "third of the group: `c`"),
        ("a", 40097, "invalid args: `a`"),
        // A duplicate is something else than a value out of range, and 5 is not declared.
        ("d", 40097, "invalid args: `d`"),
    ] {
        assert_eq!(refused(&caller.post("/x", &json!({ name: 256 })).await, message), code);
    }
    mock.on("x").unwrap().times(1).errcode(40001);
    assert_eq!(refused(&caller.post("/x", &json!({})).await, "the group's own"), 40001);
    mock.on("x").unwrap().times(1).errcode(7);
    assert_eq!(refused(&caller.post("/x", &json!({})).await, "Own words."), 7);
    mock.on("getStableAccessToken").unwrap().errcode(40001);
    let caller = Caller { token: String::new(), ..caller };
    let answer = caller.post("/cgi-bin/stable_token", &credentials(Mock::APPID, Mock::SECRET)).await;
    assert_eq!(refused(&answer, "invalid credential"), 40001);
}

#[tokio::test]
async fn a_group_may_have_one_code_for_all_that_is_wrong_with_parameters() {
    let mut group = group(json!({"a": {"type": "u8"}}), json!({"any_of": [["a"]]}));
    group["errcodes"] = json!({"5": {"message": "参数错误", "kind": "parameter", "about": "A parameter is wrong."}});
    group["common_errcodes"] = json!([5]);
    let (_mock, caller) = of_group(group).await;
    for body in [json!({"a": 256}), json!({})] {
        assert_eq!(refused(&caller.post("/x", &body).await, "参数错误"), 5);
    }
}

#[tokio::test]
async fn every_permission_set_lets_platforms_in() {
    for (sets, code) in [(json!("any"), 0), (json!([1]), 0), (json!([]), 61007)] {
        let (mock, mut caller) = of_group(group(json!({}), json!({"permission_sets": sets}))).await;
        caller.token = mock.platform_token(Mock::APPID).expose().to_owned();
        assert_eq!(caller.post("/x", &json!({})).await["errcode"], code, "{sets}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_documented_twice_is_one() {
    let mut group = group(json!({}), json!({}));
    group["endpoints"]["y"] = json!({"name": "y", "method": "POST", "path": "/x"});
    group["endpoints"]["z"] =
        json!({"name": "z", "method": "POST", "path": "/x", "params": {"v": {"type": "u8", "fixed": 2}}});
    let (mock, caller) = of_group(group).await;
    mock.on("y").unwrap().times(1).errcode(1);
    assert_eq!(caller.post("/x", &json!({})).await["errcode"], 1);
    caller.post("/x", &json!({"v": 2})).await;
    let counts = ["x", "y", "z", "g.y"].map(|name| mock.requests_to(name).unwrap().len());
    assert_eq!(counts, [1, 1, 1, 1]);
    assert_eq!(mock.effects("z").unwrap(), 1);
}
