//! What the API promises of sessions: the operations, and the forms of their values.

use serde_json::{Value, json};

use super::http::{LinkedView, OpenSession, OpenedView, ResolvedView, RotatedView, SessionsView};
use super::token::TOKEN_BYTES;
use super::types::USER_AGENT_CHARS_MAX;
use crate::account::{self, EXAMPLE_ID, IdentityBody, account_example, identity_example};
use crate::email_code;
use crate::http::{Method, StatusCode};
use crate::id::{AccountId, SessionId};
use crate::idempotency::repeatable;
use crate::openapi::{Answer, Operation, Parameter, forms};

/// A token as it is written, and the device of a client, for their forms alone.
pub(crate) struct TokenText;
pub(super) struct UserAgent;

forms! {
    TokenText as "SessionToken" = {
        "type": "string",
        "description": "The secret of a session: whoever has it is the player. It is told once, and \
            only its hash is kept.",
        "minLength": TOKEN_BYTES,
        "maxLength": TOKEN_BYTES,
        "pattern": "^scrs_[A-Za-z0-9_-]+$",
    };
    UserAgent as "UserAgent" = {
        "type": "string",
        "description": "A device's own description, as far as it was kept.",
        "minLength": 1,
        "maxLength": USER_AGENT_CHARS_MAX,
    };
}

/// A session and a token for examples.
const SESSION_ID: &str = "0190163d-8695-7e02-b1f4-2c9d8e7a6b50";
pub(crate) const TOKEN: &str = "scrs_ZXhhbXBsZS1vbmx5LW5vdC1hLXJlYWwtdG9rZW4tMTI";

fn session_example() -> Value {
    json!({
        "id": SESSION_ID,
        "account_id": EXAMPLE_ID,
        "created_at": "2026-11-24T12:00:00Z",
        "last_seen_at": "2026-11-24T12:00:00Z",
        "idle_expires_at": "2026-12-01T12:00:00Z",
        "expires_at": "2026-12-24T12:00:00Z",
        "client": {"user_agent": "Scrabble/1.0", "ip": "2001:db8::1"},
    })
}

/// The contract of sessions.
pub(crate) fn operations() -> Vec<Operation> {
    [of_tokens(), of_players()].concat()
}

/// What is done with the token itself, and what gives one.
fn of_tokens() -> Vec<Operation> {
    let opened = json!({
        "token": TOKEN,
        "session": session_example(),
        "account": account_example(),
        "account_created": true,
    });
    let resolve = may_be_stale(resolve());
    vec![
        repeatable(email_code::confirms(account::suspended(
            Operation::new(
                Method::POST,
                "/api/v1/internal/sessions",
                "open_session",
                "Open a session",
            )
            .described(
                "For an identity, whose account is created if there is none. Many first logins of \
                     one identity at once make one account. Every guest is a new account.",
            )
            .takes::<OpenSession>(json!({
                "identity": {"kind": "platform", "provider": "telegram", "subject": "42"},
                "profile": {"display_name": "Ann", "language": "en", "time_zone": "Europe/Riga"},
                "client": {"user_agent": "Scrabble/1.0", "ip": "2001:db8::1"},
            }))
            .answers(Answer::json::<OpenedView<'_>>(
                StatusCode::CREATED,
                "The session is open. The token is told this once.",
                opened,
            )),
        ))),
        resolve.also(Method::HEAD, "resolve_session_by_head"),
        resolve.also(Method::POST, "resolve_session_by_post"),
        resolve,
        Operation::new(
            Method::DELETE,
            "/api/v1/internal/sessions/current",
            "close_current_session",
            "Close the token's session",
        )
        .described("A token that is no live session's any more is as good as closed: 204.")
        .needs_token()
        .answers(Answer::empty(StatusCode::NO_CONTENT, "The token is worth nothing any more.")),
        repeatable(rotate()),
    ]
}

fn rotate() -> Operation {
    Operation::new(
        Method::POST,
        "/api/v1/internal/sessions/current/rotate",
        "rotate_current_session",
        "Give the token's session a new token",
    )
    .described(
        "The old token ends at once, on every replica, but is good to ask again with the same \
         `Idempotency-Key`. No body is expected.",
    )
    .needs_token()
    .answers(Answer::json::<RotatedView<'_>>(
        StatusCode::OK,
        "The session, at its new token.",
        json!({"token": TOKEN, "session": session_example()}),
    ))
}

fn resolve() -> Operation {
    let account = Parameter::new::<AccountId>("X-User-ID", "The account.", EXAMPLE_ID);
    let session = Parameter::new::<SessionId>("X-Session-ID", "The session.", SESSION_ID);
    let path = "/api/v1/internal/sessions/resolve";
    Operation::new(Method::GET, path, "resolve_session", "What a token stands for")
        .described(
            "For every request that the gateway lets through: GET, HEAD and POST do the same, so that \
             nginx `auth_request`, Traefik `ForwardAuth` and Caddy `forward_auth` can ask as they are. \
             A body is not looked at.",
        )
        .needs_token()
        .answers(
            Answer::json::<ResolvedView>(
                StatusCode::OK,
                "The token is that of a live session, whose idle time begins anew.",
                json!({
                    "session_id": SESSION_ID,
                    "account_id": EXAMPLE_ID,
                    "role": "player",
                    "expires_at": "2026-12-24T12:00:00Z",
                }),
            )
            .with_header(account)
            .with_header(session),
        )
}

/// What a player does with the sessions of an account.
fn of_players() -> Vec<Operation> {
    let own = "/api/v1/user/sessions";
    let unknown = |operation: Operation| {
        operation.fails(
            StatusCode::NOT_FOUND,
            "session_unknown",
            "The account has no such session.",
        )
    };
    vec![
        Operation::new(Method::GET, own, "list_sessions", "The caller's sessions").answers(
            Answer::json::<SessionsView<'_>>(
                StatusCode::OK,
                "The live sessions, the newest first.",
                json!({"sessions": [session_example()]}),
            ),
        ),
        Operation::new(Method::DELETE, own, "close_other_sessions", "Close the caller's sessions")
            .described("All of them, or all but the one in `X-Session-ID`.")
            .takes_header(session_header("The session that stays open."))
            .answers(Answer::empty(StatusCode::NO_CONTENT, "The sessions are closed.")),
        unknown(
            Operation::new(
                Method::DELETE,
                "/api/v1/user/sessions/{id}",
                "close_session",
                "Close one of the caller's sessions",
            )
            .takes_path(Parameter::new::<SessionId>("id", "The session.", SESSION_ID))
            .answers(Answer::empty(StatusCode::NO_CONTENT, "The session is closed.")),
        ),
        repeatable(unknown(link())),
    ]
}

fn link() -> Operation {
    let linked = {
        let mut identity = identity_example();
        identity["token"] = TOKEN.into();
        identity
    };
    let operation = Operation::new(
        Method::POST,
        "/api/v1/user/identities",
        "link_identity",
        "Add a way into the caller's account",
    )
    .described(
        "Of `kind` `platform` or `email`: a guest can't be linked, and who links is a guest no more. Linking \
             what is linked already changes nothing.",
    )
    .takes_header(session_header(
        "The session that asks: it gets a new token, and its old one ends.",
    ))
    .takes::<IdentityBody>(json!({"kind": "platform", "provider": "telegram", "subject": "42"}))
    .answers(Answer::json::<LinkedView<'_>>(
        StatusCode::CREATED,
        "The identity leads to the account.",
        linked,
    ))
    .fails(StatusCode::CONFLICT, "identity_taken", "The identity leads to another account.");
    email_code::confirms(account::unknown(account::active(operation)))
}

/// An operation that believes no token while this replica can't know what has been revoked.
pub(crate) fn may_be_stale(operation: Operation) -> Operation {
    operation.fails(
        StatusCode::SERVICE_UNAVAILABLE,
        "sessions_stale",
        "Revocations by other replicas have not been heard of for too long.",
    )
}

/// The header that names the session of the caller.
pub(crate) fn session_header(description: &'static str) -> Parameter {
    Parameter::new::<SessionId>("X-Session-ID", description, SESSION_ID)
}
