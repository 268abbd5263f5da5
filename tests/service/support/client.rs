//! HTTP calls as a gateway makes them: over kept connections, to one service. Every answer of the
//! service itself is held against the contract.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Connections;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::contract::{Exchange, Seen};

/// Calls one service; a clone shares the connections.
#[derive(Clone)]
pub(crate) struct Client {
    connections: Connections<HttpConnector, Full<Bytes>>,
    pub(crate) addr: SocketAddr,
    /// Whether what answers is the service itself, and not a gateway before it.
    has_contract: bool,
    /// What every call carries.
    carried: http::HeaderMap,
    /// What it has been answered.
    pub(crate) seen: Arc<Mutex<BTreeSet<Seen>>>,
}

/// A call that is being put together.
pub(crate) struct Call {
    client: Client,
    request: http::request::Builder,
    body: Bytes,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
    /// Null where the body is no JSON.
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        let connections = Connections::builder(TokioExecutor::new()).build_http();
        let (carried, seen) = (http::HeaderMap::new(), Arc::default());
        Self { connections, addr, has_contract: true, carried, seen }
    }

    /// As a player calls a gateway, which has answers of its own.
    #[allow(dead_code, reason = "the tests of the service call it without one")]
    pub(crate) fn of_gateway(addr: SocketAddr) -> Self {
        Self { has_contract: false, ..Self::new(addr) }
    }

    /// The same service, with a header in every call.
    pub(crate) fn carrying(mut self, name: &'static str, value: &str) -> Self {
        self.carried.insert(name, value.parse().expect("the test's header is well formed"));
        self
    }

    pub(crate) fn call(&self, method: &str, path: &str) -> Call {
        let mut request =
            http::Request::builder().method(method).uri(format!("http://{}{path}", self.addr));
        for (name, value) in &self.carried {
            request = request.header(name, value);
        }
        Call { client: self.clone(), request, body: Bytes::new() }
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    pub(crate) fn post(&self, path: &str) -> Call {
        self.call("POST", path)
    }

    pub(crate) fn put(&self, path: &str) -> Call {
        self.call("PUT", path)
    }

    pub(crate) fn patch(&self, path: &str) -> Call {
        self.call("PATCH", path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.call("DELETE", path)
    }
}

impl Call {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// As the account.
    pub(crate) fn user(self, account_id: &str) -> Self {
        self.header("x-user-id", account_id)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.raw_json(&body.to_string())
    }

    /// A body that says it is JSON.
    pub(crate) fn raw_json(mut self, body: &str) -> Self {
        self.body = Bytes::copy_from_slice(body.as_bytes());
        self.header("content-type", "application/json")
    }

    pub(crate) async fn send(self) -> Answer {
        self.try_send().await.expect("the service answers, and the answer arrives whole")
    }

    /// The answer, of which only the head has come.
    pub(crate) async fn begin(self) -> Option<http::Response<Incoming>> {
        let request =
            self.request.body(Full::new(self.body)).expect("the test's request is well formed");
        self.client.connections.request(request).await.ok()
    }

    /// Nothing where nobody answers.
    pub(crate) async fn try_send(self) -> Option<Answer> {
        let (client, request_body) = (self.client.clone(), self.body.clone());
        let method = self.request.method_ref().cloned().unwrap_or_default();
        let path = self.request.uri_ref().map(|uri| uri.path().to_owned()).unwrap_or_default();
        let response = self.begin().await?;
        let (head, mut body) = response.into_parts();
        let is_endless =
            head.headers.get("content-type").is_some_and(|it| it == "text/event-stream");
        let bytes = match is_endless {
            // As much as comes at first; dropping the rest hangs up.
            true => {
                body.frame().await.map_or(Some(Bytes::new()), |it| it.ok()?.into_data().ok())?
            }
            false => body.collect().await.ok()?.to_bytes(),
        };
        let text = String::from_utf8(bytes.to_vec()).expect("the answer is text");
        if client.has_contract {
            let exchange = Exchange {
                method: method.as_str(),
                path: &path,
                request_body: &request_body,
                status: head.status.as_u16(),
                headers: &head.headers,
                text: &text,
            };
            client.seen.lock().expect("nobody panics with it").insert(exchange.hold());
        }
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Some(Answer { status: head.status.as_u16(), headers: head.headers, text, body })
    }
}

impl Answer {
    /// The problem's code, or nothing.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header is text"))
    }

    /// Sees that it is this problem.
    #[track_caller]
    pub(crate) fn expect_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
    }

    /// Sees that it is a success.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{self:?}");
        &self.body
    }
}
