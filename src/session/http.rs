//! Sessions over HTTP.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::service::{Error, Sessions};
use super::types::{Client, Policy, Session};
use crate::account::{AccountView, IdentityBody, ProfileBody, Role};
use crate::http::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use crate::http::{Outcome, Problem, Request, StatusCode, empty, json, present};
use crate::id::{AccountId, ID_TEXT_BYTES, SessionId};
use crate::time::Timestamp;

const X_USER_ID: HeaderName = HeaderName::from_static("x-user-id");
const X_SESSION_ID: HeaderName = HeaderName::from_static("x-session-id");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenSession {
    identity: IdentityBody,
    #[serde(default)]
    profile: ProfileBody,
    #[serde(default)]
    client: ClientBody,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientBody {
    #[serde(default, deserialize_with = "present")]
    user_agent: Option<String>,
    #[serde(default, deserialize_with = "present")]
    ip: Option<String>,
}

#[derive(Serialize)]
struct OpenedView<'a> {
    token: &'a str,
    session: SessionView<'a>,
    account: AccountView<'a>,
    account_created: bool,
}

#[derive(Serialize)]
struct SessionView<'a> {
    id: SessionId,
    account_id: AccountId,
    created_at: Timestamp,
    last_seen_at: Timestamp,
    idle_expires_at: Timestamp,
    expires_at: Timestamp,
    client: ClientView<'a>,
}

#[derive(Serialize)]
struct ClientView<'a> {
    user_agent: Option<&'a str>,
    ip: Option<IpAddr>,
}

#[derive(Serialize)]
struct SessionsView<'a> {
    sessions: Vec<SessionView<'a>>,
}

#[derive(Serialize)]
struct ResolvedView {
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
            Error::Storage(error) => error.into(),
            Error::CutOff(_) => Self::internal(error),
        }
    }
}

/// `POST /api/v1/internal/sessions`
pub(crate) async fn open(sessions: &Sessions, request: Request) -> Outcome {
    let body: OpenSession = request.json().await?;
    let client = body.client.parse()?;
    let opened = sessions
        .open(body.identity.parse("identity.")?, body.profile.parse("profile.")?, client)
        .await?;
    let view = OpenedView {
        token: opened.token.expose(),
        session: session_view(&opened.session, sessions.policy()),
        account: AccountView::new(&opened.account, opened.session.created_at),
        account_created: opened.account_created,
    };
    Ok(json(StatusCode::CREATED, &view))
}

/// `GET HEAD POST /api/v1/internal/sessions/resolve`
pub(crate) async fn resolve(sessions: &Sessions, request: Request) -> Outcome {
    let Some(token) = request.bearer() else { return Err(session_invalid()) };
    let Some(resolved) = sessions.resolve(token).await? else { return Err(session_invalid()) };
    let view = ResolvedView {
        session_id: resolved.session_id,
        account_id: resolved.account_id,
        role: resolved.role,
        expires_at: resolved.expires_at,
    };
    let mut response = json(StatusCode::OK, &view);
    let mut text = [0; ID_TEXT_BYTES];
    let headers = response.headers_mut();
    headers.insert(X_USER_ID, id_header(resolved.account_id.encode(&mut text)));
    headers.insert(X_SESSION_ID, id_header(resolved.session_id.encode(&mut text)));
    Ok(response)
}

/// `DELETE /api/v1/internal/sessions/current`
pub(crate) async fn close_current(sessions: &Sessions, request: Request) -> Outcome {
    let token = request.bearer().ok_or_else(session_invalid)?;
    sessions.close(token).await?;
    Ok(empty())
}

/// `GET /api/v1/user/sessions`
pub(crate) async fn list(sessions: &Sessions, request: Request) -> Outcome {
    let found = sessions.list(request.caller()?).await?;
    let views = found.iter().map(|session| session_view(session, sessions.policy())).collect();
    Ok(json(StatusCode::OK, &SessionsView { sessions: views }))
}

/// `DELETE /api/v1/user/sessions/{id}`
pub(crate) async fn revoke(sessions: &Sessions, request: Request) -> Outcome {
    sessions.revoke(request.caller()?, request.path("id")?).await?;
    Ok(empty())
}

/// `DELETE /api/v1/user/sessions`
pub(crate) async fn revoke_others(sessions: &Sessions, request: Request) -> Outcome {
    sessions.revoke_others(request.caller()?, request.header("x-session-id")?).await?;
    Ok(empty())
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

fn id_header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("an id is a header's value")
}

fn session_view<'a>(session: &'a Session, policy: &Policy) -> SessionView<'a> {
    SessionView {
        id: session.id,
        account_id: session.account_id,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        idle_expires_at: policy.idle_expires_at(
            session.role,
            session.last_seen_at,
            session.expires_at,
        ),
        expires_at: session.expires_at,
        client: ClientView { user_agent: session.client.user_agent(), ip: session.client.ip() },
    }
}
