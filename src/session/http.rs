//! Sessions over HTTP.

use std::net::IpAddr;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contract::{TokenText, UserAgent};
use super::service::{Error, Sessions};
use super::token::Token;
use super::types::{Client, Policy, Resolved, Session};
use crate::account::{AccountView, Claim, IdentityBody, IdentityView, ProfileBody, Role};
use crate::email_code::Code;
use crate::http::header::{HeaderValue, WWW_AUTHENTICATE};
use crate::http::{
    Outcome, Problem, Request, Response, StatusCode, X_SESSION_ID, X_USER_ID, empty, json,
    json_bytes, object, of_account, present,
};
use crate::id::{AccountId, ID_TEXT_BYTES, SessionId};
use crate::openapi::ClientIp;
use crate::time::{TIMESTAMP_TEXT_BYTES, Timestamp};

/// What the answer to a resolved token takes at most.
const RESOLVED_BYTES_MAX: usize = 192;

/// Who comes, and from where.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSession")]
pub(super) struct OpenSession {
    #[serde(deserialize_with = "object")]
    identity: IdentityBody,
    /// For a new account only.
    #[serde(default, deserialize_with = "object")]
    profile: ProfileBody,
    #[serde(default, deserialize_with = "object")]
    client: ClientBody,
}

/// The device and the address from which a session is opened.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewClient")]
struct ClientBody {
    /// The device's own description, of which the first 512 characters are kept.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    user_agent: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "ClientIp")]
    ip: Option<String>,
}

/// A session that was just opened, with its account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OpenedSession")]
pub(super) struct OpenedView<'a> {
    /// Null where the answer is given again for an `Idempotency-Key` and the token is forgotten.
    #[schemars(with = "Option<TokenText>")]
    token: &'a str,
    session: SessionView<'a>,
    account: AccountView<'a>,
    /// Whether the account was made for it.
    account_created: bool,
}

/// A session with its new token.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RotatedSession")]
pub(super) struct RotatedView<'a> {
    /// Null where the answer is given again for an `Idempotency-Key` and the token is forgotten.
    #[schemars(with = "Option<TokenText>")]
    token: &'a str,
    session: SessionView<'a>,
}

/// A session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
struct SessionView<'a> {
    id: SessionId,
    account_id: AccountId,
    created_at: Timestamp,
    last_seen_at: Timestamp,
    idle_expires_at: Timestamp,
    expires_at: Timestamp,
    client: ClientView<'a>,
}

/// The device and the address from which a session was opened.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Client")]
struct ClientView<'a> {
    #[schemars(with = "Option<UserAgent>")]
    user_agent: Option<&'a str>,
    #[schemars(with = "Option<ClientIp>")]
    ip: Option<IpAddr>,
}

/// An identity that was just linked, with the new token of the session that has linked it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LinkedIdentity")]
pub(super) struct LinkedView<'a> {
    #[serde(flatten)]
    identity: IdentityView<'a>,
    /// The new token of the session in `X-Session-ID`, in place of its old one. Null where the
    /// answer is given again for an `Idempotency-Key` and the token is forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<TokenText>")]
    token: Option<&'a str>,
}

/// Sessions, the newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Sessions")]
pub(super) struct SessionsView<'a> {
    sessions: Vec<SessionView<'a>>,
}

/// What a token stands for.
// Written by hand in `resolved_answer`; here for the contract, and for the test that compares the two.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ResolvedSession")]
pub(super) struct ResolvedView {
    session_id: SessionId,
    account_id: AccountId,
    role: Role,
    expires_at: Timestamp,
}

impl ClientBody {
    fn parse(&self) -> Result<Client, Problem> {
        Client::parse(self.user_agent.as_deref(), self.ip.as_deref())
            .map_err(|error| Problem::invalid("client.ip", error))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::SessionUnknown => Self::not_found("session_unknown", error.to_string()),
            Error::Account(error) => error.into(),
            Error::Code(error) => error.into(),
            Error::Storage(error) => error.into(),
            Error::Stale => Self::unavailable("sessions_stale", error.to_string()).caused_by(error),
            Error::CutOff(_) => Self::internal(error),
        }
    }
}

/// `POST /api/v1/internal/sessions`
pub(crate) async fn open(sessions: &Sessions, request: Request<'_>) -> Outcome {
    let body: OpenSession = request.json().await?;
    let client = body.client.parse()?;
    let (claim, profile) = (body.identity.parse("identity.")?, body.profile.parse("profile.")?);
    let opened = match claim {
        Claim::Proved(identity) => sessions.open(identity, profile, client).await?,
        Claim::EmailCode { challenge, code } => {
            let code = parse_code("identity.code", &code)?;
            sessions.open_by_code(&challenge, &code, profile, client).await?
        }
    };
    let view = OpenedView {
        token: opened.token.expose(),
        session: session_view(&opened.session, sessions.policy()),
        account: AccountView::new(&opened.account, opened.session.created_at),
        account_created: opened.account_created,
    };
    Ok(of_account(json(StatusCode::CREATED, &view), opened.account.id))
}

/// `GET HEAD POST /api/v1/internal/sessions/resolve`
pub(crate) async fn resolve(sessions: &Sessions, request: Request<'_>) -> Outcome {
    let Some(token) = request.bearer() else { return Err(session_invalid()) };
    let Some(resolved) = sessions.resolve(token).await? else { return Err(session_invalid()) };
    Ok(resolved_answer(&resolved))
}

/// `POST /api/v1/internal/sessions/current/rotate`
pub(crate) async fn rotate(sessions: &Sessions, request: Request<'_>) -> Outcome {
    let token = request.bearer().ok_or_else(session_invalid)?;
    let rotated = sessions.rotate(token).await?.ok_or_else(session_invalid)?;
    let session = session_view(&rotated.session, sessions.policy());
    let view = RotatedView { token: rotated.token.expose(), session };
    Ok(of_account(json(StatusCode::OK, &view), rotated.session.account_id))
}

/// `DELETE /api/v1/internal/sessions/current`
pub(crate) async fn close_current(sessions: &Sessions, request: Request<'_>) -> Outcome {
    let token = request.bearer().ok_or_else(session_invalid)?;
    sessions.close(token).await?;
    Ok(empty())
}

/// `POST /api/v1/user/identities`
pub(crate) async fn link(sessions: &Sessions, request: Request<'_>) -> Outcome {
    let (caller, session_id) = (request.caller()?, request.header(&X_SESSION_ID)?);
    let linked = match request.json::<IdentityBody>().await?.parse("")? {
        Claim::Proved(identity) => sessions.link(caller, identity, session_id).await?,
        Claim::EmailCode { challenge, code } => {
            let code = parse_code("code", &code)?;
            sessions.link_by_code(caller, &challenge, &code, session_id).await?
        }
    };
    let view = LinkedView {
        identity: IdentityView::new(&linked.identity),
        token: linked.token.as_ref().map(Token::expose),
    };
    Ok(json(StatusCode::CREATED, &view))
}

/// `GET /api/v1/user/sessions`
pub(crate) async fn list(sessions: &Sessions, request: Request<'_>) -> Outcome {
    let found = sessions.list(request.caller()?).await?;
    let views = found.iter().map(|session| session_view(session, sessions.policy())).collect();
    Ok(json(StatusCode::OK, &SessionsView { sessions: views }))
}

/// `DELETE /api/v1/user/sessions/{id}`
pub(crate) async fn revoke(sessions: &Sessions, request: Request<'_>) -> Outcome {
    sessions.revoke(request.caller()?, request.path("id")?).await?;
    Ok(empty())
}

/// `DELETE /api/v1/user/sessions`
pub(crate) async fn revoke_others(sessions: &Sessions, request: Request<'_>) -> Outcome {
    sessions.revoke_others(request.caller()?, request.header(&X_SESSION_ID)?).await?;
    Ok(empty())
}

fn parse_code(field: &str, text: &str) -> Result<Code, Problem> {
    text.parse().map_err(|error| Problem::invalid(field, error))
}

/// The one answer to every token that is not a live session's, whatever the reason: it tells a thief
/// nothing.
fn session_invalid() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "session_invalid",
        "expected the token of a live session",
    )
    .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))
}

/// `{"session_id","account_id","role","expires_at"}`, with the ids as headers for proxies that read
/// no body. The busiest of all answers is written by hand: every id once, and the headers are slices
/// of the body.
fn resolved_answer(resolved: &Resolved) -> Response {
    let mut body = Vec::with_capacity(RESOLVED_BYTES_MAX);
    let mut push = |before: &str, value: &str| {
        body.extend_from_slice(before.as_bytes());
        let from = body.len();
        body.extend_from_slice(value.as_bytes());
        from..body.len()
    };
    let (mut id, mut time) = ([0; ID_TEXT_BYTES], [0; TIMESTAMP_TEXT_BYTES]);
    let session_id = push("{\"session_id\":\"", resolved.session_id.encode(&mut id));
    let account_id = push("\",\"account_id\":\"", resolved.account_id.encode(&mut id));
    push("\",\"role\":\"", resolved.role.as_str());
    push("\",\"expires_at\":\"", resolved.expires_at.encode(&mut time));
    push("\"}", "");
    let body = Bytes::from(body);
    let header = |range| {
        HeaderValue::from_maybe_shared(body.slice(range)).expect("an id is a header's value")
    };
    let (session_id, account_id) = (header(session_id), header(account_id));
    let mut response = json_bytes(StatusCode::OK, body);
    let headers = response.headers_mut();
    headers.insert(X_USER_ID, account_id);
    headers.insert(X_SESSION_ID, session_id);
    response
}

fn session_view<'a>(session: &'a Session, policy: &Policy) -> SessionView<'a> {
    SessionView {
        id: session.id,
        account_id: session.account_id,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        idle_expires_at: session.idle_expires_at(policy),
        expires_at: session.expires_at,
        client: ClientView { user_agent: session.client.user_agent(), ip: session.client.ip() },
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn the_answer_written_by_hand_is_what_serde_would_write() {
        for (role, micros) in [(Role::Player, 1_764_000_000_123_456), (Role::Operator, 1)] {
            let expires_at = Timestamp::from_micros(micros);
            let (session_id, account_id) = (SessionId::new(expires_at), AccountId::new(expires_at));
            let resolved = Resolved { session_id, account_id, role, expires_at };
            let response = resolved_answer(&resolved);
            assert_eq!(response.headers()[X_USER_ID], account_id.to_string());
            assert_eq!(response.headers()[X_SESSION_ID], session_id.to_string());
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert!(body.len() <= RESOLVED_BYTES_MAX);
            let expected = ResolvedView { session_id, account_id, role, expires_at };
            assert_eq!(body, serde_json::to_vec(&expected).unwrap());
        }
    }
}
