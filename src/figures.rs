//! The figures that are asked of services whenever metrics are exported: their names, units and meaning.

use crate::events::{Events, EventsStatus};
use crate::lobby::{Lobby, LobbyStatus};
use crate::mail::{Outbox, OutboxStatus};
use crate::matchmaking::{Matchmaking, MatchmakingStatus};
use crate::postgres::{Pool, PoolStatus};
use crate::session::{Cache, Sessions};
use crate::telemetry::{Kind, Metrics, Observable};

/// Registers what is asked of the pool.
pub(crate) fn of_pool(metrics: &Metrics, pool: &Pool) {
    const STATE: &str = "db.client.connection.state";
    const POOL: (&str, &str) = ("db.client.connection.pool.name", "postgres");
    let figure_of = |name, unit, description, attributes: &[_], read: fn(PoolStatus) -> usize| {
        let pool = pool.clone();
        let figure = Observable { kind: Kind::UpDownCounter, name, unit, description };
        metrics.observe(figure, attributes, move || read(pool.status()) as u64);
    };
    let (name, description) = ("db.client.connection.count", "Connections of the pool, by state.");
    figure_of(name, "{connection}", description, &[POOL, (STATE, "idle")], |status| status.idle);
    figure_of(name, "{connection}", description, &[POOL, (STATE, "used")], |status| status.used);
    let (name, description) = ("db.client.connection.max", "The most that the pool opens.");
    figure_of(name, "{connection}", description, &[POOL], |status| status.open_max);
    let (name, description) =
        ("db.client.connection.pending_requests", "Callers that wait for a connection.");
    figure_of(name, "{request}", description, &[POOL], |status| status.waiting);
}

/// Registers what is asked of the cache of sessions.
pub(crate) fn of_sessions(metrics: &Metrics, sessions: &Sessions) {
    let figure_of = |kind, name, unit, description, read: fn(&Cache) -> u64| {
        let sessions = sessions.clone();
        let figure = Observable { kind, name, unit, description };
        metrics.observe(figure, &[], move || read(sessions.cache()));
    };
    let (name, description) =
        ("scrabble.session.cache.entries", "Sessions in the cache of this replica.");
    figure_of(Kind::Gauge, name, "{session}", description, |cache| cache.len() as u64);
    let (name, description) =
        ("scrabble.session.cache.misses", "Tokens that the database was asked for.");
    figure_of(Kind::Counter, name, "{lookup}", description, |cache| cache.misses());
}

/// Registers what is asked of the queue of mail.
pub(crate) fn of_mail(metrics: &Metrics, outbox: &Outbox) {
    let figure_of = |kind, name, unit, description, read: fn(OutboxStatus) -> u64| {
        let outbox = outbox.clone();
        let figure = Observable { kind, name, unit, description };
        metrics.observe(figure, &[], move || read(outbox.status()));
    };
    let description = "Mails that wait or are on their way, of all replicas.";
    figure_of(Kind::Gauge, "scrabble.mail.queue.depth", "{mail}", description, |mail| mail.depth);
    let description = "How long the oldest of them has waited.";
    figure_of(Kind::Gauge, "scrabble.mail.queue.age", "s", description, |mail| mail.age_seconds);
    let description = "Mails that the server has taken from this replica.";
    figure_of(Kind::Counter, "scrabble.mail.sent", "{mail}", description, |mail| mail.sent);
    let description = "Attempts that have failed and are repeated.";
    figure_of(Kind::Counter, "scrabble.mail.retries", "{mail}", description, |mail| mail.failed);
    let description = "Mails that were refused for good, or not sent in time.";
    figure_of(Kind::Counter, "scrabble.mail.given_up", "{mail}", description, |mail| mail.given_up);
}

/// Registers what is asked of the lobby.
pub(crate) fn of_lobby(metrics: &Metrics, lobby: &Lobby) {
    let figure_of = |kind, name, unit, description, read: fn(LobbyStatus) -> u64| {
        let lobby = lobby.clone();
        let figure = Observable { kind, name, unit, description };
        metrics.observe(figure, &[], move || read(lobby.status()));
    };
    let description = "Seeks that are open, of all replicas.";
    figure_of(Kind::Gauge, "scrabble.lobby.seeks", "{seek}", description, |it| it.seeks_open);
    let description = "Games that have begun in the lobby, by this replica.";
    figure_of(Kind::Counter, "scrabble.lobby.games", "{game}", description, |it| it.games_begun);
}

/// Registers what is asked of matchmaking.
pub(crate) fn of_matchmaking(metrics: &Metrics, matchmaking: &Matchmaking) {
    let figure_of = |kind, name, unit, description, read: fn(MatchmakingStatus) -> u64| {
        let matchmaking = matchmaking.clone();
        let figure = Observable { kind, name, unit, description };
        metrics.observe(figure, &[], move || read(matchmaking.status()));
    };
    let name = "scrabble.matchmaking.waiting";
    let description = "Players who wait for an opponent, of all replicas.";
    figure_of(Kind::Gauge, name, "{player}", description, |it| it.waiting);
    let name = "scrabble.matchmaking.games";
    let description = "Games that this replica has begun between two who waited.";
    figure_of(Kind::Counter, name, "{game}", description, |it| it.games_begun);
}

/// Registers what is asked of the stream of events.
pub(crate) fn of_events(metrics: &Metrics, events: &Events) {
    let figure_of = |name, unit, description, read: fn(EventsStatus) -> u64| {
        let events = events.clone();
        let figure = Observable { kind: Kind::Gauge, name, unit, description };
        metrics.observe(figure, &[], move || read(events.status()));
    };
    let description = "Streams of events that are open at this replica.";
    figure_of("scrabble.events.streams", "{stream}", description, |events| events.streams);
    let description = "How long the oldest event has waited that can't be read yet.";
    figure_of("scrabble.events.lag", "ms", description, |events| events.lag_ms);
}
