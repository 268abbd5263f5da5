//! The services of all features, each over those of others that it needs, and what they do by themselves.

use tokio::task::JoinHandle;

use crate::account::Accounts;
use crate::admin::Admin;
use crate::block::Blocks;
use crate::closure::Closure;
use crate::config::Config;
use crate::email_code::EmailCodes;
use crate::events::Events;
use crate::idempotency::Idempotency;
use crate::library::Library;
use crate::lobby::Lobby;
use crate::matchmaking::Matchmaking;
use crate::postgres::{Connector, Pool};
use crate::presence::Presence;
use crate::rating::Ratings;
use crate::runtime::Games;
use crate::session::{Policy, Sessions};
use crate::time::Clock;

/// The features, each over those that it needs. A clone is another handle on the same.
#[derive(Debug, Clone)]
pub(crate) struct Features {
    pub(crate) accounts: Accounts,
    pub(crate) email_codes: EmailCodes,
    pub(crate) sessions: Sessions,
    pub(crate) idempotency: Idempotency,
    pub(crate) ratings: Ratings,
    pub(crate) events: Events,
    pub(crate) blocks: Blocks,
    pub(crate) games: Games,
    pub(crate) lobby: Lobby,
    pub(crate) matchmaking: Matchmaking,
    pub(crate) presence: Presence,
    pub(crate) closure: Closure,
    pub(crate) admin: Admin,
}

impl Features {
    pub(crate) fn over(
        pool: &Pool,
        email_codes: EmailCodes,
        library: Library,
        config: &Config,
        clock: Clock,
    ) -> Self {
        let accounts = Accounts::new(pool.clone(), clock.clone());
        let sessions = sessions(pool, &accounts, &email_codes, config, &clock);
        let (pool, clock) = (|| pool.clone(), || clock.clone());
        let idempotency = Idempotency::new(pool(), clock());
        let ratings = Ratings::new(pool(), accounts.clone(), clock());
        let blocks = Blocks::new(pool(), accounts.clone(), clock());
        let events = Events::new(pool(), &config.events, clock());
        let games = Games::new(pool(), events.clone(), ratings.clone(), library, clock());
        let lobby = Lobby::new(
            pool(),
            accounts.clone(),
            blocks.clone(),
            ratings.clone(),
            games.clone(),
            events.clone(),
            clock(),
        );
        let matchmaking = Matchmaking::new(
            pool(),
            accounts.clone(),
            blocks.clone(),
            ratings.clone(),
            games.clone(),
            events.clone(),
            clock(),
        );
        let presence = Presence::new(
            pool(),
            events.clone(),
            blocks.clone(),
            matchmaking.clone(),
            &config.presence,
            clock(),
        );
        let closure = Closure {
            pool: pool(),
            accounts: accounts.clone(),
            email_codes: email_codes.clone(),
            sessions: sessions.clone(),
            idempotency: idempotency.clone(),
            ratings: ratings.clone(),
            blocks: blocks.clone(),
            games: games.clone(),
            lobby: lobby.clone(),
            matchmaking: matchmaking.clone(),
            clock: clock(),
        };
        let admin = Admin::new(
            pool(),
            accounts.clone(),
            sessions.clone(),
            lobby.clone(),
            matchmaking.clone(),
            closure.clone(),
            clock(),
        );
        Self {
            accounts,
            email_codes,
            sessions,
            idempotency,
            ratings,
            events,
            blocks,
            games,
            lobby,
            matchmaking,
            presence,
            closure,
            admin,
        }
    }

    /// What each of them does by itself, for ever.
    pub(crate) fn keep_up(&self, config: &Config, connector: &Connector) -> [JoinHandle<()>; 8] {
        [
            tokio::spawn(self.events.clone().keep_up(connector.clone())),
            tokio::spawn(self.sessions.clone().keep_up(config.session.clone())),
            tokio::spawn(self.idempotency.clone().keep_up()),
            tokio::spawn(self.email_codes.clone().keep_up()),
            tokio::spawn(self.games.clone().keep_up()),
            tokio::spawn(self.lobby.clone().keep_up()),
            tokio::spawn(self.matchmaking.clone().keep_up()),
            tokio::spawn(self.presence.clone().keep_up()),
        ]
    }
}

fn sessions(
    pool: &Pool,
    accounts: &Accounts,
    email_codes: &EmailCodes,
    config: &Config,
    clock: &Clock,
) -> Sessions {
    let policy = Policy::new(&config.session);
    Sessions::new(pool.clone(), accounts.clone(), email_codes.clone(), policy, clock.clone())
}
