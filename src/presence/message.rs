//! What the gateway is told of who comes and goes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::store::Moved;
use crate::events::{Audience, Kind, Message};
use crate::id::AccountId;

/// Accounts have come or gone, whether they said so or were not heard of for too long.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "PresenceChanged")]
pub(super) struct ChangedView {
    /// Who is here, and was not.
    came: Vec<AccountId>,
    /// Who was here, and is not.
    gone: Vec<AccountId>,
}

/// What is told, given whom each of the accounts has blocked: those who have blocked nobody together, to
/// everyone; each of the others alone, to all but those.
pub(super) fn changed(
    moved: &Moved,
    mut blocked_by: BTreeMap<AccountId, Vec<AccountId>>,
) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut open = ChangedView::default();
    let came = moved.came.iter().map(|id| (*id, true));
    for (id, has_come) in came.chain(moved.gone.iter().map(|id| (*id, false))) {
        match blocked_by.remove(&id) {
            None => open.enter(id, has_come),
            Some(ids) => {
                let mut own = ChangedView::default();
                own.enter(id, has_come);
                let audience = Audience::EveryoneBut { ids };
                messages.push(Message::new(Kind::PresenceChanged, audience, &own));
            }
        }
    }
    if !(open.came.is_empty() && open.gone.is_empty()) {
        messages.push(Message::new(Kind::PresenceChanged, Audience::Everyone, &open));
    }
    messages
}

impl ChangedView {
    fn enter(&mut self, id: AccountId, has_come: bool) {
        let list = if has_come { &mut self.came } else { &mut self.gone };
        list.push(id);
    }
}
