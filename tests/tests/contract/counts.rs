//! The SDK has the endpoints of the spec, no more and no less, and says of each what the spec says.

use std::collections::{BTreeMap, BTreeSet};

use contract_tests::cases::minimal;
use contract_tests::spec::{Endpoint, Limit, Meaning, Spec};
use contract_tests::tally::Tally;
use contract_tests::world::World;
use weapp::dynamic::{call, endpoints};
use weapp::{Authorisation, Encryption, ErrorKind, Meta, Remedy};

use crate::errcodes::{code_of, kind_name, retry_name};

#[test]
fn the_sdk_has_the_endpoints_of_the_spec() {
    let spec: Vec<&str> = Spec::get().endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect();
    let sdk: Vec<&str> = endpoints().map(|meta| meta.id).collect();
    assert!(!spec.is_empty());
    assert_eq!(spec.iter().collect::<BTreeSet<_>>(), sdk.iter().collect::<BTreeSet<_>>());
    assert_eq!(spec.len(), sdk.len(), "an id stands twice");
}

#[test]
fn every_endpoint_says_of_itself_what_the_spec_says() {
    let (spec, mut tally) = (Spec::get(), Tally::new("meta"));
    for meta in endpoints() {
        tally.case(meta.id);
        check_meta(&mut tally, spec.endpoint(meta.id), meta);
    }
    tally.finish(spec.endpoints.iter().map(|endpoint| endpoint.id.as_str()));
}

fn check_meta(tally: &mut Tally, endpoint: &Endpoint, meta: &Meta) {
    let id = &endpoint.id;
    tally.equal(id, "name", format!("{}.{}", endpoint.group, endpoint.name), meta.name.to_owned());
    tally.equal(id, "aliases", &endpoint.aliases[..], &owned(meta.aliases)[..]);
    tally.equal(id, "method", endpoint.method.as_str(), meta.method.as_str());
    tally.equal(id, "path", endpoint.path.as_str(), meta.path);
    tally.equal(id, "docs", endpoint.docs.as_str(), meta.docs);
    tally.equal(id, "limits", &endpoint.limits[..], &meta.limits.iter().map(limit).collect::<Vec<_>>()[..]);
    tally.equal(id, "retry", endpoint.retry_safe, meta.retry_safe);
    let token = match meta.authorisation {
        Authorisation::AccessToken => "access_token",
        Authorisation::AppSecret => "app_secret",
        Authorisation::Authorizer => "authorizer",
        Authorisation::OfficialAccount => "official_account",
        Authorisation::None => "none",
        _ => "?",
    };
    tally.equal(id, "token", endpoint.token.as_str(), token);
    let encryption = match meta.encryption {
        Encryption::None => "none",
        Encryption::Supported => "supported",
        Encryption::Required => "required",
        _ => "?",
    };
    tally.equal(id, "encryption", endpoint.encryption.as_str(), encryption);
    let own = endpoint.errcodes.iter().filter(|(_, said)| said.own);
    let expected: Vec<_> = own.map(|(code, said)| (*code, said.meaning.clone())).collect();
    let mut got: Vec<_> = meta.remedies.iter().map(remedy).collect();
    got.sort_by_key(|(code, _)| *code);
    tally.equal(id, "remedies", expected, got);
    let of_group: Vec<_> = Spec::get().group_errcodes[&endpoint.group].iter().collect();
    let got: Vec<_> = meta.group_codes.iter().map(|info| (info.code.get(), code_of(info))).collect();
    tally.equal(id, "codes of the group", of_group, got.iter().map(|(code, said)| (code, said)).collect());
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn limit(limit: &weapp::Limit) -> Limit {
    Limit {
        text: limit.to_string(),
        count: limit.count,
        unit: limit.per.to_string(),
        shared_with: owned(limit.shared_with),
        also: limit.also.unwrap_or_default().to_owned(),
        condition: limit.condition.unwrap_or_default().to_owned(),
    }
}

#[test]
fn a_shared_limit_is_the_same_for_all_who_share_it() {
    let mut shared = 0;
    for own in endpoints() {
        for limit in own.limits {
            let all: BTreeSet<&str> = limit.shared_with.iter().copied().chain([own.id]).collect();
            for other in limit.shared_with.iter().map(|id| endpoints().find(|meta| meta.id == *id).unwrap()) {
                shared += 1;
                let theirs =
                    other.limits.iter().filter(|theirs| (theirs.count, theirs.per) == (limit.count, limit.per));
                let mut theirs = theirs.map(|theirs| theirs.shared_with.iter().copied().chain([other.id]).collect());
                assert!(theirs.any(|theirs: BTreeSet<&str>| theirs == all), "{limit} of {}: {}", own.id, other.id);
            }
        }
    }
    assert!(shared >= 4, "codes and links share limits in the spec: {shared}");
}

fn remedy(remedy: &Remedy) -> (i64, Meaning) {
    let meaning = Meaning {
        kind: kind_name(remedy.kind).to_owned(),
        retry: retry_name(remedy.retry).to_owned(),
        about: remedy.about.to_owned(),
        remedy: remedy.remedy.to_owned(),
        zh: remedy.remedy_zh.to_owned(),
    };
    (remedy.code.get(), meaning)
}

#[tokio::test]
async fn every_name_leads_to_its_endpoint() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("names"));
    let mut seen = BTreeMap::new();
    for endpoint in &spec.endpoints {
        world.prepare(spec, endpoint);
        let input = serde_json::to_vec(&minimal(spec, endpoint)).unwrap();
        let method = format!("{}.{}", endpoint.group, endpoint.name);
        for name in [&endpoint.id, &method].into_iter().chain(&endpoint.aliases) {
            tally.case(&endpoint.id);
            // An alias may be what group and method say anyway.
            let first = *seen.entry(name.clone()).or_insert(&endpoint.id);
            tally.equal(&endpoint.id, name, first, &endpoint.id);
            match call(&world.client(endpoint), name, &input).await {
                Ok(_) => {
                    let calls: Vec<_> = world.server.take_calls().into_iter().map(|call| call.path).collect();
                    tally.equal(&endpoint.id, name, vec![endpoint.path.clone()], calls);
                }
                Err(error) => tally.fail(&endpoint.id, name, "success", error),
            }
        }
    }
    tally.finish(spec.endpoints.iter().map(|endpoint| endpoint.id.as_str()));
}

#[tokio::test]
async fn a_name_that_nothing_has_is_explained() {
    let (spec, world) = (Spec::get(), World::new().await);
    let client = world.client(&spec.endpoints[0]);
    for name in ["", "getUnlimitedQrCode", "wxacode", "wxacode.", "wxacode.getunlimited", "getUnlimitedQRCode "] {
        let error = call(&client, name, b"{}").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{name:?}");
        let text = error.to_string();
        assert!(text.contains(&format!("{name:?}")) && text.contains("dynamic::endpoints"), "{name:?}: {text}");
    }
    // The bare name of several endpoints lists them.
    for endpoint in &spec.endpoints {
        if let Some((bare, _)) = endpoint.id.split_once("__")
            && !spec.endpoints.iter().any(|other| other.id == bare)
        {
            let text = call(&client, bare, b"{}").await.unwrap_err().to_string();
            assert!(text.contains(&endpoint.id), "{bare}: {text}");
        }
    }
    assert!(world.server.take_calls().is_empty());
}
