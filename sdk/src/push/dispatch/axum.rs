//! A dispatcher as a route of axum.

use axum::extract::Request;
use axum::routing::{MethodRouter, get};

use super::{Dispatcher, refuse};
use crate::push::Query;
use crate::push::axum::read;

impl Dispatcher {
    /// A route of axum that does all of it: GET verifies the URL, POST takes messages. With the feature `axum`.
    ///
    /// ```no_run
    /// # fn run(dispatcher: weapp::push::Dispatcher) -> axum::Router {
    /// axum::Router::new().route("/wechat/push", dispatcher.into_route())
    /// # }
    /// ```
    ///
    /// To wait for the handlers at the end of the program, keep a clone, and call its [`drain`](Self::drain) when
    /// `axum::serve` has ended.
    pub fn into_route<S: Clone + Send + Sync + 'static>(self) -> MethodRouter<S> {
        let verifier = self.clone();
        get(async move |query: Query| verifier.verify(&query)).post(async move |request: Request| {
            let receiver = self.receiver();
            match read(request, receiver.max_body()).await {
                Ok((query, body)) => self.answer(&query, body).await,
                Err(error) => refuse(&error.of_app(receiver.appid())),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use tokio::net::TcpListener;

    use super::super::tests::{Plan, query_text, verdict};
    use super::*;
    use crate::push::Receiver;

    /// The address of a server with this route.
    async fn serve(dispatcher: Dispatcher) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/push", dispatcher.into_route());
        tokio::spawn(async move { axum::serve(listener, app).await });
        format!("http://{address}/push")
    }

    #[tokio::test]
    async fn the_route_verifies_the_url_and_takes_messages() {
        let plan = Plan::default();
        let url = serve(plan.dispatcher()).await;
        let http = reqwest::Client::new();
        let signed = format!("{url}?{}", query_text());
        let answer = http.get(&signed).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "echo"));
        for _ in 0..2 {
            let answer = http.post(&signed).body(verdict("1")).send().await.unwrap();
            assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
            assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "success"));
        }
        assert_eq!(plan.counts(), (1, 1));
        for refused in [http.get(&url), http.post(&url).body(verdict("2")), http.post(&signed).body("no message")] {
            let answer = refused.send().await.unwrap();
            assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (400, "failed"));
        }
        assert_eq!(http.put(&signed).send().await.unwrap().status(), 405);
    }

    #[tokio::test]
    async fn the_receivers_limit_is_the_routes() {
        let url = |limit| serve(Dispatcher::new(Receiver::builder("token").max_body(limit).build().unwrap()));
        let post = async |url: String, bytes: usize| {
            let padded = format!("{}{}", verdict("1"), " ".repeat(bytes - verdict("1").len()));
            let answer = reqwest::Client::new().post(format!("{url}?{}", query_text())).body(padded).send().await;
            answer.unwrap().status().as_u16()
        };
        let small = url(1000).await;
        assert_eq!((post(small.clone(), 1000).await, post(small, 1001).await), (200, 413));
        // Above axum's own limit.
        assert_eq!(post(url(3 << 20).await, 3 << 20).await, 200);
    }

    #[tokio::test]
    async fn cloud_hosting_is_known_by_its_header() {
        let url = serve(Dispatcher::new(Receiver::cloud_hosted())).await;
        let post = async |name: &str| {
            let request = reqwest::Client::new().post(&url).header(name, "wx0123456789abcdef").body(verdict("1"));
            request.send().await.unwrap().status().as_u16()
        };
        assert_eq!((post("x-wx-source").await, post("x-wx-sources").await, post("x-other").await), (200, 200, 403));
    }
}
