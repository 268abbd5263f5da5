//! The values of a session.

use std::net::IpAddr;
use std::time::Duration;

use super::token::{Token, TokenHash};
use crate::account::{Account, Identity, Role};
use crate::config::SessionConfig;
use crate::id::{AccountId, SessionId};
use crate::time::Timestamp;

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, which is no secret.
    pub id: SessionId,
    /// Whose it is.
    pub account_id: AccountId,
    /// The account's role.
    pub role: Role,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, as far as is known.
    pub last_seen_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
    /// Where it was opened.
    pub client: Client,
}

impl Session {
    /// When it ends if it is not used again.
    #[must_use]
    pub fn idle_expires_at(&self, policy: &Policy) -> Timestamp {
        policy.idle_expires_at(self.role, self.last_seen_at, self.expires_at)
    }

    /// What the cache needs to know of it, under a token.
    #[must_use]
    pub fn live(&self, token: &Token) -> LiveSession {
        LiveSession {
            token_hash: token.hash(),
            resolved: Resolved {
                session_id: self.id,
                account_id: self.account_id,
                role: self.role,
                expires_at: self.expires_at,
            },
            last_seen_at: self.last_seen_at,
        }
    }
}

/// The device and the address from which a session was opened, as the gateway tells them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    user_agent: Option<String>,
    ip: Option<IpAddr>,
}

/// A text that is no IP address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an IPv4 or IPv6 address")]
pub struct InvalidIp;

/// The most characters that are kept of a user agent.
pub(super) const USER_AGENT_CHARS_MAX: usize = 512;

impl Client {
    /// Takes the address as it must be, and of the user agent, which anybody writes as he likes, what
    /// can be kept: nobody is turned away for it.
    ///
    /// # Errors
    /// [`InvalidIp`].
    pub fn parse(user_agent: Option<&str>, ip: Option<&str>) -> Result<Self, InvalidIp> {
        let writable = |text: &str| -> String {
            text.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS_MAX).collect()
        };
        let user_agent = user_agent.map(writable).filter(|text| !text.is_empty());
        let ip = ip.map(str::parse).transpose().map_err(|_| InvalidIp)?;
        Ok(Self { user_agent, ip })
    }

    /// The device's own description.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }

    /// The address.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// A client that was parsed before it was stored.
    pub(super) fn stored(user_agent: Option<String>, ip: Option<&str>) -> Self {
        Self { user_agent, ip: ip.and_then(|text| text.parse().ok()) }
    }
}

/// A session that was just opened. The token is told this once.
#[derive(Debug)]
pub struct Opened {
    /// The token.
    pub token: Token,
    /// The session.
    pub session: Session,
    /// Its account.
    pub account: Account,
    /// Whether the account was made for it.
    pub account_created: bool,
}

impl Opened {
    /// What the cache needs to know of it.
    #[must_use]
    pub fn live(&self) -> LiveSession {
        self.session.live(&self.token)
    }
}

/// A session with a new token in place of the one it had. The token is told this once.
#[derive(Debug)]
pub struct Rotated {
    /// The token.
    pub token: Token,
    /// The session.
    pub session: Session,
}

/// An identity that was just linked to the account of a session.
#[derive(Debug)]
pub struct Linked {
    /// The identity.
    pub identity: Identity,
    /// The session's new token, in place of the one it had. The token is told this once.
    pub token: Option<Token>,
}

/// What a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    /// The session.
    pub session_id: SessionId,
    /// Whose it is.
    pub account_id: AccountId,
    /// The account's role.
    pub role: Role,
    /// When the session ends whatever happens.
    pub expires_at: Timestamp,
}

/// What the cache needs to know of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveSession {
    /// Under which token.
    pub token_hash: TokenHash,
    /// What the token stands for.
    pub resolved: Resolved,
    /// When it was last used.
    pub last_seen_at: Timestamp,
}

/// How long sessions live.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    player: Ttl,
    operator: Ttl,
}

#[derive(Debug, Clone, Copy)]
struct Ttl {
    /// A number, for it is added to a time on the hot path.
    idle_micros: i64,
    absolute: Duration,
}

impl Ttl {
    const fn new(idle: Duration, absolute: Duration) -> Self {
        // Configured durations are bounded far below this.
        let micros = idle.as_micros();
        let idle_micros = if micros < i64::MAX as u128 { micros as i64 } else { i64::MAX };
        Self { idle_micros, absolute }
    }
}

impl Policy {
    /// As configured.
    #[must_use]
    pub const fn new(config: &SessionConfig) -> Self {
        Self {
            player: Ttl::new(config.idle_ttl, config.ttl),
            operator: Ttl::new(config.operator_idle_ttl, config.operator_ttl),
        }
    }

    /// When a session opened at `now` ends whatever happens.
    #[must_use]
    pub fn expires_at(&self, role: Role, now: Timestamp) -> Timestamp {
        now + self.ttl(role).absolute
    }

    /// When a session ends that is not used again.
    #[must_use]
    pub fn idle_expires_at(
        &self,
        role: Role,
        last_seen_at: Timestamp,
        expires_at: Timestamp,
    ) -> Timestamp {
        let micros = last_seen_at.as_micros().saturating_add(self.ttl(role).idle_micros);
        Timestamp::from_micros(micros).min(expires_at)
    }

    const fn ttl(&self, role: Role) -> Ttl {
        match role {
            Role::Player => self.player,
            Role::Operator => self.operator,
        }
    }
}
