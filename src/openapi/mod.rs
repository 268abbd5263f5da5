//! The contract: what the service takes and answers, as an OpenAPI 3.1 document.
//!
//! Owns the words in which a feature describes its operations (each in its `contract.rs`, beside its
//! handlers), what all operations share, and the making of the document. The forms of bodies come
//! from the wire types themselves. Knows no feature, and nothing here runs while a request is answered,
//! but for the one that asks for the document.

mod document;
mod forms;
mod operation;
mod served;
mod shared;

pub use document::document;
pub(crate) use forms::forms;
pub use operation::{Answer, EventForm, Operation, Parameter};
pub use served::Contract;
pub(crate) use served::{PATH, operations};
pub(crate) use shared::{ClientIp, IN_FLIGHT, etag, etags};
