//! The client goes through the mock's lists to their ends, and meets each row once.

use std::collections::BTreeSet;
use std::fmt::Debug;

use crate::api::cloudbase::GetDatabaseCollection;
use crate::api::drama::{GetAuthorizedObjectsDrama, ListMedia};
use crate::api::live_broadcast::{GetFollowers, GetLiveInfo, GetRoleList};
use crate::api::novel::Querybookauthv2;
use crate::api::xpay::{AdFundFilter, PaymentEnv, QueryAdverFunds};
use crate::call::Call;
use crate::client::Client;
use crate::mock::Mock;
use crate::paging::Paged;
use crate::sign::PaymentKeys;

async fn started() -> (Mock, Client) {
    let mock = Mock::builder().payment_keys(PaymentKeys::new().virtual_payment("key")).start().await.unwrap();
    let client = mock.client().unwrap();
    (mock, client)
}

/// How many rows each page has. All rows of all pages must differ, and `items` must find the same ones.
async fn pages<R: Paged + Unpin>(call: impl Fn() -> Call<R>) -> Vec<usize>
where
    R::Response: Unpin,
    R::Item: Debug,
{
    let (mut pages, mut sizes, mut rows) = (call().pages().most_pages(20), Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = R::items(page.unwrap());
        sizes.push(page.len());
        rows.extend(page.into_iter().map(|row| format!("{row:?}")));
    }
    assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len(), "{rows:?}");
    let items = call().items().collect().await.unwrap();
    assert_eq!(items.iter().map(|row| format!("{row:?}")).collect::<Vec<_>>(), rows);
    sizes
}

#[tokio::test]
async fn by_offset() {
    let (mock, client) = started().await;
    // Without a total a short page is the last one; a full one may be.
    let media = |limit| client.drama().list_media(ListMedia::new().drama_id(1).limit(limit));
    assert_eq!(pages(|| media(10)).await, [10, 10, 5]);
    assert_eq!(pages(|| media(5)).await, [5, 5, 5, 5, 5, 0]);
    assert_eq!(pages(|| client.drama().list_media(ListMedia::new().limit(10).offset(20))).await, [5]);
    // With one there is no page too many, be the total within another struct or not.
    let rooms = || client.live_broadcast().get_live_info(GetLiveInfo::new().start(0).limit(5));
    assert_eq!(pages(rooms).await, [5; 5]);
    let collections = || client.cloudbase().list_collections(GetDatabaseCollection::new("env").limit(13));
    assert_eq!(pages(collections).await, [13, 12]);
    // The rows of a page where the caller does not say: as the spec has it, else 20.
    assert_eq!(pages(|| client.live_broadcast().list_members(GetRoleList::new())).await, [10, 10, 5]);
    assert_eq!(pages(|| client.drama().list_media(ListMedia::new().drama_id(1))).await, [20, 5, 0]);
    let of_two_names = || client.drama().list_received_authorizations(GetAuthorizedObjectsDrama::new().limit(20));
    assert_eq!(pages(of_two_names).await, [20, 5]);
    let collections = mock.requests_to("getDatabaseCollection").unwrap();
    let offsets = collections.iter().map(|request| request.json::<serde_json::Value>().unwrap()["offset"].clone());
    assert_eq!(offsets.collect::<Vec<_>>()[..2], [serde_json::Value::Null, 13.into()]);
}

#[tokio::test]
async fn by_number() {
    let (_mock, client) = started().await;
    let funds = |size: u32, page: u32| {
        let request = QueryAdverFunds::new().page(page).page_size(size).filter(AdFundFilter::new());
        client.xpay().list_ad_funds(request.env(PaymentEnv::Live))
    };
    assert_eq!(pages(|| funds(10, 1)).await, [10, 10, 5]);
    assert_eq!(pages(|| funds(5, 4)).await, [5, 5]);
    assert_eq!(pages(|| funds(25, 1)).await, [25]);
    let page = funds(10, 3).await.unwrap();
    assert_eq!((page.adver_funds_list.len(), page.total_page), (5, Some(3)));
}

#[tokio::test]
async fn by_cursor() {
    let (mock, client) = started().await;
    // A number that ends as 0, and a text that ends empty.
    assert_eq!(pages(|| client.live_broadcast().list_followers(GetFollowers::new())).await, [20, 5]);
    let auths = |count: u32| client.novel().list_account_auths(Querybookauthv2::new().count(count));
    assert_eq!(pages(|| auths(10)).await, [10, 10, 5]);
    assert_eq!(pages(|| auths(25)).await, [25]);
    mock.clear_requests();
    let foreign = client.novel().list_account_auths(Querybookauthv2::new().count(10).cursor("garbled")).await.unwrap();
    assert_eq!((foreign.appid_results.len(), foreign.next_cursor.as_deref()), (0, Some("")));
}
