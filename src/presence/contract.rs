//! What the API promises of presence.

use serde_json::json;

use super::http::{CountView, IDS_MAX, Ids, Lookup, PresenceView, ReportBody, ReportedView};
use super::message::ChangedView;
use super::types::{GATEWAY_BYTES_MAX, GatewayName};
use crate::account::EXAMPLE_ID;
use crate::events::Kind;
use crate::http::{Method, StatusCode};
use crate::openapi::{Answer, EventForm, Operation, Parameter, forms};

forms! {
    GatewayName as "GatewayName" = {
        "type": "string",
        "description": "The name of a gateway's process, such as that of its pod. One that starts anew \
            takes another, and the connections of the old one expire.",
        "maxLength": GATEWAY_BYTES_MAX,
        "pattern": "^[A-Za-z0-9._-]+$",
    };
    Ids as "AccountIds" = {
        "type": "string",
        "description": "Ids of accounts with commas between them.",
        "pattern": ids_pattern(),
    };
}

fn ids_pattern() -> String {
    // By its parts, for what is no UUID is refused.
    let id = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";
    format!("^{id}(,{id}){{0,{}}}$", IDS_MAX - 1)
}

/// What is told of presence.
pub(crate) fn event_forms() -> Vec<EventForm> {
    vec![EventForm::new::<ChangedView>(Kind::PresenceChanged.as_str())]
}

/// The contract of presence.
pub(crate) fn operations() -> Vec<Operation> {
    let path = "/api/v1/internal/presence";
    let here = || json!({"here": [EXAMPLE_ID]});
    let report = Operation::new(Method::POST, path, "report_presence", "Say who is here")
        .described(
            "Whom the gateway has a connection of, and whom no more. What is said of who is here is to be \
             said again before it expires: who is at no gateway for that long is gone. Accounts that \
             there are not, or that may not be used, are left aside. Whoever comes or goes is told of by an \
             event, once, however many gateways have him. Who is gone leaves matchmaking and seeks in real \
             time; his invitations to such games are withdrawn, and those of others that he has accepted \
             and that wait for somebody else are to be accepted again.",
        )
        .takes::<ReportBody>(json!({"gateway": "gateway-1", "here": [EXAMPLE_ID], "gone": []}))
        .answers(Answer::json::<ReportedView>(
            StatusCode::OK,
            "It is known.",
            json!({"expires_at": "2026-11-24T12:01:00Z"}),
        ));
    let count = Operation::new(Method::GET, path, "count_presence", "How many are here")
        .answers(Answer::json::<CountView>(StatusCode::OK, "So many.", json!({"count": 1})));
    let lookup = Operation::new(
        Method::POST,
        "/api/v1/internal/presence/lookup",
        "look_up_presence",
        "Who of many is here",
    )
    .takes::<Lookup>(json!({"ids": [EXAMPLE_ID]}))
    .answers(Answer::json::<PresenceView>(StatusCode::OK, "Those who are here.", here()));
    let show = Operation::new(
        Method::GET,
        "/api/v1/user/presence",
        "list_presence",
        "Which players are here",
    )
    .described("Who has blocked the caller is never here for him.")
    .takes_query(Parameter::new::<Ids>(
        "ids",
        "The accounts that are asked after; none without it.",
        EXAMPLE_ID,
    ))
    .answers(Answer::json::<PresenceView>(
        StatusCode::OK,
        "Those of them who are here.",
        here(),
    ));
    vec![report, count, lookup, show]
}
