//! Accounts: who a player is, and the identities by which they come back.
//!
//! Owns tables `account` and `identity`. Knows nothing of sessions: what ends them (a suspension, a
//! change of role, the end of the account) is put together in `admin` and `closure`.

mod contract;
mod display_name;
mod ending;
pub(crate) mod http;
mod identity;
mod service;
mod store;
mod types;

pub(crate) use contract::{
    ChallengeText, EXAMPLE_ID, account_example, active, deleted, identity_example, operations,
    suspended, unknown,
};
pub use display_name::{DisplayName, InvalidDisplayName};
pub use http::AccountView;
pub(crate) use http::{Claim, IdentityBody, IdentityView, ProfileBody};
pub use identity::{Identity, IdentityKey, InvalidIdentity, PlatformIdentity};
pub use service::{Accounts, Error};
pub(crate) use store::QUERIES;
pub use types::{
    Account, Changes, Deletion, InvalidValue, Language, Profile, Reason, Role, Status, Suspension,
    TimeZone,
};
