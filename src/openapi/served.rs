//! The document as bytes: made once, served and printed as it is.

use bytes::Bytes;
use schemars::JsonSchema;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::operation::{Answer, Operation, Parameter};
use super::shared::etag;
use crate::http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use crate::http::{Method, Outcome, Request, StatusCode, empty, json_bytes};

/// Where the document is.
pub(crate) const PATH: &str = "/api/v1/public/openapi.json";

/// The document of itself: what a client may count on before it reads the rest.
#[derive(JsonSchema)]
#[schemars(rename = "OpenApi", extend("additionalProperties" = true))]
#[expect(dead_code, reason = "described, not made: the document is JSON already")]
struct DocumentView {
    openapi: String,
    info: serde_json::Map<String, Value>,
    paths: serde_json::Map<String, Value>,
}

/// The contract of the contract.
pub(crate) fn operations() -> Vec<Operation> {
    let example = json!({
        "openapi": "3.1.0",
        "info": {"title": "scrabble-backend", "version": env!("CARGO_PKG_VERSION")},
        "paths": {},
    });
    let known = "The version that the caller has.";
    vec![
        Operation::new(Method::GET, PATH, "get_contract", "This document")
            .needs_no_database()
            .takes_header(Parameter::new::<String>("If-None-Match", known, "\"0f3a5c7e9b1d2468\""))
            .answers(
                Answer::json::<DocumentView>(StatusCode::OK, "The document.", example)
                    .with_header(etag("\"0f3a5c7e9b1d2468\"")),
            )
            .answers(
                Answer::empty(StatusCode::NOT_MODIFIED, "It is the version that the caller has.")
                    .with_header(etag("\"0f3a5c7e9b1d2468\"")),
            ),
    ]
}

/// The document, ready to be sent.
#[derive(Debug, Clone)]
pub struct Contract {
    text: Bytes,
    tag: HeaderValue,
}

impl Contract {
    /// From the document.
    ///
    /// # Panics
    /// Never: a document is a JSON value.
    #[must_use]
    pub fn new(document: &Value) -> Self {
        let text = serde_json::to_vec(document).expect("a JSON value serialises");
        let digest: String =
            Sha256::digest(&text)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::from_str(&format!("\"{digest}\"")).expect("digits are a header");
        Self { text: text.into(), tag }
    }

    /// The document as text.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// `GET /api/v1/public/openapi.json`
    pub(crate) fn show(&self, request: &Request<'_>) -> Outcome {
        let known: Option<String> = request.header(&IF_NONE_MATCH)?;
        let is_known = known.is_some_and(|tags| {
            let tag = |text: &str| self.tag == *text.trim().trim_start_matches("W/");
            tags.trim() == "*" || tags.split(',').any(tag)
        });
        let mut response = if is_known {
            let mut response = empty();
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            json_bytes(StatusCode::OK, self.text.clone())
        };
        response.headers_mut().insert(ETAG, self.tag.clone());
        Ok(response)
    }
}
