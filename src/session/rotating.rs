//! Giving a session a new token in place of the one it has, which is dead everywhere from then on.

use super::changes::Changes;
use super::service::{Error, Sessions, Shared};
use super::store;
use super::token::{Token, TokenHash};
use super::types::{Linked, Rotated};
use crate::account::IdentityKey;
use crate::email_code::{Code, Confirmed};
use crate::id::{AccountId, SessionId};
use crate::postgres::Connection;
use crate::task::complete;

impl Sessions {
    /// Gives the session of a token a new one; the old one is dead everywhere. `None` for a token that is
    /// no live session's.
    ///
    /// # Errors
    /// [`Error::Storage`]; whether the token was replaced is then not known if the connection was lost.
    pub async fn rotate(&self, token: &str) -> Result<Option<Rotated>, Error> {
        let Some(replaced) = TokenHash::of_well_formed(token) else { return Ok(None) };
        let sessions = self.clone();
        complete(async move {
            let Shared { pool, cache, policy, clock, .. } = &*sessions.shared;
            let mut connection = pool.get().await?;
            let transaction = connection.begin().await?;
            let token = Token::generate();
            let rotated =
                store::rotate_by_token_hash(&transaction, &replaced, &token.hash()).await?;
            let Some(mut session) = rotated else { return Ok(None) };
            let seen = cache.last_seen_at(&replaced).unwrap_or(session.last_seen_at);
            session.last_seen_at = session.last_seen_at.max(seen);
            if clock.now() >= session.idle_expires_at(policy) {
                return Ok(None);
            }
            let changes = sessions.end(&transaction, vec![replaced]).await?;
            changes.make_live(session.live(&token)).commit(transaction).await?;
            Ok(Some(Rotated { token, session }))
        })
        .await?
    }

    /// Gives an account's session a new token in the caller's transaction, which is then to be committed
    /// by what is returned. For whoever changes what the account is worth: one who knew the old token has
    /// no part in it.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`] when the account has no such live session, [`Error::Storage`].
    pub async fn renew(
        &self,
        transaction: &Connection,
        account_id: AccountId,
        session_id: SessionId,
    ) -> Result<(Token, Changes), Error> {
        let Shared { cache, clock, .. } = &*self.shared;
        let token = Token::generate();
        let rotated = store::rotate(transaction, account_id, session_id, &token.hash()).await?;
        let (replaced, mut session) = rotated.ok_or(Error::SessionUnknown)?;
        let seen = cache.last_seen_at(&replaced).unwrap_or(session.last_seen_at);
        session.last_seen_at = session.last_seen_at.max(seen);
        if clock.now() >= self.shared.idle_expires_at(&session) {
            return Err(Error::SessionUnknown);
        }
        Ok((token, self.end(transaction, vec![replaced]).await?.make_live(session)))
    }

    /// Links an identity to an account. The session that asks for it, if one is named, gets a new token.
    ///
    /// # Errors
    /// [`Error::Account`], [`Error::SessionUnknown`] when the account has no such session,
    /// [`Error::Storage`].
    pub async fn link(
        &self,
        account_id: AccountId,
        identity: IdentityKey,
        session_id: Option<SessionId>,
    ) -> Result<Linked, Error> {
        self.link_with(account_id, identity, None, session_id).await
    }

    /// Links the e-mail address to which a code was sent, and uses the code up.
    ///
    /// # Errors
    /// As [`link`](Self::link), and [`Error::Code`].
    pub async fn link_by_code(
        &self,
        account_id: AccountId,
        challenge: &str,
        code: &Code,
        session_id: Option<SessionId>,
    ) -> Result<Linked, Error> {
        let confirmed = self.shared.email_codes.confirm(challenge, code).await?;
        let identity = IdentityKey::Email(confirmed.address().clone());
        self.link_with(account_id, identity, Some(confirmed), session_id).await
    }

    async fn link_with(
        &self,
        account_id: AccountId,
        identity: IdentityKey,
        confirmed: Option<Confirmed>,
        session_id: Option<SessionId>,
    ) -> Result<Linked, Error> {
        let sessions = self.clone();
        complete(async move {
            let Shared { pool, accounts, email_codes, .. } = &*sessions.shared;
            let mut connection = pool.get().await?;
            let transaction = connection.begin().await?;
            if let Some(confirmed) = &confirmed {
                email_codes.consume(&transaction, confirmed).await?;
            }
            let (identity, is_new) = accounts.link(&transaction, account_id, &identity).await?;
            let Some(session_id) = session_id.filter(|_| is_new) else {
                transaction.commit().await?;
                return Ok(Linked { identity, token: None });
            };
            let (token, changes) = sessions.renew(&transaction, account_id, session_id).await?;
            changes.commit(transaction).await?;
            Ok(Linked { identity, token: Some(token) })
        })
        .await?
    }
}
