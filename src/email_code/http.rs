//! Codes over HTTP.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service::{EmailCodes, Error};
use super::types::Network;
use crate::account::{ChallengeText, Language};
use crate::email_address::EmailAddress;
use crate::http::{Outcome, Problem, Request, StatusCode, json, object, present};
use crate::mail;
use crate::openapi::ClientIp;
use crate::time::Timestamp;

/// To whom a code is sent, and who asks for it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EmailCodeRequest")]
pub(super) struct RequestCode {
    #[schemars(with = "EmailAddress")]
    email: String,
    /// In which the mail is written, where there is a text in it; else in English.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Language")]
    language: Option<String>,
    #[serde(deserialize_with = "object")]
    client: ClientBody,
}

/// The player's own address, for what one network may ask for is bounded.
// Not optional: without it nothing holds back a machine that asks for a million addresses.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EmailCodeClient")]
struct ClientBody {
    #[schemars(with = "ClientIp")]
    ip: String,
}

/// A code that is on its way.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EmailCodeSent")]
pub(super) struct RequestedView {
    #[schemars(with = "ChallengeText")]
    challenge: String,
    /// When the code is none any more.
    expires_at: Timestamp,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Throttled { retry_after } => {
                Self::too_many_requests("email_throttled", error.to_string(), retry_after)
            }
            Error::CodeInvalid => Self::forbidden("email_code_invalid", error.to_string()),
            Error::Mail(error) => error.into(),
            Error::Storage(error) => error.into(),
        }
    }
}

impl From<mail::Error> for Problem {
    fn from(error: mail::Error) -> Self {
        match error {
            mail::Error::Off => Self::unavailable("mail_not_configured", error.to_string()),
            mail::Error::Full => {
                Self::unavailable("mail_queue_full", error.to_string()).caused_by(error)
            }
            mail::Error::Storage(error) => error.into(),
        }
    }
}

/// `POST /api/v1/internal/email-codes`
pub(crate) async fn request(codes: &EmailCodes, request: Request<'_>) -> Outcome {
    let body: RequestCode = request.json().await?;
    let address: EmailAddress =
        body.email.parse().map_err(|error| Problem::invalid("email", error))?;
    let language = body.language.map(|text| text.parse()).transpose();
    let language: Option<Language> =
        language.map_err(|error| Problem::invalid("language", error))?;
    let ip: Result<IpAddr, _> = body.client.ip.parse();
    let ip = ip.map_err(|_| Problem::invalid("client.ip", "expected an IPv4 or IPv6 address"))?;
    let requested = codes.request(address, &language.unwrap_or_default(), Network::of(ip)).await?;
    let view =
        RequestedView { challenge: requested.challenge.expose(), expires_at: requested.expires_at };
    Ok(json(StatusCode::ACCEPTED, &view))
}
