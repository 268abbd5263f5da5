//! Every route of the service, in one table: the newcomer's index.
//!
//! Owns method, path, group and handler of each, and the contract of all of them together. The tests
//! walk it to see that each has its cases and its operation.

use std::future::ready;
use std::sync::LazyLock;

use futures_util::future::BoxFuture;

use crate::account::{self as accounts, Accounts, http as account};
use crate::admin::{self as administration, Admin, http as admin};
use crate::block::{self as blocking, Blocks, http as block};
use crate::closure::{self as closing, Closure, http as closure};
use crate::email_code::{self as email_codes, EmailCodes, http as email_code};
use crate::events::{self, Events, http as event};
use crate::health;
use crate::http::Group::{Admin as ForAdmin, Internal, Probe, Public, User};
use crate::http::{Group, Handler, Method, Outcome, Request, Route};
use crate::idempotency::{Idempotency, http::once};
use crate::lobby::{
    self as lobbies, Lobby, http as lobby, invitation::http as invitation, seek::http as seek,
};
use crate::matchmaking::{self as matches, Matchmaking, http as matchmaking};
use crate::openapi::{self, Contract, Operation};
use crate::presence::{self as presences, Presence, http as presence};
use crate::rating::{self as ratings, Ratings, http as rating};
use crate::runtime::{self as games, Games, http as game};
use crate::session::{self as sessions, Sessions, http as session};

/// What handlers are handed.
#[derive(Debug, Clone)]
pub struct Services {
    /// Identity and accounts.
    pub accounts: Accounts,
    /// Codes by e-mail.
    pub email_codes: EmailCodes,
    /// Sessions.
    pub sessions: Sessions,
    /// The end of accounts.
    pub closure: Closure,
    /// Administration.
    pub admin: Admin,
    /// Requests that may be repeated.
    pub idempotency: Idempotency,
    /// Ratings.
    pub ratings: Ratings,
    /// Blocks between players.
    pub blocks: Blocks,
    /// Games.
    pub games: Games,
    /// How players find each other.
    pub lobby: Lobby,
    /// Those who wait for opponents.
    pub matchmaking: Matchmaking,
    /// Who is here.
    pub presence: Presence,
    /// What players are to be told.
    pub events: Events,
    /// Whether the process can do its work.
    pub health: health::Health,
}

/// The table.
#[must_use]
#[rustfmt::skip]
pub fn table() -> Vec<Route<Services>> {
    const GET: Method = Method::GET;
    const HEAD: Method = Method::HEAD;
    const POST: Method = Method::POST;
    const PUT: Method = Method::PUT;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    vec![
        route(GET,    "/healthz", Probe, |_, _| Box::pin(ready(health::alive()))),
        route(GET,    "/readyz",  Probe, |on, _| Box::pin(health::ready(&on.health))),

        route(POST,   "/api/v1/internal/sessions",         Internal, |on, request| Box::pin(once(&on.idempotency, on, request, open))),
        route(GET,    "/api/v1/internal/sessions/resolve", Internal, resolve),
        route(HEAD,   "/api/v1/internal/sessions/resolve", Internal, resolve),
        route(POST,   "/api/v1/internal/sessions/resolve", Internal, resolve),
        route(DELETE, "/api/v1/internal/sessions/current", Internal, |on, request| Box::pin(session::close_current(&on.sessions, request))),
        route(POST,   "/api/v1/internal/sessions/current/rotate", Internal, |on, request| Box::pin(once(&on.idempotency, on, request, rotate))),
        route(POST,   "/api/v1/internal/email-codes",      Internal, |on, request| Box::pin(once(&on.idempotency, on, request, request_email_code))),
        route(POST,   "/api/v1/internal/accounts/lookup",  Internal, |on, request| Box::pin(account::lookup(&on.accounts, request))),
        route(GET,    "/api/v1/internal/accounts/{id}",    Internal, |on, request| Box::pin(account::show(&on.accounts, request))),
        route(GET,    "/api/v1/internal/accounts/{id}/ratings", Internal, |on, request| Box::pin(rating::list(&on.ratings, request))),
        route(POST,   "/api/v1/internal/presence",         Internal, |on, request| Box::pin(presence::report(&on.presence, request))),
        route(GET,    "/api/v1/internal/presence",         Internal, |on, _| Box::pin(presence::count(&on.presence))),
        route(POST,   "/api/v1/internal/presence/lookup",  Internal, |on, request| Box::pin(presence::lookup(&on.presence, request))),
        route(GET,    "/api/v1/internal/events",           Internal, |on, request| Box::pin(event::stream(&on.events, request))),

        route(GET,    "/api/v1/user/account",         User, |on, request| Box::pin(account::show_own(&on.accounts, request))),
        route(PATCH,  "/api/v1/user/account",         User, |on, request| Box::pin(account::update_own(&on.accounts, request))),
        route(DELETE, "/api/v1/user/account",         User, |on, request| Box::pin(closure::erase_own(&on.closure, request))),
        route(POST,   "/api/v1/user/account/merge",   User, |on, request| Box::pin(once(&on.idempotency, on, request, merge_own))),
        route(GET,    "/api/v1/user/identities",      User, |on, request| Box::pin(account::list_identities(&on.accounts, request))),
        route(POST,   "/api/v1/user/identities",      User, |on, request| Box::pin(once(&on.idempotency, on, request, link))),
        route(DELETE, "/api/v1/user/identities/{id}", User, |on, request| Box::pin(account::unlink(&on.accounts, request))),
        route(GET,    "/api/v1/user/sessions",        User, |on, request| Box::pin(session::list(&on.sessions, request))),
        route(DELETE, "/api/v1/user/sessions",        User, |on, request| Box::pin(session::revoke_others(&on.sessions, request))),
        route(DELETE, "/api/v1/user/sessions/{id}",   User, |on, request| Box::pin(session::revoke(&on.sessions, request))),
        route(GET,    "/api/v1/user/ratings",         User, |on, request| Box::pin(rating::list_own(&on.ratings, request))),

        route(GET,    "/api/v1/user/blocks",          User, |on, request| Box::pin(block::list(&on.blocks, request))),
        route(PUT,    "/api/v1/user/blocks/{id}",     User, |on, request| Box::pin(block::block(&on.blocks, request))),
        route(DELETE, "/api/v1/user/blocks/{id}",     User, |on, request| Box::pin(block::unblock(&on.blocks, request))),
        route(GET,    "/api/v1/user/presence",        User, |on, request| Box::pin(presence::show(&on.presence, request))),

        route(GET,    "/api/v1/user/games",               User, |on, request| Box::pin(game::list(&on.games, request))),
        route(GET,    "/api/v1/user/games/{id}",          User, |on, request| Box::pin(game::show(&on.games, request))),
        route(GET,    "/api/v1/user/games/{id}/steps",    User, |on, request| Box::pin(game::steps(&on.games, request))),
        route(POST,   "/api/v1/user/games/{id}/commands", User, |on, request| Box::pin(game::command(&on.games, request))),

        route(POST,   "/api/v1/user/games/{id}/rematch",  User, |on, request| Box::pin(once(&on.idempotency, on, request, rematch))),

        route(GET,    "/api/v1/user/seeks",               User, |on, request| Box::pin(seek::list(&on.lobby, request))),
        route(POST,   "/api/v1/user/seeks",               User, |on, request| Box::pin(once(&on.idempotency, on, request, open_seek))),
        route(GET,    "/api/v1/user/seeks/{id}",          User, |on, request| Box::pin(seek::show(&on.lobby, request))),
        route(DELETE, "/api/v1/user/seeks/{id}",          User, |on, request| Box::pin(seek::leave(&on.lobby, request))),
        route(POST,   "/api/v1/user/seeks/{id}/join",     User, |on, request| Box::pin(once(&on.idempotency, on, request, join_seek))),
        route(GET,    "/api/v1/user/invitations",         User, |on, request| Box::pin(invitation::list(&on.lobby, request))),
        route(POST,   "/api/v1/user/invitations",         User, |on, request| Box::pin(once(&on.idempotency, on, request, invite))),
        route(GET,    "/api/v1/user/invitations/{id}",    User, |on, request| Box::pin(invitation::show(&on.lobby, request))),
        route(DELETE, "/api/v1/user/invitations/{id}",    User, |on, request| Box::pin(invitation::close(&on.lobby, request))),
        route(POST,   "/api/v1/user/invitations/{id}/accept", User, |on, request| Box::pin(once(&on.idempotency, on, request, accept_invitation))),
        route(POST,   "/api/v1/user/matchmaking",         User, |on, request| Box::pin(once(&on.idempotency, on, request, enter_matchmaking))),
        route(GET,    "/api/v1/user/matchmaking",         User, |on, request| Box::pin(matchmaking::show(&on.matchmaking, request))),
        route(DELETE, "/api/v1/user/matchmaking",         User, |on, request| Box::pin(matchmaking::leave(&on.matchmaking, request))),
        route(POST,   "/api/v1/user/matchmaking/renew",   User, |on, request| Box::pin(matchmaking::renew(&on.matchmaking, request))),

        route(GET,    "/api/v1/public/rules", Public, |on, _| Box::pin(ready(lobby::rules(&on.lobby)))),
        route(GET,    openapi::PATH, Public, |_, request| Box::pin(ready(contract().show(&request)))),

        route(PUT,    "/api/v1/admin/accounts/{id}/suspension", ForAdmin, |on, request| Box::pin(admin::suspend(&on.admin, request))),
        route(DELETE, "/api/v1/admin/accounts/{id}/suspension", ForAdmin, |on, request| Box::pin(admin::lift_suspension(&on.admin, request))),
        route(POST,   "/api/v1/admin/accounts/{id}/merge",      ForAdmin, |on, request| Box::pin(once(&on.idempotency, on, request, merge))),
        route(DELETE, "/api/v1/admin/accounts/{id}",            ForAdmin, |on, request| Box::pin(admin::erase(&on.admin, request))),
    ]
}

/// What every route of the table takes and answers.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let told = [games::event_forms(), lobbies::event_forms(), presences::event_forms()].concat();
    [
        accounts::operations(),
        sessions::operations(),
        closing::operations(),
        email_codes::operations(),
        administration::operations(),
        ratings::operations(),
        blocking::operations(),
        presences::operations(),
        matches::operations(),
        games::operations(),
        lobbies::operations(),
        events::operations(told),
        openapi::operations(),
        health::operations(),
    ]
    .concat()
}

/// The contract, made when it is first asked for.
pub fn contract() -> &'static Contract {
    static CONTRACT: LazyLock<Contract> =
        LazyLock::new(|| Contract::new(&openapi::document(&table(), &operations())));
    &CONTRACT
}

fn resolve<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(session::resolve(&on.sessions, request))
}

fn open<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(session::open(&on.sessions, request))
}

fn request_email_code<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(email_code::request(&on.email_codes, request))
}

fn rotate<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(session::rotate(&on.sessions, request))
}

fn merge<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(admin::merge(&on.admin, request))
}

fn merge_own<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(closure::merge_own(&on.closure, request))
}

fn open_seek<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(seek::open(&on.lobby, request))
}

fn join_seek<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(seek::join(&on.lobby, request))
}

fn invite<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(invitation::invite(&on.lobby, request))
}

fn accept_invitation<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(invitation::accept(&on.lobby, request))
}

fn enter_matchmaking<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(matchmaking::enter(&on.matchmaking, request))
}

fn rematch<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(invitation::rematch(&on.lobby, request))
}

fn link<'a>(on: &'a Services, request: Request<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(session::link(&on.sessions, request))
}

fn route(
    method: Method,
    path: &'static str,
    group: Group,
    handler: Handler<Services>,
) -> Route<Services> {
    Route { method, path, group, handler }
}
