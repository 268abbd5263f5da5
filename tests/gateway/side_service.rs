//! What stands beside the backend in these tests: the service that logs players in, and a backend that
//! only writes down what it is asked.

use std::convert::Infallible;
use std::future::ready;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::support::Client;

type Answer = Response<Full<Bytes>>;

/// A request as it has arrived.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Logs a player in whom the messenger has authenticated, which is believed here.
pub(crate) async fn login(backend: Client) -> SocketAddr {
    serve(move |arrived| {
        let asked: Value = serde_json::from_slice(&arrived.body).unwrap();
        let identity =
            json!({"kind": "platform", "provider": "telegram", "subject": asked["telegram_id"]});
        let open = backend.post("/api/v1/internal/sessions").json(&json!({"identity": identity}));
        async move {
            let opened = open.send().await;
            let mut answer = Response::new(Full::from(opened.text));
            *answer.status_mut() = StatusCode::from_u16(opened.status).unwrap();
            answer
        }
    })
    .await
}

/// Resolves whatever token to an account, and hands over what it is asked.
pub(crate) async fn recorder(
    account: &'static str,
    session: &'static str,
) -> (SocketAddr, mpsc::UnboundedReceiver<Arrived>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let addr = serve(move |arrived| {
        let _ = sender.send(arrived);
        let mut answer = Response::new(Full::default());
        answer.headers_mut().insert("x-user-id", HeaderValue::from_static(account));
        answer.headers_mut().insert("x-session-id", HeaderValue::from_static(session));
        ready(answer)
    })
    .await;
    (addr, receiver)
}

/// Serves until the test's runtime ends.
async fn serve<H, F>(handle: H) -> SocketAddr
where
    H: Fn(Arrived) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Answer> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let handle = handle.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let handle = handle.clone();
                async move {
                    let (head, body) = request.into_parts();
                    let body = body.collect().await.unwrap().to_bytes();
                    let (method, path) = (head.method.to_string(), head.uri.to_string());
                    Ok::<_, Infallible>(
                        handle(Arrived { method, path, headers: head.headers, body }).await,
                    )
                }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
        }
    });
    addr
}
