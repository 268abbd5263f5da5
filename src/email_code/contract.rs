//! What the API promises of codes by e-mail.

use serde_json::json;

use super::http::{RequestCode, RequestedView};
use crate::http::{Method, StatusCode};
use crate::idempotency::repeatable;
use crate::openapi::{Answer, Operation};

/// The contract of codes.
pub(crate) fn operations() -> Vec<Operation> {
    let request = Operation::new(
        Method::POST,
        "/api/v1/internal/email-codes",
        "request_email_code",
        "Send a code to an e-mail address",
    )
    .described(
        "To log in with, or to link the address. Whether the address is anybody's is neither looked at \
         nor told. The code holds for ten minutes, five tries and one use, and only with the challenge.",
    )
    .takes::<RequestCode>(json!({
        "email": "ann@example.com",
        "language": "en",
        "client": {"ip": "2001:db8::1"},
    }))
    .answers(Answer::json::<RequestedView>(
        StatusCode::ACCEPTED,
        "The mail is queued. The challenge is told this once.",
        json!({
            "challenge": "5f1c2e9a7b3d4c60a1b2c3d4e5f607185f1c2e9a",
            "expires_at": "2026-11-24T12:10:00Z",
        }),
    ))
    .fails(
        StatusCode::TOO_MANY_REQUESTS,
        "email_throttled",
        "The address, or the network of the client, has had as many codes as it may for now.",
    )
    .fails(
        StatusCode::SERVICE_UNAVAILABLE,
        "mail_not_configured",
        "The service has no mail server.",
    )
    .fails(StatusCode::SERVICE_UNAVAILABLE, "mail_queue_full", "Too much mail waits to be sent.");
    vec![repeatable(request)]
}

/// An operation that may be shown a code.
pub(crate) fn confirms(operation: Operation) -> Operation {
    operation.fails(
        StatusCode::FORBIDDEN,
        "email_code_invalid",
        "The code is wrong, used up, expired or tried too often, or there is no such challenge; which \
         of them is not told.",
    )
}
