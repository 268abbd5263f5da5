//! What all operations share, each thing said once: what follows from the group of a route, its path,
//! and its having a body.

use super::forms::forms;
use super::operation::{Fault, Operation, Parameter};
use crate::http::{Group, Method, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, StatusCode};
use crate::id::AccountId;
use crate::telemetry::RequestId;

/// Where a player is, for its form alone.
pub(crate) struct ClientIp;

/// Headers of RFC 9110, for their forms alone.
pub(super) struct EntityTag;
pub(super) struct EntityTags;
struct PageLimit;
struct Seconds;
struct Challenge;
pub(super) struct Methods;

/// A list of RFC 9110, section 5.6.1, whose empty elements are left aside; no tag of ours has a comma.
const TAGS_PATTERN: &str = concat!(
    r#"^[ \t]*(\*|(W/)?"[^",]*"([ \t]*,[ \t]*((W/)?"[^",]*")?)*"#,
    r#"|([ \t]*,[ \t]*((W/)?"[^",]*")?)+)[ \t]*$"#,
);

forms! {
    ClientIp as "ClientIp" = {
        "description": "An IPv4 or IPv6 address.",
        "type": "string",
        "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}],
    };
    RequestId as "RequestId" = {
        "type": "string",
        "description": "Names one request in answers, logs and traces.",
        "minLength": 1,
        "maxLength": RequestId::BYTES_MAX,
        "pattern": "^[A-Za-z0-9._:/+=@-]+$",
    };
    EntityTag as "EntityTag" = {
        "type": "string",
        "description": "The version of what is answered, in quotes.",
        "pattern": "^\"[!#-~]*\"$",
    };
    EntityTags as "EntityTags" = {
        "type": "string",
        "description": "`*`, or ETags as they were answered, parted by commas.",
        "minLength": 1,
        "pattern": TAGS_PATTERN,
    };
    PageLimit as "PageLimit" = {
        "type": "integer",
        "description": "How many a page holds at the most.",
        "minimum": 1,
        "maximum": PAGE_LIMIT_MAX,
        "default": PAGE_LIMIT_DEFAULT,
    };
    Seconds as "Seconds" = { "type": "integer", "description": "A number of seconds.", "minimum": 1 };
    Challenge as "Challenge" = {
        "type": "string",
        "description": "The credentials that are missing or wrong (RFC 9110, section 11.6.1).",
        "minLength": 1,
    };
    Methods as "Methods" = {
        "type": "string",
        "description": "The methods that a path takes, parted by commas.",
        "pattern": "^[A-Z]+(, [A-Z]+)*$",
    };
}

/// How long a page may be.
pub(super) fn page_limit() -> Parameter {
    Parameter::new::<PageLimit>("limit", "How many the page holds at the most.", "20")
}

/// The `ETag` of an answer.
pub(crate) fn etag(example: &'static str) -> Parameter {
    Parameter::new::<EntityTag>("ETag", "The version of what is answered.", example)
}

/// A header that takes ETags.
pub(crate) fn etags(
    name: &'static str,
    description: &'static str,
    example: &'static str,
) -> Parameter {
    Parameter::new::<EntityTags>(name, description, example)
}

/// The account that acts, which is no credential: a request is trusted for where it comes from.
pub(super) fn caller() -> Parameter {
    Parameter::new::<AccountId>(
        "X-User-ID",
        "The account that acts. The gateway sets it to what a resolved token stands for, and strips \
         what clients send under that name.",
        "0190163d-8694-739b-aea5-966c26f8ad91",
    )
}

/// Whether a request names the account that acts.
pub(super) const fn has_caller(group: Group) -> bool {
    matches!(group, Group::User | Group::Admin)
}

/// The headers that every request may have, whatever they hold: none is a reason to refuse one.
pub(super) fn request_headers() -> [Parameter; 3] {
    let headers = [
        Parameter::new::<String>(
            "X-Request-ID",
            "The name of the request, for answers, logs and traces: 1 to 64 of `A-Za-z0-9._:/+=@-`. \
             One that is not of this form is replaced.",
            REQUEST_ID,
        ),
        Parameter::new::<String>(
            "traceparent",
            "The caller's trace (W3C Trace Context), which is continued.",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
        Parameter::new::<String>("tracestate", "What goes with `traceparent`.", "vendor=value"),
    ];
    headers.map(Parameter::optional)
}

/// A request id for examples.
pub(super) const REQUEST_ID: &str = "5f1c2e9a7b3d4c60a1b2c3d4e5f60718";

/// The header that every answer has.
pub(super) fn request_id() -> Parameter {
    let description = "The name of the request: the caller's, or the one that was made.";
    Parameter::new::<RequestId>("X-Request-ID", description, REQUEST_ID)
}

/// The headers that the problems of a status have.
pub(super) fn problem_headers(status: StatusCode, faults: &[&Fault]) -> Vec<Parameter> {
    let retry_after = || {
        let description = "After how many seconds another try makes sense.";
        Parameter::new::<Seconds>("Retry-After", description, "1")
    };
    let is_in_flight = |fault: &&Fault| fault.code == IN_FLIGHT;
    match status {
        StatusCode::UNAUTHORIZED => vec![Parameter::new::<Challenge>(
            "WWW-Authenticate",
            "What the request has to bring.",
            "Bearer error=\"invalid_token\"",
        )],
        StatusCode::METHOD_NOT_ALLOWED => {
            vec![Parameter::new::<Methods>("Allow", "What the path takes.", "GET, HEAD")]
        }
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => vec![retry_after()],
        StatusCode::CONFLICT if faults.iter().all(is_in_flight) => vec![retry_after()],
        StatusCode::CONFLICT if faults.iter().any(is_in_flight) => vec![retry_after().optional()],
        _ => Vec::new(),
    }
}

/// The code of a request that is being answered already: the one conflict that passes by itself.
pub(crate) const IN_FLIGHT: &str = "request_in_flight";

const GATEWAY_UNKNOWN: Fault = fault(
    StatusCode::UNAUTHORIZED,
    "gateway_unknown",
    "The service has a secret, and `X-Gateway-Secret` is not it. Nothing else is looked at.",
);

const INVALID_INPUT: Fault = fault(
    StatusCode::BAD_REQUEST,
    "invalid_input",
    "A value is not what it must be; `field` names it.",
);
const CALLER_MISSING: Fault =
    fault(StatusCode::UNAUTHORIZED, "caller_missing", "`X-User-ID` is missing.");
const SESSION_INVALID: Fault = fault(
    StatusCode::UNAUTHORIZED,
    "session_invalid",
    "There is no token, or it is not that of a live session; which of the two, and why, is not told.",
);
const OPERATOR_REQUIRED: Fault =
    fault(StatusCode::FORBIDDEN, "operator_required", "The account is no operator's.");
const PART_EMPTY: Fault = fault(
    StatusCode::NOT_FOUND,
    "route_unknown",
    "A part of the path is empty, or has a slash in it.",
);
const OF_BODY: [Fault; 3] = [
    fault(StatusCode::REQUEST_TIMEOUT, "body_timeout", "The body did not arrive in time."),
    fault(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        "The body is larger than the service takes.",
    ),
    fault(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "The body is not declared as `application/json`.",
    ),
];
const INTERNAL_ERROR: Fault = fault(
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal_error",
    "It is our fault; the log tells more under the request's id.",
);
const OF_LOAD: [Fault; 2] = [
    fault(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Too many requests are in flight."),
    fault(
        StatusCode::SERVICE_UNAVAILABLE,
        "starting",
        "The service is starting; `/readyz` says what is missing.",
    ),
];
const REQUEST_TIMEOUT: Fault =
    fault(StatusCode::SERVICE_UNAVAILABLE, "request_timeout", "The request did not end in time.");
const DATABASE_UNAVAILABLE: Fault = fault(
    StatusCode::SERVICE_UNAVAILABLE,
    "database_unavailable",
    "The database can't be asked now.",
);

const fn fault(status: StatusCode, code: &'static str, meaning: &'static str) -> Fault {
    Fault { status, code, meaning, member: None }
}

/// All problems of an operation: those that it names, and those that it shares.
pub(super) fn problems(operation: &Operation, group: Group) -> Vec<Fault> {
    let has_parameter = operation.path.contains('{');
    let takes_input = has_parameter
        || operation.body.is_some()
        || has_caller(group)
        || !operation.query.is_empty()
        || !operation.headers.is_empty();
    let is_probe = group == Group::Probe;
    let shared = [
        (takes_input, INVALID_INPUT),
        (!is_probe, GATEWAY_UNKNOWN),
        (has_caller(group), CALLER_MISSING),
        (operation.needs_token, SESSION_INVALID),
        (group == Group::Admin, OPERATOR_REQUIRED),
        (has_parameter, PART_EMPTY),
    ];
    let shared = shared.into_iter().filter(|(holds, _)| *holds).map(|(_, fault)| fault);
    let of_body = OF_BODY.into_iter().filter(|_| operation.body.is_some());
    let of_load = OF_LOAD.into_iter().filter(|_| !is_probe);
    let of_database = operation.needs_database.then_some(DATABASE_UNAVAILABLE);
    let own = operation.problems.iter().cloned();
    own.chain(shared)
        .chain(of_body)
        .chain([INTERNAL_ERROR])
        .chain(of_load)
        .chain([REQUEST_TIMEOUT])
        .chain(of_database)
        .collect()
}

/// The problems of requests that are no operation's, for no route takes them.
pub(super) const fn of_no_operation() -> [(&'static str, Fault); 3] {
    let wrong_path = fault(StatusCode::NOT_FOUND, "route_unknown", "There is no such path.");
    let wrong_method = fault(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "The path does not take this method.",
    );
    [
        ("GatewayUnknown", GATEWAY_UNKNOWN),
        ("RouteUnknown", wrong_path),
        ("MethodNotAllowed", wrong_method),
    ]
}

/// The tag of a group, and what it says.
pub(super) const fn tag(group: Group) -> (&'static str, &'static str) {
    match group {
        Group::Probe => ("probes", "For whoever runs the service: answered whatever the load."),
        Group::Public => ("public", "For anybody whom the gateway lets through."),
        Group::User => (
            "user",
            "For a player: the gateway names the account that it has resolved in `X-User-ID`.",
        ),
        Group::Internal => {
            ("internal", "For the gateway and side services; never to be reached from outside.")
        }
        Group::Admin => ("admin", "For operators: `X-User-ID` of an account with that role."),
    }
}

/// The groups in the document's order.
pub(super) const GROUPS: [Group; 5] =
    [Group::Internal, Group::User, Group::Admin, Group::Public, Group::Probe];

/// Whether an answer to this method has a body.
pub(super) fn has_body(method: &Method) -> bool {
    *method != Method::HEAD
}
