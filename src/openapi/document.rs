//! From the route table and the operations to the document.

use schemars::SchemaGenerator;
use schemars::generate::{Contract, SchemaSettings};
use serde_json::{Map, Value, json};

use super::operation::{
    Answer, AnswerBody, Body, EventForm, EventStream, Fault, Form, Operation, Parameter,
};
use super::shared;
use crate::http::{Group, ProblemView, Route, StatusCode};

const JSON: &str = "application/json";
const PROBLEM_JSON: &str = "application/problem+json";
const EVENT_STREAM: &str = "text/event-stream";

/// What holds for every request, for the document's head.
const DESCRIPTION: &str = "\
The internal backend of a Scrabble platform: identity, sessions, accounts and administration. Its \
callers are the gateway and the platform's side services.

JSON in snake_case; ids are UUIDs; times are RFC 3339 in UTC. Answers may grow fields: a client leaves \
aside what it does not know. Requests may not: an unknown field is a 400.

A failure is an RFC 9457 problem, `application/problem+json`, with a stable `code` for programs and a \
`detail` for people. Each operation lists its codes. Whatever is asked for: an unknown path is 404 \
`route_unknown`, and a known path with another method 405 `method_not_allowed` with `Allow`. Where \
there is GET there is HEAD, which answers the same without the body. What is no HTTP at all, or has a \
head that is too large, is answered with a bare 400, 414 or 431 without a body.";

/// The document of the routes of which operations tell. A test holds the two against each other.
#[must_use]
pub fn document<S>(table: &[Route<S>], operations: &[Operation]) -> Value {
    let mut components = Components::new();
    let mut paths = Map::new();
    for route in table {
        let told = |operation: &&Operation| operation.route() == (&route.method, route.path);
        let Some(operation) = operations.iter().find(told) else { continue };
        let entry = paths.entry(route.path).or_insert_with(|| json!({}));
        entry[route.method.as_str().to_ascii_lowercase()] =
            components.operation(operation, route.group);
    }
    let tags: Vec<Value> = shared::GROUPS
        .map(shared::tag)
        .iter()
        .map(|(name, description)| json!({"name": name, "description": description}))
        .collect();
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "scrabble-backend",
            "summary": "The internal backend of a Scrabble platform.",
            "description": DESCRIPTION,
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": paths,
        "components": components.finish(),
    })
}

/// What operations refer to, collected while they are described.
struct Components {
    /// A wire type may take less than it answers (a field with a default), hence two.
    taken: SchemaGenerator,
    answered: SchemaGenerator,
}

impl Components {
    fn new() -> Self {
        let generator = |contract| {
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.contract = contract;
            });
            settings.into_generator()
        };
        Self { taken: generator(Contract::Deserialize), answered: generator(Contract::Serialize) }
    }

    fn operation(&mut self, operation: &Operation, group: Group) -> Value {
        let mut described = json!({
            "operationId": operation.id,
            "tags": [shared::tag(group).0],
            "summary": operation.summary,
            "parameters": self.parameters(operation, group),
            "responses": self.responses(operation, group),
            "security": security(operation, group),
        });
        if !operation.description.is_empty() {
            described["description"] = operation.description.into();
        }
        if let Some(Body { form, example }) = &operation.body {
            let content = json!({"schema": self.taken(*form), "example": example});
            described["requestBody"] = json!({"required": true, "content": {JSON: content}});
        }
        described
    }

    fn parameters(&mut self, operation: &Operation, group: Group) -> Vec<Value> {
        let path = operation.path_parameters.iter().map(|parameter| ("path", parameter.clone()));
        let query = operation.query.iter().map(|parameter| ("query", parameter.clone()));
        let own = operation.headers.iter().map(|parameter| ("header", parameter.clone()));
        let caller = shared::has_caller(group).then(shared::caller);
        let shared = caller
            .into_iter()
            .chain(shared::request_headers())
            .map(|it| json!({"$ref": format!("#/components/parameters/{}", it.name)}));
        path.chain(query)
            .chain(own)
            .map(|(place, it)| self.parameter(place, &it))
            .chain(shared)
            .collect()
    }

    fn parameter(&mut self, place: &str, parameter: &Parameter) -> Value {
        json!({
            "name": parameter.name,
            "in": place,
            "required": parameter.is_required,
            "description": parameter.description,
            "schema": self.taken(parameter.form),
            "example": value_of(parameter.example),
        })
    }

    fn responses(&mut self, operation: &Operation, group: Group) -> Value {
        let problems = shared::problems(operation, group);
        let mut statuses: Vec<StatusCode> = operation.answers.iter().map(|it| it.status).collect();
        statuses.extend(problems.iter().map(|problem| problem.status));
        statuses.sort_unstable();
        statuses.dedup();
        let mut responses = Map::new();
        for status in statuses {
            let answer = operation.answers.iter().find(|answer| answer.status == status);
            let faults: Vec<&Fault> = problems.iter().filter(|it| it.status == status).collect();
            let mut response = self.response(status, answer, &faults);
            if !shared::has_body(&operation.method) {
                response.as_object_mut().expect("a response is an object").remove("content");
            }
            responses.insert(status.as_str().to_owned(), response);
        }
        responses.into()
    }

    /// The response of one status: what is answered when all is well, the problems, or both.
    fn response(
        &mut self,
        status: StatusCode,
        answer: Option<&Answer>,
        faults: &[&Fault],
    ) -> Value {
        let request_id = json!({"$ref": "#/components/headers/X-Request-ID"});
        let mut headers = Map::from_iter([("X-Request-ID".to_owned(), request_id)]);
        let mut content = Map::new();
        let mut descriptions: Vec<String> = Vec::new();
        let mut add = |parameters: &[Parameter], is_required, generator: &mut SchemaGenerator| {
            for parameter in parameters {
                headers
                    .insert(parameter.name.to_owned(), header(parameter, is_required, generator));
            }
        };
        if let Some(answer) = answer {
            descriptions.push(answer.description.to_owned());
            add(&answer.headers, faults.is_empty(), &mut self.answered);
            if let Some(body) = &answer.body {
                let (media_type, body) = self.body(body);
                content.insert(media_type.to_owned(), body);
            }
        }
        if !faults.is_empty() {
            add(&shared::problem_headers(status, faults), answer.is_none(), &mut self.answered);
            descriptions.extend(faults.iter().map(|it| format!("`{}`: {}", it.code, it.meaning)));
            content.insert(PROBLEM_JSON.to_owned(), self.problems(status, faults));
        }
        let mut response = json!({"description": descriptions.join("\n\n"), "headers": headers});
        if !content.is_empty() {
            response["content"] = content.into();
        }
        response
    }

    /// The body of an answer, with its media type.
    fn body(&mut self, body: &AnswerBody) -> (&'static str, Value) {
        match body {
            AnswerBody::Json(Body { form, example }) => {
                let schema = form(&mut self.answered).to_value();
                (JSON, json!({"schema": schema, "example": example}))
            }
            AnswerBody::EventStream(stream) => (EVENT_STREAM, self.event_stream(stream)),
        }
    }

    /// Events, of which OpenAPI 3.1 knows no more than that they are text. What it says of each is as 3.2
    /// has it.
    fn event_stream(&mut self, EventStream { around, kinds, example }: &EventStream) -> Value {
        let mut forms = Vec::new();
        for EventForm { name, form } in kinds {
            let mut around = around(&mut self.answered).to_value();
            around["properties"] = json!({"data": form(&mut self.answered).to_value()});
            forms.push(json!({
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "event": {"const": name},
                    "data": {"type": "string", "contentMediaType": JSON, "contentSchema": around},
                },
                "required": ["id", "event", "data"],
            }));
        }
        json!({
            "schema": {"type": "string", "description": "Server-sent events of the HTML standard."},
            "example": example,
            "x-itemSchema": {"oneOf": forms},
        })
    }

    /// The body of the problems of a status, narrowed to their codes.
    fn problems(&mut self, status: StatusCode, faults: &[&Fault]) -> Value {
        let mut schema = self.answered.subschema_for::<ProblemView<'_>>().to_value();
        let codes: Vec<&str> = faults.iter().map(|fault| fault.code).collect();
        schema["properties"] =
            json!({"status": {"const": status.as_u16()}, "code": {"enum": codes}});
        for member in faults.iter().filter_map(|fault| fault.member.as_ref()) {
            schema["properties"][member.name] = (member.form)(&mut self.answered).to_value();
        }
        let examples: Map<String, Value> = faults
            .iter()
            .map(|fault| {
                let value = ProblemView::new(status, fault.code, fault.meaning, shared::REQUEST_ID);
                (fault.code.to_owned(), json!({"value": value}))
            })
            .collect();
        json!({"schema": schema, "examples": examples})
    }

    fn taken(&mut self, form: Form) -> Value {
        form(&mut self.taken).to_value()
    }

    /// The components, once all operations are described.
    fn finish(mut self) -> Value {
        let responses: Map<String, Value> = shared::of_no_operation()
            .iter()
            .map(|(name, fault)| ((*name).to_owned(), self.response(fault.status, None, &[fault])))
            .collect();
        let parameters: Map<String, Value> = [shared::caller()]
            .iter()
            .chain(&shared::request_headers())
            .map(|it| (it.name.to_owned(), self.parameter("header", it)))
            .collect();
        let request_id = header(&shared::request_id(), true, &mut self.answered);
        let mut schemas = self.taken.take_definitions(false);
        for (name, schema) in self.answered.take_definitions(false) {
            // What is written as it is read. A wire type of which this is not so needs two names.
            let taken = schemas.insert(name.clone(), schema);
            debug_assert!(taken.is_none_or(|taken| taken == schemas[&name]), "{name} is two forms");
        }
        schemas.values_mut().for_each(simplify);
        json!({
            "schemas": schemas,
            "responses": responses,
            "parameters": parameters,
            "headers": {"X-Request-ID": request_id},
            "securitySchemes": {
                TOKEN: {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "scrs_ and 43 characters of base64url",
                    "description": "The token of a session, which opening it has answered.",
                },
                GATEWAY: {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Gateway-Secret",
                    "description": "What the gateway and the side services share with the service. \
                        Where the service has no secret, it is not looked at.",
                },
            },
        })
    }
}

/// Says the same as generators of clients like it better: a choice of words is an `enum`, and what may
/// be left out has no default of null.
fn simplify(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(simplify),
        Value::Object(object) => {
            if object.get("default") == Some(&Value::Null) {
                object.remove("default");
            }
            let words: Option<Vec<Value>> =
                object.get("oneOf").and_then(Value::as_array).and_then(|choices| {
                    choices.iter().map(|choice| choice.get("const").cloned()).collect()
                });
            if let Some(words) = words {
                object.remove("oneOf");
                object.insert("type".to_owned(), "string".into());
                object.insert("enum".to_owned(), words.into());
            }
            object.values_mut().for_each(simplify);
        }
        _ => {}
    }
}

const TOKEN: &str = "SessionToken";
const GATEWAY: &str = "GatewaySecret";

/// What a caller has to bring.
fn security(operation: &Operation, group: Group) -> Value {
    match group {
        Group::Probe => json!([]),
        _ if operation.needs_token => json!([{GATEWAY: [], TOKEN: []}]),
        Group::User | Group::Admin | Group::Public | Group::Internal => json!([{GATEWAY: []}]),
    }
}

/// A header of an answer.
fn header(parameter: &Parameter, is_required: bool, generator: &mut SchemaGenerator) -> Value {
    json!({
        "description": parameter.description,
        "required": is_required && parameter.is_required,
        "schema": (parameter.form)(generator),
        "example": value_of(parameter.example),
    })
}

/// The example of a header or of a parameter, as its form has it.
fn value_of(example: &str) -> Value {
    example.parse::<u64>().map_or_else(|_| example.into(), Value::from)
}
