//! The services of all features, each over those of others that it needs, and what they do by themselves.

use std::sync::Arc;

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

/// What features do by themselves.
#[derive(Debug)]
pub(crate) struct Upkeep {
    /// What is done to players who do nothing, who must be able to.
    of_players: [JoinHandle<()>; 4],
    /// What requests and streams need for as long as there are any.
    of_requests: [JoinHandle<()>; 4],
}

impl Upkeep {
    /// Ends what must not be done once players can't reach this process any more: flags would fall of those
    /// who are turned away, and signs of life say that the platform is up.
    pub(crate) fn leave_players(&self) {
        self.of_players.iter().for_each(JoinHandle::abort);
    }

    /// Ends all of it.
    pub(crate) fn end(&self) {
        self.leave_players();
        self.of_requests.iter().for_each(JoinHandle::abort);
    }
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
        let idempotency = Idempotency::new(pool.clone(), clock.clone());
        let ratings = Ratings::new(pool.clone(), accounts.clone(), clock.clone());
        let blocks = Blocks::new(pool.clone(), accounts.clone(), clock.clone());
        let events = Events::new(pool.clone(), &config.events, clock.clone());
        let games =
            Games::new(pool.clone(), events.clone(), ratings.clone(), library, clock.clone());
        let lobby = Lobby {
            pool: pool.clone(),
            accounts: accounts.clone(),
            blocks: blocks.clone(),
            ratings: ratings.clone(),
            games: games.clone(),
            events: events.clone(),
            clock: clock.clone(),
            counts: Arc::default(),
        };
        let matchmaking = Matchmaking {
            pool: pool.clone(),
            accounts: accounts.clone(),
            blocks: blocks.clone(),
            ratings: ratings.clone(),
            games: games.clone(),
            events: events.clone(),
            elsewhere: Arc::new(lobby.clone()),
            clock: clock.clone(),
            counts: Arc::default(),
        };
        let presence = presence(pool, &events, &blocks, &lobby, config, &clock);
        let closure = Closure {
            pool: pool.clone(),
            accounts: accounts.clone(),
            email_codes: email_codes.clone(),
            sessions: sessions.clone(),
            idempotency: idempotency.clone(),
            ratings: ratings.clone(),
            blocks: blocks.clone(),
            games: games.clone(),
            lobby: lobby.clone(),
            matchmaking: matchmaking.clone(),
            presence: presence.clone(),
            clock: clock.clone(),
        };
        let admin = Admin::new(
            pool.clone(),
            accounts.clone(),
            sessions.clone(),
            lobby.clone(),
            presence.clone(),
            closure.clone(),
            clock,
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
    pub(crate) fn keep_up(&self, config: &Config, connector: &Connector) -> Upkeep {
        Upkeep {
            of_players: [
                tokio::spawn(self.games.clone().keep_up()),
                tokio::spawn(self.lobby.clone().keep_up()),
                tokio::spawn(self.matchmaking.clone().keep_up()),
                tokio::spawn(self.presence.clone().keep_up()),
            ],
            of_requests: [
                tokio::spawn(self.events.clone().keep_up(connector.clone())),
                tokio::spawn(self.sessions.clone().keep_up(config.session.clone())),
                tokio::spawn(self.idempotency.clone().keep_up()),
                tokio::spawn(self.email_codes.clone().keep_up()),
            ],
        }
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

fn presence(
    pool: &Pool,
    events: &Events,
    blocks: &Blocks,
    lobby: &Lobby,
    config: &Config,
    clock: &Clock,
) -> Presence {
    let (events, blocks, lobby) = (events.clone(), blocks.clone(), lobby.clone());
    Presence::new(pool.clone(), events, blocks, lobby, &config.presence, clock.clone())
}
