//! JSON bodies, read within bounds of size and time.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};

use super::problem::Problem;

/// What a body may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyLimits {
    pub(super) bytes_max: usize,
    pub(super) read_timeout: Duration,
}

/// For a field of a change that may be left out, but not be `null`:
/// `#[serde(default, deserialize_with = "present")]`.
///
/// # Errors
/// When the value is not a `T`.
pub fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// For a field that is an object: `#[serde(deserialize_with = "object")]`. By itself serde reads a
/// struct also from an array of its fields' values, which is no part of the contract.
///
/// # Errors
/// When the value is no object, or not a `T`.
pub fn object<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(Object(PhantomData))
}

/// A body, which is an object.
#[derive(Deserialize)]
#[serde(transparent, bound = "T: Deserialize<'de>")]
struct Whole<T>(#[serde(deserialize_with = "object")] T);

pub(super) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let Whole(value) = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| Problem::invalid(field(error.path()), error.inner()))?;
    deserializer.end().map_err(|error| Problem::invalid("body", error))?;
    Ok(value)
}

/// The path to what is wrong, without the key that was not yet read when the text broke off.
fn field(path: &serde_path_to_error::Path) -> String {
    let path = path.to_string();
    match path.strip_suffix('?').map_or(path.as_str(), |known| known.trim_end_matches('.')) {
        "" | "." => "body".to_owned(),
        path => path.to_owned(),
    }
}

pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).map_or(Ok(""), |value| value.to_str()).unwrap_or("");
    let essence = given.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = format!("expected Content-Type: application/json, got {given:?}");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
}

pub(super) async fn read(body: &mut Incoming, limits: BodyLimits) -> Result<Bytes, Problem> {
    // A body that says it is too long is refused before a byte of it is read.
    if body.size_hint().lower() > limits.bytes_max as u64 {
        return Err(too_large(limits));
    }
    let collected =
        tokio::time::timeout(limits.read_timeout, Limited::new(body, limits.bytes_max).collect());
    match collected.await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limits)),
        Ok(Err(error)) => Err(Problem::invalid("body", "it ended early").caused_by(error)),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_timeout",
            format!("the body did not arrive within {:?}", limits.read_timeout),
        )),
    }
}

fn too_large(limits: BodyLimits) -> Problem {
    let detail = format!("the body is larger than {} bytes", limits.bytes_max);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}
