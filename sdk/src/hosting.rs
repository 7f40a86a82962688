//! Calls from inside WeChat Cloud Hosting (微信云托管), which need no token.

/// WeChat's open interface service (开放接口服务) inside Cloud Hosting: it adds the token to each call.
///
/// [`ClientBuilder::cloud_hosted`](crate::ClientBuilder::cloud_hosted) takes it. Calls go to `http://api.weixin.qq.com`,
/// where the service listens inside the container, and carry no access_token; calls that carry the AppSecret go to
/// HTTPS as ever. Each path has to be allowed in the console, and the service is to be switched on before the version
/// is built; WeChat answers 85107, 85112 or 85113 where one of the two is missing. It takes at most 32 MiB and 30
/// seconds.
///
/// Console: <https://cloud.weixin.qq.com/cloudrun/openapi>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CloudHosting {
    names_app: bool,
}

impl CloudHosting {
    /// The service speaks for the app that owns the environment.
    #[must_use]
    pub const fn new() -> Self {
        Self { names_app: false }
    }

    /// Names the client's app in each call (`from_appid`): for an environment that several apps share.
    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.names_app = true;
        self
    }

    pub(crate) const fn names_app(self) -> bool {
        self.names_app
    }
}
