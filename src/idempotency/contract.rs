//! What the API promises of requests that may be repeated.

use super::http::{KEY_BYTES_MAX, KEY_BYTES_MIN, Key};
use crate::http::StatusCode;
use crate::openapi::{IN_FLIGHT, Operation, Parameter, forms};

/// The mark of an answer that is given again, for its form alone.
struct Replayed;

forms! {
    Key as "IdempotencyKey" = {
        "type": "string",
        "description": "Visible ASCII characters that nobody guesses, such as a new UUID; quotes \
            around them are left aside.",
        "pattern": key_pattern(),
    };
    Replayed as "IdempotencyReplayed" = {
        "type": "string",
        "description": "The answer was given before.",
        "const": "true",
    };
}

/// A key in quotes, or one that is not in quotes at both ends.
fn key_pattern() -> String {
    let (min, max) = (KEY_BYTES_MIN, KEY_BYTES_MAX);
    let but_one = format!("{},{}", min - 1, max - 1);
    let but_two = format!("{},{}", min - 2, max - 2);
    format!(r#"^("[!-~]{{{min},{max}}}"|[!#-~][!-~]{{{but_one}}}|"[!-~]{{{but_two}}}[!#-~])$"#)
}

/// An operation that is done once for each `Idempotency-Key`.
pub(crate) fn repeatable(operation: Operation) -> Operation {
    named(
        operation,
        "The name of this very request. Asked again with it and with the same body, within a day, the \
         first success is answered again; its session token within ten minutes, then null. After a \
         failure the request is made anew.",
    )
    .fails(
        StatusCode::CONFLICT,
        IN_FLIGHT,
        "A request with this `Idempotency-Key` is being answered.",
    )
}

/// The same where what is done is stored together with the key, so that it is known for good.
pub(crate) fn repeatable_for_good(operation: Operation) -> Operation {
    named(
        operation,
        "The name of this very request. Asked again with it and with the same body, at any time, the \
         first success is answered again. After a failure the request is made anew.",
    )
}

fn named(operation: Operation, description: &'static str) -> Operation {
    let example = "0192d5e8-7a44-7bd2-9c52-54a1c6e5d7f0";
    let key = Parameter::new::<Key>("Idempotency-Key", description, example);
    let replayed = Parameter::new::<Replayed>(
        "Idempotency-Replayed",
        "There where the answer is that to an earlier request.",
        "true",
    );
    operation.takes_header(key).answers_header(&replayed.optional()).fails(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        "This `Idempotency-Key` was used with another body.",
    )
}
