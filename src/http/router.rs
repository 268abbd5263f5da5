//! From method and path to a handler.
//!
//! Owns 404 and 405, and who may enter which group. The table itself is `routes.rs`.

use futures_util::future::BoxFuture;
use hyper::Method;
use hyper::header::{ALLOW, HeaderValue};
use hyper::{HeaderMap, StatusCode};

use super::problem::Problem;
use super::request::{PathParameters, Request, X_USER_ID, caller_missing, parse_header};
use super::response::Response;
use crate::id::AccountId;

/// What a handler gives.
pub type Outcome = Result<Response, Problem>;

/// A handler over services `S`.
pub type Handler<S> = for<'a> fn(&'a S, Request<'a>) -> BoxFuture<'a, Outcome>;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Operators' probes: answered whatever the load and whether or not the service is ready.
    Probe,
    /// Anybody whom the gateway lets through.
    Public,
    /// A player: needs `X-User-ID`.
    User,
    /// The gateway and side services.
    Internal,
    /// An operator: needs `X-User-ID` of an account with that role, which the handler checks.
    Admin,
}

/// A line of the route table.
#[derive(Debug, Clone)]
pub struct Route<S> {
    /// The method; `GET` answers `HEAD` too.
    pub method: Method,
    /// The path, with parameters as `{id}`.
    pub path: &'static str,
    /// Who may call it.
    pub group: Group,
    /// What answers it.
    pub handler: Handler<S>,
}

/// The table, ready to be asked.
#[derive(Debug)]
pub struct Router<S> {
    paths: matchit::Router<Vec<Route<S>>>,
}

/// A route that was found.
pub(super) struct Match<'a, S> {
    pub(super) route: &'a Route<S>,
    pub(super) path_parameters: PathParameters,
}

impl<S> Router<S> {
    /// Builds the router.
    ///
    /// # Panics
    /// When two routes clash: the table is wrong, and no request could be answered rightly.
    #[must_use]
    pub fn new(table: Vec<Route<S>>) -> Self {
        let mut by_path: Vec<(&'static str, Vec<Route<S>>)> = Vec::new();
        for route in table {
            match by_path.iter_mut().find(|(path, _)| *path == route.path) {
                Some((_, routes)) => routes.push(route),
                None => by_path.push((route.path, vec![route])),
            }
        }
        let mut paths = matchit::Router::new();
        for (path, routes) in by_path {
            paths.insert(path, routes).expect("no two paths of the table clash");
        }
        Self { paths }
    }

    pub(super) fn find(&self, method: &Method, path: &str) -> Result<Match<'_, S>, Problem> {
        let Ok(matched) = self.paths.at(path) else {
            return Err(Problem::not_found("route_unknown", "no such path"));
        };
        let answers = |route: &&Route<S>| {
            route.method == *method || (*method == Method::HEAD && route.method == Method::GET)
        };
        match matched.value.iter().find(answers) {
            Some(route) => {
                Ok(Match { route, path_parameters: PathParameters::locate(path, &matched.params) })
            }
            None => Err(method_not_allowed(matched.value)),
        }
    }
}

/// Lets a request into a group, or says what it lacks; gives the account that acts, if there must be one.
pub(super) fn admit(group: Group, headers: &HeaderMap) -> Result<Option<AccountId>, Problem> {
    match group {
        Group::Probe | Group::Public | Group::Internal => Ok(None),
        Group::User | Group::Admin => {
            parse_header(headers, &X_USER_ID)?.ok_or_else(caller_missing).map(Some)
        }
    }
}

fn method_not_allowed<S>(routes: &[Route<S>]) -> Problem {
    let mut allowed: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
    if allowed.contains(&"GET") && !allowed.contains(&"HEAD") {
        allowed.push("HEAD");
    }
    let allowed = allowed.join(", ");
    let detail = format!("this path takes {allowed}");
    let value = HeaderValue::from_str(&allowed).expect("methods are ASCII");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        .with_header(ALLOW, value)
}
