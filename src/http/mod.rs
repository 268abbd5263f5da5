//! The HTTP edge: connections, routing, limits, answers. Knows no feature.
//!
//! Owns hyper: a feature's `http.rs` sees a [`Request`], gives a [`Response`] or a [`Problem`], and
//! never a socket. [`Server`] takes any table of [`Route`]s over any set of services.

mod body;
mod connection;
mod content;
mod dispatch;
mod frames;
mod gateway;
mod http1;
mod http2;
mod page;
mod patience;
mod preface;
mod problem;
mod query;
mod request;
mod response;
mod router;
mod server;
mod socket;

pub use body::{object, present};
pub use content::Content;
pub use dispatch::Readiness;
pub use page::{PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, PAGE_PARAMETERS, Page, cut};
pub use problem::Problem;
pub(crate) use problem::ProblemView;
pub use query::Query;
pub use request::{PathParameters, Request};
pub(crate) use request::{X_SESSION_ID, X_USER_ID};
pub use response::{Response, empty, json, streamed};
pub(crate) use response::{json_bytes, of_account};
pub use router::{Group, Handler, Outcome, Route, Router};
pub use server::{Server, ServerStatus};

pub use hyper::header;
pub use hyper::{Method, StatusCode};
