//! Going through the pages of a list, and knowing when they end.

mod turn;

use std::collections::VecDeque;
use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::call::{Call, CallFuture};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};

#[allow(unused_imports, reason = "the groups that page can be left out")]
pub(crate) use self::turn::Turn;

/// A request whose answer comes in pages: [`Call::pages`] and [`Call::items`] go through them.
///
/// The generator implements it for every request whose endpoint the spec calls paged.
pub trait Paged: Endpoint + Clone {
    /// A row of the list.
    type Item: Send + 'static;

    /// Says where the first page is, if WeChat has to be told and the caller did not.
    #[doc(hidden)]
    fn begin(&mut self) {}

    /// Turns to the page behind `response`; `false` where there is none.
    #[doc(hidden)]
    fn turn(&mut self, response: &Self::Response) -> bool;

    /// The rows of a page.
    #[doc(hidden)]
    fn items(response: Self::Response) -> Vec<Self::Item>;
}

/// How many pages are fetched unless [`Pages::most_pages`] says otherwise.
const MOST_PAGES: u64 = 10_000;

impl<R: Paged> Call<R> {
    /// All pages from this one on, fetched one by one as they are asked for.
    pub fn pages(mut self) -> Pages<R>
    where
        R::Response: Unpin,
    {
        self.request_mut().begin();
        Pages { next: Some(self), under_way: None, fetched: 0, most: MOST_PAGES }
    }

    /// All rows from this page on. The next page is fetched when the rows of the last one are used up.
    pub fn items(self) -> Items<R>
    where
        R::Response: Unpin,
    {
        Items { pages: self.pages(), rows: VecDeque::new() }
    }
}

/// The pages of a list, a [`Stream`] of typed answers. Had from [`Call::pages`].
///
/// It ends with the page that WeChat's documentation calls the last one, after an error, and at the latest after
/// 10,000 pages, with an error that says so.
///
/// ```no_run
/// # async fn run(client: weapp::Client) -> weapp::Result<()> {
/// use weapp::api::live_broadcast::GetLiveInfo;
/// let mut pages = client.live_broadcast().get_live_info(GetLiveInfo::new().start(0).limit(50)).pages();
/// while let Some(page) = pages.next().await {
///     println!("{} rooms", page?.room_info.len());
/// }
/// # Ok(()) }
/// ```
#[must_use = "nothing is fetched until it is asked for"]
pub struct Pages<R: Paged> {
    /// The call for the next page; `None`: there is none.
    next: Option<Call<R>>,
    /// The page that is being fetched, with its request.
    under_way: Option<(Call<R>, CallFuture<R::Response>)>,
    fetched: u64,
    most: u64,
}

impl<R: Paged> Pages<R>
where
    R::Response: Unpin,
{
    /// How many pages are fetched at most; one more is an error.
    pub fn most_pages(mut self, most: u64) -> Self {
        self.most = most;
        self
    }

    /// The next page; `None` after the last one and after an error.
    ///
    /// # Errors
    /// As the call by itself; [`ErrorKind::Decode`](crate::ErrorKind::Decode) where the pages do not end.
    pub async fn next(&mut self) -> Option<Result<R::Response>> {
        poll_fn(|context| self.poll_page(context)).await
    }

    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<R::Response>>> {
        if self.under_way.is_none() {
            let Some(call) = self.next.take() else { return Poll::Ready(None) };
            if self.fetched == self.most {
                let what = format!("the list does not end: {} pages came, and there are more", self.most);
                let error = Error::decode("", what).with_remedy("narrow the request, or allow more with `most_pages`");
                return Poll::Ready(Some(Err(error.at(R::META.id))));
            }
            self.fetched += 1;
            let (kept, sent) = call.twice();
            self.under_way = Some((kept, sent.into_future()));
        }
        let Some((_, future)) = &mut self.under_way else { return Poll::Ready(None) };
        let result = ready!(Pin::new(future).poll(context));
        let Some((mut call, _)) = self.under_way.take() else { return Poll::Ready(None) };
        if let Ok(response) = &result
            && call.request_mut().turn(response)
        {
            self.next = Some(call);
        }
        Poll::Ready(Some(result))
    }
}

impl<R: Paged + Unpin> Stream for Pages<R>
where
    R::Response: Unpin,
{
    type Item = Result<R::Response>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_page(context)
    }
}

impl<R: Paged> fmt::Debug for Pages<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("endpoint", &R::META.id).field("fetched", &self.fetched).finish_non_exhaustive()
    }
}

/// The rows of a list, a [`Stream`]. Had from [`Call::items`].
#[must_use = "nothing is fetched until it is asked for"]
pub struct Items<R: Paged> {
    pages: Pages<R>,
    rows: VecDeque<R::Item>,
}

impl<R: Paged> Items<R>
where
    R::Response: Unpin,
{
    /// How many pages are fetched at most; one more is an error.
    pub fn most_pages(mut self, most: u64) -> Self {
        self.pages = self.pages.most_pages(most);
        self
    }

    /// The next row; `None` after the last one and after an error.
    ///
    /// # Errors
    /// As [`Pages::next`].
    pub async fn next(&mut self) -> Option<Result<R::Item>> {
        poll_fn(|context| self.poll_row(context)).await
    }

    /// All rows, in memory.
    ///
    /// # Errors
    /// As [`Pages::next`]; the rows that came before are dropped.
    pub async fn collect(mut self) -> Result<Vec<R::Item>> {
        let mut all = Vec::new();
        while let Some(row) = self.next().await {
            all.push(row?);
        }
        Ok(all)
    }

    fn poll_row(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<R::Item>>> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Poll::Ready(Some(Ok(row)));
            }
            match ready!(self.pages.poll_page(context)) {
                Some(Ok(response)) => self.rows = R::items(response).into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<R: Paged + Unpin> Stream for Items<R>
where
    R::Response: Unpin,
    R::Item: Unpin,
{
    type Item = Result<R::Item>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_row(context)
    }
}

impl<R: Paged> fmt::Debug for Items<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("endpoint", &R::META.id).field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}
