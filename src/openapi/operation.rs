//! The words in which a feature describes an operation.
//!
//! Only what is the operation's own is said: [`super::shared`] adds what follows from its group, its
//! path and its having a body.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::shared;
use crate::http::{Method, StatusCode};

/// Where a type's form comes from; it enters the document's components on the way.
pub(super) type Form = fn(&mut SchemaGenerator) -> Schema;

/// What a route takes and answers.
#[derive(Debug, Clone)]
pub struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) body: Option<Body>,
    pub(super) path_parameters: Vec<Parameter>,
    pub(super) query: Vec<Parameter>,
    pub(super) headers: Vec<Parameter>,
    pub(super) answers: Vec<Answer>,
    pub(super) problems: Vec<Fault>,
    pub(super) needs_token: bool,
    pub(super) needs_database: bool,
}

/// A JSON body.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) form: Form,
    pub(super) example: Value,
}

/// A kind of event: its name, and the form of what is told.
#[derive(Debug, Clone)]
pub struct EventForm {
    pub(super) name: &'static str,
    pub(super) form: Form,
}

/// Events without an end, of these kinds. The form of what is around them all has a member `data` for
/// what is told.
#[derive(Debug, Clone)]
pub(super) struct EventStream {
    pub(super) around: Form,
    pub(super) kinds: Vec<EventForm>,
    pub(super) example: &'static str,
}

/// What an answer has to say.
#[derive(Debug, Clone)]
pub(super) enum AnswerBody {
    Json(Body),
    EventStream(EventStream),
}

/// An answer that is no problem.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(super) status: StatusCode,
    pub(super) description: &'static str,
    pub(super) body: Option<AnswerBody>,
    pub(super) headers: Vec<Parameter>,
}

/// A value with a name: a part of the path, a parameter of the query, or a header.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) form: Form,
    pub(super) example: &'static str,
    pub(super) is_required: bool,
}

/// A problem: its status, its stable code, and what it means.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) meaning: &'static str,
    pub(super) member: Option<Member>,
}

/// What a problem has beside what all have.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) form: Form,
}

impl Operation {
    /// The operation of a route. `id` is its name in generated clients.
    #[must_use]
    pub const fn new(
        method: Method,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            description: "",
            body: None,
            path_parameters: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            answers: Vec::new(),
            problems: Vec::new(),
            needs_token: false,
            needs_database: true,
        }
    }

    /// The same operation on another method, under another name.
    #[must_use]
    pub fn also(&self, method: Method, id: &'static str) -> Self {
        Self { method, id, ..self.clone() }
    }

    /// What a caller should know that the summary does not say.
    #[must_use]
    pub const fn described(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Takes a JSON body of this type.
    #[must_use]
    pub fn takes<T: JsonSchema>(mut self, example: Value) -> Self {
        self.body = Some(Body { form: SchemaGenerator::subschema_for::<T>, example });
        self
    }

    /// Has a parameter in its path.
    #[must_use]
    pub fn takes_path(mut self, parameter: Parameter) -> Self {
        self.path_parameters.push(parameter);
        self
    }

    /// Takes a parameter in its query, which may be left out.
    #[must_use]
    pub fn takes_query(mut self, parameter: Parameter) -> Self {
        self.query.push(parameter.optional());
        self
    }

    /// Answers a list in pages, with a cursor that is the text of a `T`.
    #[must_use]
    pub fn takes_page<T: JsonSchema>(self, example: &'static str) -> Self {
        let description =
            "Where the page begins: the `next` of the one before; the first without it.";
        self.takes_limit().takes_query(Parameter::new::<T>("cursor", description, example))
    }

    /// Answers a list of which so much is asked for.
    #[must_use]
    pub fn takes_limit(self) -> Self {
        self.takes_query(shared::page_limit())
    }

    /// Takes a header, which may be left out.
    #[must_use]
    pub fn takes_header(mut self, header: Parameter) -> Self {
        self.headers.push(header.optional());
        self
    }

    /// Needs the token of a session, as `Authorization: Bearer …`.
    #[must_use]
    pub const fn needs_token(mut self) -> Self {
        self.needs_token = true;
        self
    }

    /// Never asks the database, nor the sessions.
    #[must_use]
    pub const fn needs_no_database(mut self) -> Self {
        self.needs_database = false;
        self
    }

    /// Answers this when all is well.
    #[must_use]
    pub fn answers(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// Fails with this code.
    #[must_use]
    pub fn fails(mut self, status: StatusCode, code: &'static str, meaning: &'static str) -> Self {
        self.problems.push(Fault { status, code, meaning, member: None });
        self
    }

    /// Fails with this code, and has a `T` in the problem.
    #[must_use]
    pub fn fails_with<T: JsonSchema>(
        mut self,
        status: StatusCode,
        code: &'static str,
        meaning: &'static str,
        name: &'static str,
    ) -> Self {
        let member = Some(Member { name, form: SchemaGenerator::subschema_for::<T> });
        self.problems.push(Fault { status, code, meaning, member });
        self
    }

    /// With a header in each of its answers that is no problem.
    #[must_use]
    pub fn answers_header(mut self, header: &Parameter) -> Self {
        for answer in &mut self.answers {
            answer.headers.push(header.clone());
        }
        self
    }

    /// Its route: method and path.
    #[must_use]
    pub fn route(&self) -> (&Method, &'static str) {
        (&self.method, self.path)
    }
}

impl Answer {
    /// A JSON body of this type.
    #[must_use]
    pub fn json<T: JsonSchema>(
        status: StatusCode,
        description: &'static str,
        example: Value,
    ) -> Self {
        let body = Body { form: SchemaGenerator::subschema_for::<T>, example };
        Self { status, description, body: Some(AnswerBody::Json(body)), headers: Vec::new() }
    }

    /// Server-sent events. Each is the JSON of a `T`, whose member `data` is by the kind of the event.
    #[must_use]
    pub fn event_stream<T: JsonSchema>(
        status: StatusCode,
        description: &'static str,
        kinds: Vec<EventForm>,
        example: &'static str,
    ) -> Self {
        let around = SchemaGenerator::subschema_for::<T>;
        let body = AnswerBody::EventStream(EventStream { around, kinds, example });
        Self { status, description, body: Some(body), headers: Vec::new() }
    }

    /// No body.
    #[must_use]
    pub const fn empty(status: StatusCode, description: &'static str) -> Self {
        Self { status, description, body: None, headers: Vec::new() }
    }

    /// With a header, or, where that is [optional](Parameter::optional), perhaps with it.
    #[must_use]
    pub fn with_header(mut self, header: Parameter) -> Self {
        self.headers.push(header);
        self
    }
}

impl EventForm {
    /// A kind of which a `T` is told.
    #[must_use]
    pub fn new<T: JsonSchema>(name: &'static str) -> Self {
        Self { name, form: SchemaGenerator::subschema_for::<T> }
    }
}

impl Parameter {
    /// One whose value is the text of a `T`.
    #[must_use]
    pub fn new<T: JsonSchema>(
        name: &'static str,
        description: &'static str,
        example: &'static str,
    ) -> Self {
        let form = SchemaGenerator::subschema_for::<T>;
        Self { name, description, form, example, is_required: true }
    }

    /// The same, that may be left out.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.is_required = false;
        self
    }
}
