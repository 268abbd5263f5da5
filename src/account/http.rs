//! Accounts and identities over HTTP.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contract::{ChallengeText, CodeText, Provider, Subject};
use super::display_name::DisplayName;
use super::identity::{Identity, IdentityKey, InvalidIdentity, PlatformIdentity};
use super::service::{Accounts, Error};
use super::types::{Account, Changes, Language, Profile, Role, Status, TimeZone};
use crate::email_address::EmailAddress;
use crate::http::header::{ETAG, HeaderValue};
use crate::http::{Outcome, Problem, Request, Response, StatusCode, empty, json, present};
use crate::id::{AccountId, IdentityId};
use crate::time::Timestamp;

/// The most accounts that one look-up asks for.
const LOOKUP_IDS_MAX: usize = 500;

/// A player's account.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Account")]
pub struct AccountView<'a> {
    id: AccountId,
    #[schemars(with = "DisplayName")]
    display_name: &'a str,
    #[schemars(with = "Language")]
    language: &'a str,
    #[schemars(with = "TimeZone")]
    time_zone: &'a str,
    role: Role,
    status: Status,
    /// Of an account that has become a part of another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AccountId")]
    merged_into: Option<AccountId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> AccountView<'a> {
    /// The view of an account as it stands at `now`.
    #[must_use]
    pub fn new(account: &'a Account, now: Timestamp) -> Self {
        Self {
            id: account.id,
            display_name: account.display_name.as_str(),
            language: account.language.as_str(),
            time_zone: account.time_zone.as_str(),
            role: account.role,
            status: account.status(now),
            merged_into: account.deletion.and_then(|deletion| deletion.merged_into),
            created_at: account.created_at,
            updated_at: account.updated_at,
        }
    }
}

/// Accounts, in no particular order.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Accounts")]
pub(super) struct AccountsView<'a> {
    accounts: Vec<AccountView<'a>>,
}

/// A way into an account.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Identity")]
pub(crate) struct IdentityView<'a> {
    id: IdentityId,
    kind: IdentityKind,
    /// Of a `platform` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Provider")]
    provider: Option<&'a str>,
    /// Of a `platform` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Subject")]
    subject: Option<&'a str>,
    /// Of an `email` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "EmailAddress")]
    email: Option<&'a str>,
    created_at: Timestamp,
}

/// What an identity is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum IdentityKind {
    /// A user of another platform.
    Platform,
    /// Whoever reads the mail of an address.
    Email,
    /// Nobody in particular: whoever holds the session.
    Guest,
}

impl<'a> IdentityView<'a> {
    /// The view of an identity.
    pub(crate) fn new(identity: &'a Identity) -> Self {
        let kind = match identity.key {
            IdentityKey::Platform(_) => IdentityKind::Platform,
            IdentityKey::Email(_) => IdentityKind::Email,
            IdentityKey::Guest => IdentityKind::Guest,
        };
        let platform = identity.key.platform();
        Self {
            id: identity.id,
            kind,
            provider: platform.map(PlatformIdentity::provider),
            subject: platform.map(PlatformIdentity::subject),
            email: identity.key.email().map(EmailAddress::as_str),
            created_at: identity.created_at,
        }
    }
}

/// The ways into an account, the oldest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Identities")]
pub(super) struct IdentitiesView<'a> {
    identities: Vec<IdentityView<'a>>,
}

/// The accounts that are asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccountLookup")]
pub(super) struct Lookup {
    #[schemars(length(max = LOOKUP_IDS_MAX))]
    ids: Vec<AccountId>,
}

/// What is said of a player: the profile of a new account, or a change to one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Profile")]
pub(crate) struct ProfileBody {
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "DisplayName")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Language")]
    language: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "TimeZone")]
    time_zone: Option<String>,
}

/// An identity as callers write it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "NewIdentity")]
pub(crate) enum IdentityBody {
    /// A user of another platform, whom the caller has authenticated there.
    Platform {
        #[schemars(with = "Provider")]
        provider: String,
        #[schemars(with = "Subject")]
        subject: String,
    },
    /// A new guest.
    Guest {},
    /// Whoever reads the mail of an address, which a code that was sent there shows.
    Email {
        #[schemars(with = "ChallengeText")]
        challenge: String,
        #[schemars(with = "CodeText")]
        code: String,
    },
}

/// An identity that a caller claims.
#[derive(Debug)]
pub(crate) enum Claim {
    /// One that the caller has seen proof of.
    Proved(IdentityKey),
    /// An e-mail address, by what is still to be checked.
    EmailCode { challenge: String, code: String },
}

impl ProfileBody {
    /// Parses the values; `prefix` is the path of this body within the whole, with its dot.
    pub(crate) fn parse(self, prefix: &str) -> Result<Profile, Problem> {
        fn field<T: std::str::FromStr<Err: std::fmt::Display>>(
            prefix: &str,
            name: &str,
            value: Option<String>,
        ) -> Result<Option<T>, Problem> {
            let parsed = value.map(|text| text.parse()).transpose();
            parsed.map_err(|error| Problem::invalid(format!("{prefix}{name}"), error))
        }
        Ok(Profile {
            display_name: field(prefix, "display_name", self.display_name)?,
            language: field(prefix, "language", self.language)?,
            time_zone: field(prefix, "time_zone", self.time_zone)?,
        })
    }
}

impl IdentityBody {
    /// Parses the values; `prefix` is the path of this body within the whole, with its dot.
    pub(crate) fn parse(self, prefix: &str) -> Result<Claim, Problem> {
        match self {
            Self::Guest {} => Ok(Claim::Proved(IdentityKey::Guest)),
            Self::Email { challenge, code } => Ok(Claim::EmailCode { challenge, code }),
            Self::Platform { provider, subject } => {
                let platform = PlatformIdentity::parse(&provider, &subject).map_err(|error| {
                    let part = match error {
                        InvalidIdentity::Provider => "provider",
                        InvalidIdentity::Subject => "subject",
                    };
                    Problem::invalid(format!("{prefix}{part}"), error)
                })?;
                Ok(Claim::Proved(IdentityKey::Platform(platform)))
            }
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::AccountUnknown => Self::not_found("account_unknown", error.to_string()),
            Error::AccountSuspended { until: None } => {
                Self::forbidden("account_suspended", error.to_string())
            }
            Error::AccountSuspended { until: Some(until) } => Self::forbidden(
                "account_suspended",
                format!("the account is suspended until {until}"),
            ),
            Error::AccountDeleted => Self::forbidden("account_deleted", error.to_string()),
            Error::SameAccount => Self::conflict("same_account", error.to_string()),
            Error::OperatorMerged => Self::conflict("operator_merged", error.to_string()),
            Error::VersionStale => {
                Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", error.to_string())
            }
            Error::IdentityUnknown => Self::not_found("identity_unknown", error.to_string()),
            Error::IdentityTaken => Self::conflict("identity_taken", error.to_string()),
            Error::GuestLinked => Self::invalid("kind", error),
            Error::LastIdentity => Self::conflict("last_identity", error.to_string()),
            Error::Storage(error) => error.into(),
        }
    }
}

/// `GET /api/v1/internal/accounts/{id}`
pub(crate) async fn show(accounts: &Accounts, request: Request<'_>) -> Outcome {
    let account = accounts.find(request.path("id")?).await?;
    Ok(answer(&account, accounts.now()))
}

/// `POST /api/v1/internal/accounts/lookup`
pub(crate) async fn lookup(accounts: &Accounts, request: Request<'_>) -> Outcome {
    let body: Lookup = request.json().await?;
    if body.ids.len() > LOOKUP_IDS_MAX {
        let reason = format!("expected at most {LOOKUP_IDS_MAX} ids, got {}", body.ids.len());
        return Err(Problem::invalid("ids", reason));
    }
    let found = accounts.lookup(&body.ids).await?;
    let now = accounts.now();
    let views = found.iter().map(|account| AccountView::new(account, now)).collect();
    Ok(json(StatusCode::OK, &AccountsView { accounts: views }))
}

/// `GET /api/v1/user/account`
pub(crate) async fn show_own(accounts: &Accounts, request: Request<'_>) -> Outcome {
    let account = accounts.find(request.caller()?).await?;
    Ok(answer(&account, accounts.now()))
}

/// `PATCH /api/v1/user/account`
pub(crate) async fn update_own(accounts: &Accounts, request: Request<'_>) -> Outcome {
    let (caller, versions) = (request.caller()?, request.if_match()?);
    let changes: Changes = request.json::<ProfileBody>().await?.parse("")?;
    let account = accounts.update(caller, &changes, versions.as_deref()).await?;
    Ok(answer(&account, accounts.now()))
}

/// `GET /api/v1/user/identities`
pub(crate) async fn list_identities(accounts: &Accounts, request: Request<'_>) -> Outcome {
    let identities = accounts.identities(request.caller()?).await?;
    let views = identities.iter().map(IdentityView::new).collect();
    Ok(json(StatusCode::OK, &IdentitiesView { identities: views }))
}

/// `DELETE /api/v1/user/identities/{id}`
pub(crate) async fn unlink(accounts: &Accounts, request: Request<'_>) -> Outcome {
    accounts.unlink(request.caller()?, request.path("id")?).await?;
    Ok(empty())
}

/// An account with its version as `ETag`.
fn answer(account: &Account, now: Timestamp) -> Response {
    let mut response = json(StatusCode::OK, &AccountView::new(account, now));
    let tag = HeaderValue::from_str(&format!("\"{}\"", account.version))
        .expect("digits in quotes are a header");
    response.headers_mut().insert(ETAG, tag);
    response
}
