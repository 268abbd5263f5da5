//! A handler that is run once for each `Idempotency-Key`.

use std::panic::AssertUnwindSafe;
use std::str::FromStr;

use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::BodyExt;

use super::kept::Kept;
use super::service::{Claimed, Error, Idempotency};
use crate::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, RETRY_AFTER};
use crate::http::{Handler, Outcome, Problem, Request, Response, StatusCode};
use crate::id::{AccountId, ID_TEXT_BYTES};
use crate::task::complete;
use crate::telemetry::Chain;

/// The header that names a request.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The headers that are kept with an answer.
const KEPT_HEADERS: [HeaderName; 2] = [CONTENT_TYPE, ETAG];

/// The bounds of a key: long enough that nobody guesses it, for it seals the answer.
pub(super) const KEY_BYTES_MIN: usize = 16;
pub(super) const KEY_BYTES_MAX: usize = 255;

/// A key, without quotes.
pub(crate) struct Key(String);

#[derive(Debug, thiserror::Error)]
#[error("expected 16 to 255 visible ASCII characters, such as a new UUID")]
pub(crate) struct InvalidKey;

impl Key {
    /// Its text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Key {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        // The header's draft standard has it in quotes; hardly anybody sends them.
        let key = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let is_key = (KEY_BYTES_MIN..=KEY_BYTES_MAX).contains(&key.len())
            && key.bytes().all(|byte| byte.is_ascii_graphic());
        if is_key { Ok(Self(key.to_owned())) } else { Err(InvalidKey) }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::InFlight => Self::conflict("request_in_flight", error.to_string())
                .with_header(RETRY_AFTER, HeaderValue::from_static("1")),
            Error::Reused => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self::new(status, "idempotency_key_reused", error.to_string())
            }
            Error::Storage(error) => error.into(),
            Error::Damaged => Self::internal(error),
        }
    }
}

/// Runs a handler; where the request has an `Idempotency-Key`, only if it was not run for it already,
/// and then to its end, even if the caller hangs up. A success is kept, and given to who asks again;
/// after a failure the request may be made again.
pub(crate) async fn once<S: Clone + Send + Sync + 'static>(
    idempotency: &Idempotency,
    services: &S,
    request: Request<'_>,
    handler: Handler<S>,
) -> Outcome {
    let Some(Key(key)) = request.header(&IDEMPOTENCY_KEY)? else {
        return handler(services, request).await;
    };
    let request = request.arrived().await?;
    let (idempotency, services) = (idempotency.clone(), services.clone());
    // From the claim on, so that nobody who hangs up leaves one behind that is worked on no more.
    let answering =
        async move { answer_once(&idempotency, &services, request, &key, handler).await };
    complete(answering).await.unwrap_or_else(|cut_off| Err(Problem::internal(cut_off)))
}

async fn answer_once<S>(
    idempotency: &Idempotency,
    services: &S,
    request: Request<'static>,
    key: &str,
    handler: Handler<S>,
) -> Outcome {
    let caller = request.caller().ok();
    let mut buffer = [0; ID_TEXT_BYTES];
    // A player keeps his place whatever token he comes with: linking and merging give him another one.
    let by = match caller {
        Some(id) => id.encode(&mut buffer),
        None => request.bearer().unwrap_or_default(),
    };
    let scope = [request.method().as_str(), request.target(), by].map(str::as_bytes);
    let claim = match idempotency.claim(key, &scope, request.body()).await? {
        Claimed::Now(claim) => claim,
        Claimed::Before(kept) => return replay(kept),
    };
    let (outcome, settled) = match AssertUnwindSafe(handler(services, request)).catch_unwind().await
    {
        Ok(Ok(response)) => {
            let account_id = response.extensions().get::<AccountId>().copied().or(caller);
            let (response, kept) = kept(response).await;
            let settled = idempotency.keep(&claim, account_id, kept).await;
            (Ok(Ok(response)), settled)
        }
        failed => (failed, idempotency.release(&claim).await),
    };
    if let Err(error) = settled {
        tracing::warn!(cause = %Chain(&error), "what became of an Idempotency-Key could not be stored");
    }
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A response, and what is kept of it.
async fn kept(response: Response) -> (Response, Kept) {
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_or_else(|never| match never {}, |body| body.to_bytes());
    let headers = KEPT_HEADERS
        .iter()
        .filter_map(|name| {
            let value = head.headers.get(name)?.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        })
        .collect();
    let kept = Kept {
        status: head.status.as_u16(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    (Response::from_parts(head, body.into()), kept)
}

fn replay(kept: Kept) -> Outcome {
    let mut response = Response::new(Bytes::from(kept.body).into());
    *response.status_mut() = StatusCode::from_u16(kept.status).map_err(|_| Error::Damaged)?;
    for (name, value) in kept.headers {
        let name =
            KEPT_HEADERS.iter().find(|known| known.as_str() == name).ok_or(Error::Damaged)?;
        let value = HeaderValue::from_str(&value).map_err(|_| Error::Damaged)?;
        response.headers_mut().insert(name, value);
    }
    mark_replayed(&mut response);
    Ok(response)
}

/// Says of an answer that it was given before.
pub(crate) fn mark_replayed(response: &mut Response) {
    response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
}
