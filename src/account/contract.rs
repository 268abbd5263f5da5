//! What the API promises of accounts and identities: the operations, and the forms of their values.

use serde_json::{Value, json};

use super::display_name::{DISPLAY_NAME_CHARS_MAX, DisplayName};
use super::http::{AccountView, AccountsView, IdentitiesView, Lookup, ProfileBody};
use super::identity::{PROVIDER_BYTES_MAX, SUBJECT_CHARS_MAX};
use super::types::{LANGUAGE_BYTES_MAX, Language, REASON_CHARS_MAX, Reason, TimeZone};
use crate::email_address::{ADDRESS_BYTES_MAX, EmailAddress};
use crate::http::{Method, StatusCode};
use crate::id::{AccountId, IdentityId};
use crate::openapi::{Answer, Operation, Parameter, etag, etags, forms};

/// The two parts of a platform identity, and what shows an e-mail address, for their forms alone.
pub(super) struct Provider;
pub(super) struct Subject;
pub(crate) struct ChallengeText;
pub(super) struct CodeText;

forms! {
    DisplayName as "DisplayName" = {
        "type": "string",
        "description": "The name that other players see: visible characters in Unicode normalisation \
            form C, single spaces between them. What is given is normalised, and spaces around it \
            are taken off, before it is counted.",
        "format": "display-name",
        "minLength": 1,
        "maxLength": DISPLAY_NAME_CHARS_MAX,
    };
    Language as "Language" = {
        "type": "string",
        "description": "A language tag after BCP 47 (RFC 5646); answered in canonical case.",
        "format": "language-tag",
        "minLength": 2,
        "maxLength": LANGUAGE_BYTES_MAX,
    };
    TimeZone as "TimeZone" = {
        "type": "string",
        "description": "The name of a time zone in the IANA database.",
        "format": "iana-time-zone",
        "minLength": 1,
        "maxLength": 64,
    };
    Reason as "Reason" = {
        "type": "string",
        "description": "Why an operator acted, for other operators: text without control characters \
            other than line feeds. Spaces around it are taken off before it is counted.",
        "format": "reason",
        "minLength": 1,
        "maxLength": REASON_CHARS_MAX,
    };
    Provider as "Provider" = {
        "type": "string",
        "description": "Another platform, such as `telegram`.",
        "maxLength": PROVIDER_BYTES_MAX,
        "pattern": "^[a-z][a-z0-9_-]*$",
    };
    Subject as "Subject" = {
        "type": "string",
        "description": "The platform's own id of its user, kept to the letter: visible characters \
            without spaces.",
        "minLength": 1,
        "maxLength": SUBJECT_CHARS_MAX,
        "pattern": "^[^\\s\\u0000-\\u001f\\u007f-\\u009f]+$",
    };
    EmailAddress as "EmailAddress" = {
        "type": "string",
        "description": "An e-mail address whose domain has a dot. What is given is lower-cased and \
            normalised, and its domain written in ASCII.",
        "format": "email-address",
        "minLength": 3,
        "maxLength": ADDRESS_BYTES_MAX,
    };
    ChallengeText as "EmailChallenge" = {
        "type": "string",
        "description": "What whoever asked for a code was answered: without it the code is worth \
            nothing.",
        "pattern": "^[0-9a-fA-F]{40}$",
    };
    CodeText as "EmailCode" = {
        "type": "string",
        "description": "The digits that were sent.",
        "pattern": "^[0-9]{6}$",
    };
}

/// An account for examples.
pub(crate) const EXAMPLE_ID: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

/// The example of an account.
pub(crate) fn account_example() -> Value {
    json!({
        "id": EXAMPLE_ID,
        "display_name": "Ann",
        "language": "en",
        "time_zone": "Europe/Riga",
        "role": "player",
        "status": "active",
        "created_at": "2026-11-24T12:00:00Z",
        "updated_at": "2026-11-24T12:00:00.123456Z",
    })
}

/// The example of an identity.
pub(crate) fn identity_example() -> Value {
    json!({
        "id": "0190163d-9f3a-7c11-8d20-5be1f6a7c3d4",
        "kind": "platform",
        "provider": "telegram",
        "subject": "42",
        "created_at": "2026-11-24T12:00:00Z",
    })
}

/// The contract of accounts and identities.
pub(crate) fn operations() -> Vec<Operation> {
    [of_accounts(), of_identities()].concat()
}

fn of_accounts() -> Vec<Operation> {
    let shown = |description| {
        Answer::json::<AccountView<'_>>(StatusCode::OK, description, account_example())
            .with_header(etag("\"7\""))
    };
    vec![
        unknown(
            Operation::new(Method::GET, "/api/v1/internal/accounts/{id}", "get_account", "An account")
                .takes_path(Parameter::new::<AccountId>("id", "The account.", EXAMPLE_ID))
                .answers(shown("The account.")),
        ),
        Operation::new(Method::POST, "/api/v1/internal/accounts/lookup", "look_up_accounts", "Many accounts")
            .described("Those of the accounts that there are. An id that is given twice is answered once.")
            .takes::<Lookup>(json!({"ids": [EXAMPLE_ID]}))
            .answers(Answer::json::<AccountsView<'_>>(
                StatusCode::OK,
                "The accounts that there are.",
                json!({"accounts": [account_example()]}),
            )),
        unknown(
            Operation::new(Method::GET, "/api/v1/user/account", "get_own_account", "The caller's account")
                .answers(shown("The account.")),
        ),
        unknown(active(
            Operation::new(Method::PATCH, "/api/v1/user/account", "update_own_account", "Change the caller's account")
                .described("What is left out stays as it is.")
                .takes_header(etags(
                    "If-Match",
                    "The versions of which one is to be changed, as their `ETag` was answered: guards against a lost update.",
                    "\"7\"",
                ))
                .takes::<ProfileBody>(json!({"display_name": "Anna", "language": "lv"}))
                .answers(shown("The account as it is now."))
                .fails(
                    StatusCode::PRECONDITION_FAILED,
                    "precondition_failed",
                    "The account is at none of the versions in `If-Match`.",
                ),
        )),
    ]
}

fn of_identities() -> Vec<Operation> {
    let identity =
        Parameter::new::<IdentityId>("id", "The identity.", "0190163d-9f3a-7c11-8d20-5be1f6a7c3d4");
    vec![
        unknown(
            Operation::new(
                Method::GET,
                "/api/v1/user/identities",
                "list_identities",
                "The ways into the caller's account",
            )
            .answers(Answer::json::<IdentitiesView<'_>>(
                StatusCode::OK,
                "The identities, the oldest first.",
                json!({"identities": [identity_example()]}),
            )),
        ),
        unknown(active(
            Operation::new(
                Method::DELETE,
                "/api/v1/user/identities/{id}",
                "unlink_identity",
                "Take a way into the account away",
            )
            .takes_path(identity)
            .answers(Answer::empty(StatusCode::NO_CONTENT, "The identity leads nowhere any more."))
            .fails(StatusCode::NOT_FOUND, "identity_unknown", "The account has no such identity.")
            .fails(
                StatusCode::CONFLICT,
                "last_identity",
                "It is the last: nobody could come back.",
            ),
        )),
    ]
}

/// An operation on an account that there may not be.
pub(crate) fn unknown(operation: Operation) -> Operation {
    operation.fails(StatusCode::NOT_FOUND, "account_unknown", "There is no such account.")
}

/// An operation that is not for an account that is over.
pub(crate) fn deleted(operation: Operation) -> Operation {
    operation.fails(StatusCode::FORBIDDEN, "account_deleted", "The account is over.")
}

/// An operation that needs an account that is neither locked nor over.
pub(crate) fn active(operation: Operation) -> Operation {
    deleted(suspended(operation))
}

/// An operation that a suspended account may not do.
pub(crate) fn suspended(operation: Operation) -> Operation {
    operation.fails(
        StatusCode::FORBIDDEN,
        "account_suspended",
        "An operator has locked the account; `detail` says until when, if that is known.",
    )
}
