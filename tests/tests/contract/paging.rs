//! `.pages()` and `.items()`: all rows come once and in order, the end is known, and nothing is asked for twice.
//!
//! Only typed requests know them, so every paged endpoint stands in the list below.

use std::collections::BTreeSet;
use std::pin::Pin;

use contract_tests::answers::fields;
use contract_tests::cases::minimal;
use contract_tests::compare::{diff, without_absent};
use contract_tests::expect::expected;
use contract_tests::lists::{BUSY, List, Quirk};
use contract_tests::spec::{Endpoint, Spec, Style, Ty};
use contract_tests::tally::Tally;
use contract_tests::wire_form::written;
use contract_tests::world::World;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use weapp::{Client, ErrCode, Error, ErrorKind, Paged};

/// What came of going through a list.
struct Walked {
    rows: Vec<Value>,
    error: Option<Error>,
    /// Whether more came behind the end.
    goes_on: bool,
}

type Future<T> = Pin<Box<dyn std::future::Future<Output = T>>>;

/// How to go through one list.
struct Walker {
    id: &'static str,
    items: fn(Client, Map<String, Value>, u64) -> Future<Walked>,
    pages: fn(Client, Map<String, Value>) -> Future<weapp::Result<usize>>,
}

fn request<R: DeserializeOwned>(input: Map<String, Value>) -> R {
    serde_json::from_value(Value::Object(input)).unwrap()
}

fn items<R>(client: Client, input: Map<String, Value>, most: u64) -> Future<Walked>
where
    R: Paged + DeserializeOwned,
    R::Item: Serialize,
    R::Response: Unpin,
{
    Box::pin(async move {
        let mut items = client.send(request::<R>(input)).items().most_pages(most);
        let mut walked = Walked { rows: Vec::new(), error: None, goes_on: false };
        while let Some(row) = items.next().await {
            match row {
                Ok(row) => walked.rows.push(serde_json::to_value(row).unwrap()),
                Err(error) => {
                    walked.error = Some(error);
                    break;
                }
            }
        }
        walked.goes_on = items.next().await.is_some();
        walked
    })
}

fn pages<R>(client: Client, input: Map<String, Value>) -> Future<weapp::Result<usize>>
where
    R: Paged + DeserializeOwned,
    R::Response: Unpin,
{
    Box::pin(async move {
        let (mut pages, mut count) = (client.send(request::<R>(input)).pages(), 0);
        while let Some(page) = pages.next().await {
            drop(page?);
            count += 1;
        }
        Ok(count)
    })
}

macro_rules! walkers {
    ($($group:ident::$name:ident),* $(,)?) => {{
        use weapp::Endpoint as _;
        use weapp::api;
        vec![$(Walker {
            id: api::$group::$name::META.id,
            items: items::<api::$group::$name>,
            pages: pages::<api::$group::$name>,
        }),*]
    }};
}

/// Every paged endpoint. Add here what the spec adds.
fn walkers() -> Vec<Walker> {
    walkers![
        b2b::GetRetailMessageList,
        b2b::GetRetailOpenidList,
        b2b::Queryprofitsharingaccount,
        charge::GetUsageDetail,
        cloudbase::GetCloudBaseStatistics,
        cloudbase::GetDatabaseCollection,
        comment::GetCcommentList,
        customer_service::Listbusiness,
        drama::GetAuthorizeObjects,
        drama::GetAuthorizedObjectsAccount,
        drama::GetAuthorizedObjectsDrama,
        drama::GetCopyrightAuthorizationList,
        drama::GetCopyrightAuthorizedList,
        drama::ListDramas,
        drama::ListMedia,
        drama::ListPackages,
        guarantee::GetPenaltyList,
        insurance_freight::InsuranceFreightGetorderlist,
        insurance_freight::InsuranceFreightGetpayorderlist,
        live_broadcast::GetFollowers,
        live_broadcast::GetGoodsInfo,
        live_broadcast::GetLiveInfo,
        live_broadcast::GetRoleList,
        nearby_poi::GetNearbyPoiList,
        novel::ListBook,
        novel::ListChapter,
        novel::QueryBookAuth,
        novel::Querybookauthv2,
        operation::GetFeedback,
        operation::GetJsErrDetail,
        operation::GetJsErrList,
        operation::RealtimelogSearch,
        plugin_manager::ManagePluginApplication,
        subscribe_message::GetPubNewTemplatetitles,
        trade_management::GetOrderList,
        xpay::GetComplaintList,
        xpay::GetNegotiationHistory,
        xpay::QueryAdverFunds,
        xpay::QueryFundsBill,
        xpay::QueryRecoverBill,
    ]
}

fn paged(spec: &Spec) -> impl Iterator<Item = &Endpoint> {
    spec.endpoints.iter().filter(|endpoint| endpoint.paging.is_some())
}

/// Plays a list, and forgets what was sent before.
fn play(world: &World, spec: &Spec, list: &List, endpoint: &Endpoint) {
    world.prepare(spec, endpoint);
    let list = list.clone();
    world.server.answer_with(move |message| list.answer(message));
}

#[tokio::test]
async fn all_rows_come_once_and_in_order() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("lists"));
    for walker in walkers() {
        let endpoint = spec.endpoint(walker.id);
        let id = walker.id;
        let size = List::new(spec, endpoint, 0, Quirk::None).size;
        // A short last page, a full one, one page alone, nothing.
        let counts = [2 * size + size.div_ceil(2), 3 * size, size, 1, 0];
        let quirks = [Quirk::None, Quirk::NoCounts, Quirk::EmptyCursor, Quirk::SameCursor];
        for (count, quirk) in counts.into_iter().flat_map(|count| quirks.map(|quirk| (count, quirk))) {
            let list = List::new(spec, endpoint, count, quirk);
            let input = list.first(minimal(spec, endpoint));
            let label = format!("{count} rows by {size}, {quirk:?}");
            play(&world, spec, &list, endpoint);
            tally.case(id);
            let walked = (walker.items)(world.client(endpoint), input.clone(), 100).await;
            let calls = world.server.take_calls();
            if let Some(error) = walked.error {
                tally.fail(id, &label, "success", error);
                continue;
            }
            tally.equal(id, &format!("{label}: rows"), count, walked.rows.len());
            tally.equal(id, &format!("{label}: behind the end"), false, walked.goes_on);
            let wanted = rows_as_written(spec, endpoint, &list.rows);
            for found in diff(&without_absent(wanted), &without_absent(Value::Array(walked.rows))) {
                tally.fail(id, &format!("{label}: {}", found.path), found.expected, found.got);
            }
            tally.equal(id, &format!("{label}: requests"), list.requests(), calls.len());
            let asked: BTreeSet<_> = calls.iter().map(|call| (&call.query, &call.body)).collect();
            tally.equal(id, &format!("{label}: different requests"), calls.len(), asked.len());
            play(&world, spec, &list, endpoint);
            match (walker.pages)(world.client(endpoint), input.clone()).await {
                Ok(pages) => drop(tally.equal(id, &format!("{label}: pages"), list.requests(), pages)),
                Err(error) => tally.fail(id, &format!("{label}: pages"), "success", error),
            }
            // The first page is asked for as the spec says.
            let first = world.server.take_calls().swap_remove(0);
            let mut input = input;
            if let (name, Some(first)) = list.beginning() {
                input.insert(name.clone(), first);
            }
            for (place, wanted, got) in
                expected(spec, endpoint, &input, &world.caller(endpoint)).differences(endpoint, &first)
            {
                tally.fail(id, &format!("{label}: first page: {place}"), wanted, got);
            }
        }
    }
    tally.finish(paged(spec).map(|endpoint| endpoint.id.as_str()));
}

/// Rows as the SDK writes them.
fn rows_as_written(spec: &Spec, endpoint: &Endpoint, rows: &[Value]) -> Value {
    let way = &endpoint.paging.as_ref().unwrap().items;
    let (last, before) = way.split_last().unwrap();
    let mut of = fields(endpoint);
    for step in before {
        of = spec.fields(&of.iter().find(|field| field.wire == *step).unwrap().ty).unwrap();
    }
    let Ty::List(inner) = &of.iter().find(|field| field.wire == *last).unwrap().ty else { unreachable!("a list") };
    let one = |row: &Value| match (spec.fields(inner), row) {
        (Some(fields), Value::Object(row)) => Value::Object(written(spec, fields, row)),
        _ => row.clone(),
    };
    rows.iter().map(one).collect()
}

#[tokio::test]
async fn a_list_without_end_ends_with_an_error() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("endless lists"));
    for walker in walkers() {
        let endpoint = spec.endpoint(walker.id);
        let list = List::new(spec, endpoint, 50, Quirk::Endless);
        play(&world, spec, &list, endpoint);
        tally.case(walker.id);
        let walked = (walker.items)(world.client(endpoint), list.first(minimal(spec, endpoint)), 4).await;
        tally.equal(walker.id, "requests", 4, world.server.take_calls().len());
        tally.equal(walker.id, "rows", 4 * list.size, walked.rows.len());
        tally.equal(walker.id, "behind the error", false, walked.goes_on);
        match walked.error {
            Some(error) => {
                tally.equal(walker.id, "kind", ErrorKind::Decode, error.kind());
                tally.equal(walker.id, "endpoint", Some(walker.id), error.endpoint());
                if !error.to_string().contains("most_pages") {
                    tally.fail(walker.id, "text", "the remedy", error.to_string());
                }
            }
            None => tally.fail(walker.id, "the end", "an error", "none"),
        }
    }
    tally.finish(paged(spec).map(|endpoint| endpoint.id.as_str()));
}

#[tokio::test]
async fn an_error_ends_a_list() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("lists that fail"));
    for walker in walkers() {
        let endpoint = spec.endpoint(walker.id);
        let list = List::new(spec, endpoint, 50, Quirk::Fails);
        play(&world, spec, &list, endpoint);
        tally.case(walker.id);
        let walked = (walker.items)(world.client(endpoint), list.first(minimal(spec, endpoint)), 100).await;
        tally.equal(walker.id, "requests", list.requests(), world.server.take_calls().len());
        tally.equal(walker.id, "rows", list.size, walked.rows.len());
        let code = walked.error.as_ref().and_then(Error::code).map(ErrCode::get);
        tally.equal(walker.id, "code, and behind it", (Some(BUSY), false), (code, walked.goes_on));
    }
    tally.finish(paged(spec).map(|endpoint| endpoint.id.as_str()));
}

type Pager = fn(Client, Map<String, Value>, u64, u64) -> Future<weapp::Result<()>>;

macro_rules! pagers {
    ($($group:ident::$name:ident),* $(,)?) => {{
        use weapp::Endpoint as _;
        use weapp::api;
        vec![$({
            let pager: Pager = |client, input, index, size| {
                Box::pin(async move {
                    // Whole numbers of different sizes.
                    #[allow(clippy::useless_conversion, reason = "some are `u64` already")]
                    let request = request::<api::$group::$name>(input)
                        .page(index.try_into().unwrap(), size.try_into().unwrap());
                    client.send(request).await.map(drop)
                })
            };
            (api::$group::$name::META.id, pager)
        }),*]
    }};
}

/// Every endpoint that can ask for a page by its number. Add here what the spec adds.
fn pagers() -> Vec<(&'static str, Pager)> {
    pagers![
        b2b::GetRetailMessageList,
        b2b::Queryprofitsharingaccount,
        charge::GetUsageDetail,
        cloudbase::GetCloudBaseStatistics,
        cloudbase::GetDatabaseCollection,
        comment::GetCcommentList,
        customer_service::Listbusiness,
        drama::GetAuthorizeObjects,
        drama::GetAuthorizedObjectsAccount,
        drama::GetAuthorizedObjectsDrama,
        drama::GetCopyrightAuthorizationList,
        drama::GetCopyrightAuthorizedList,
        drama::ListDramas,
        drama::ListMedia,
        drama::ListPackages,
        guarantee::GetPenaltyList,
        insurance_freight::InsuranceFreightGetorderlist,
        insurance_freight::InsuranceFreightGetpayorderlist,
        live_broadcast::GetGoodsInfo,
        live_broadcast::GetLiveInfo,
        live_broadcast::GetRoleList,
        novel::ListChapter,
        novel::QueryBookAuth,
        operation::GetJsErrDetail,
        operation::GetJsErrList,
        operation::RealtimelogSearch,
        subscribe_message::GetPubNewTemplatetitles,
        xpay::GetComplaintList,
        xpay::GetNegotiationHistory,
    ]
}

#[tokio::test]
async fn pages_count_from_one() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("pages"));
    let with_page = || {
        paged(spec).filter_map(|endpoint| match endpoint.paging.as_ref()? {
            contract_tests::spec::Paging { style: Style::Offset { start }, limit: Some(limit), .. } => {
                Some((endpoint, start, limit))
            }
            _ => None,
        })
    };
    let pagers = pagers();
    for (endpoint, start_name, limit) in with_page() {
        let Some((_, pager)) = pagers.iter().find(|(id, _)| *id == endpoint.id) else { continue };
        for (index, size, start) in [(1, 10, 0), (2, 10, 10), (7, 20, 120), (0, 5, 0)] {
            world.prepare(spec, endpoint);
            tally.case(&endpoint.id);
            let label = format!("page {index} of {size}");
            let mut input = minimal(spec, endpoint);
            if let Err(error) = pager(world.client(endpoint), input.clone(), index, size).await {
                tally.fail(&endpoint.id, &label, "success", error);
            }
            let calls = world.server.take_calls();
            tally.equal(&endpoint.id, &format!("{label}: requests"), 1, calls.len());
            let Some(call) = calls.first() else { continue };
            input.insert(start_name.clone(), json!(start));
            input.insert(limit.clone(), json!(size));
            let expected = expected(spec, endpoint, &input, &world.caller(endpoint));
            for (place, expected, got) in expected.differences(endpoint, call) {
                tally.fail(&endpoint.id, &format!("{label}: {place}"), expected, got);
            }
        }
    }
    tally.finish(with_page().map(|(endpoint, ..)| endpoint.id.as_str()));
}
