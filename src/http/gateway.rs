//! Whether a request comes from the platform's own: the gateway or a side service.
//!
//! Owns the header in which they show the secret, and the comparison. Which secrets there are is the
//! configuration's affair; where none is set, nobody is asked.

use hyper::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use hyper::{HeaderMap, StatusCode};
use subtle::{Choice, ConstantTimeEq};

use super::problem::Problem;
use crate::config::GatewaySecrets;

const X_GATEWAY_SECRET: HeaderName = HeaderName::from_static("x-gateway-secret");

/// Whether the request carries one of the secrets, exactly once. The time it takes tells at most how
/// long they are.
pub(super) fn is_known(secrets: &GatewaySecrets, headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(X_GATEWAY_SECRET).iter();
    let (Some(given), None) = (values.next(), values.next()) else { return false };
    // All are looked at, so that nobody learns which of them is near.
    let known = secrets
        .expose()
        .fold(Choice::from(0), |known, secret| known | secret.ct_eq(given.as_bytes()));
    known.into()
}

/// What a stray process is told. The challenge is not that of a player's token, so that a gateway
/// with a wrong secret can tell its own fault from a session that is over.
pub(super) fn unknown() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "gateway_unknown",
        "expected the header X-Gateway-Secret with the secret of this service, once",
    )
    .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("X-Gateway-Secret"))
}
