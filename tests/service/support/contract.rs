//! The contract held against what the running service answers: every answer to every call of every
//! test goes through here.
//!
//! Knows the document alone, and the parsers of values whose form no schema can say.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use http::HeaderMap;
use jsonschema::Validator;
use scrabble_backend::account::{DisplayName, Language, Reason, TimeZone};
use scrabble_backend::email_address::EmailAddress;
use scrabble_backend::routes;
use serde_json::{Value, json};

/// The document, read back from what is served.
pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_slice(routes::contract().text()).expect("the contract is JSON")
});

/// The same, with what answers may hold kept to what is documented: a client has to bear new fields,
/// a test has to notice them.
static CLOSED: LazyLock<Value> = LazyLock::new(|| {
    let mut document = DOCUMENT.clone();
    close(&mut document);
    // Which members a problem has tells each operation, where it refers to it.
    let problem = &mut document["components"]["schemas"]["Problem"];
    problem.as_object_mut().expect("it is a schema").remove(UNEVALUATED);
    document
});

const UNEVALUATED: &str = "unevaluatedProperties";

/// Values that a schema allows and the service refuses, each with the reason.
const REFUSED_BEYOND_SCHEMA: &[(&str, &str)] = &[
    // The schema of an identity is that of a login, which can be a guest's.
    ("link_identity", "kind"),
    // How many there are in two lists together, and whether somebody is in both.
    ("report_presence", "here"),
    ("report_presence", "gone"),
    // Which lexicons there are, and that two play.
    ("enter_matchmaking", "terms.lexicon"),
    ("enter_matchmaking", "terms.players"),
    // Whether a moment is past hangs on the clock.
    ("suspend_account", "until"),
    // Which words there are for which rules hangs on the operator's lexicons.
    ("open_seek", "terms.lexicon"),
    ("invite", "terms.lexicon"),
    // What two values have to do with each other.
    ("open_seek", "rating_max"),
    ("invite", "account_ids"),
    ("invite", "starter_id"),
    // Which tiles there are hangs on the rules of the game.
    ("command_game", "tiles"),
];

/// One call and its answer.
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) request_body: &'a [u8],
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) text: &'a str,
}

/// What was answered: operation, status and code.
pub(crate) type Seen = (String, u16, String);

impl Exchange<'_> {
    /// Sees that the contract tells of this answer; gives what it was.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub(crate) fn hold(&self) -> Seen {
        match self.faults() {
            Ok(seen) => seen,
            Err(fault) => panic!(
                "the contract has it otherwise: {fault}\n{} {} → {} {:?}\n{}",
                self.method, self.path, self.status, self.headers, self.text
            ),
        }
    }

    fn faults(&self) -> Result<Seen, String> {
        let body: Value = serde_json::from_str(self.text).unwrap_or(Value::Null);
        let code = body["code"].as_str().unwrap_or_default().to_owned();
        let Some((template, methods)) = template(self.path) else {
            self.answers_no_operation("RouteUnknown", 404)?;
            return Ok(("no path".to_owned(), self.status, code));
        };
        let own = methods.get(self.method.to_ascii_lowercase());
        let operation = own.or_else(|| methods.get("get").filter(|_| self.method == "HEAD"));
        let Some(operation) = operation else {
            self.answers_no_operation("MethodNotAllowed", 405)?;
            if self.status == 405 {
                self.allow_is_true(methods)?;
            }
            return Ok(("no method".to_owned(), self.status, code));
        };
        let status = self.status;
        let id = operation["operationId"].as_str().expect("every operation has its id");
        let method = if own.is_some() { self.method.to_ascii_lowercase() } else { "get".into() };
        let pointer = format!("/paths/{}/{method}", template.replace('~', "~0").replace('/', "~1"));
        self.answer_is(&format!("{pointer}/responses/{status}"), status)?;
        self.request_is_told(operation, &pointer, id, &body)?;
        Ok((id.to_owned(), status, code))
    }

    /// No operation's answer, but to everybody who does not have the gateway's secret the same.
    fn answers_no_operation(&self, response: &str, status: u16) -> Result<(), String> {
        let (response, status) =
            if self.status == 401 { ("GatewayUnknown", 401) } else { (response, status) };
        self.answer_is(&format!("/components/responses/{response}"), status)
    }

    /// The answer is the response that stands in the document at `pointer`.
    fn answer_is(&self, pointer: &str, status: u16) -> Result<(), String> {
        let response = CLOSED.pointer(pointer).ok_or(format!("{pointer} is not documented"))?;
        if self.status != status {
            return Err(format!("expected {status}"));
        }
        self.headers_are(response, pointer)?;
        let content_type = self.headers.get("content-type").map(|it| it.to_str().unwrap());
        let Some(content) = response.get("content").filter(|_| self.method != "HEAD") else {
            let is_empty =
                self.text.is_empty() && (self.method == "HEAD" || content_type.is_none());
            return if is_empty { Ok(()) } else { Err("expected no body".to_owned()) };
        };
        let content_type = content_type.ok_or("a body without a content type")?;
        if content.get(content_type).is_none() {
            return Err(format!("{pointer} has no {content_type}"));
        }
        let escaped = content_type.replace('/', "~1");
        let body = match content_type {
            "text/event-stream" => self.text.into(),
            _ => serde_json::from_str(self.text).map_err(|error| error.to_string())?,
        };
        check(&CLOSED, &format!("{pointer}/content/{escaped}/schema"), &body)
    }

    fn headers_are(&self, response: &Value, pointer: &str) -> Result<(), String> {
        let documented = response["headers"].as_object().expect("every answer has headers");
        for (name, header) in documented {
            let at = header["$ref"].as_str().map_or_else(
                || format!("{pointer}/headers/{name}"),
                |reference| reference.trim_start_matches('#').to_owned(),
            );
            let header = CLOSED.pointer(&at).expect("a reference leads somewhere");
            match self.headers.get(name) {
                Some(value) => {
                    let text = value.to_str().map_err(|error| error.to_string())?;
                    let value = text.parse::<u64>().map_or_else(|_| text.into(), Value::from);
                    check(&CLOSED, &format!("{at}/schema"), &value)
                        .map_err(|fault| format!("{name}: {fault}"))?;
                }
                None if header["required"] == true => return Err(format!("{name} is missing")),
                None => {}
            }
        }
        Ok(())
    }

    fn allow_is_true(&self, methods: &Value) -> Result<(), String> {
        let mut expected: BTreeSet<String> =
            methods.as_object().unwrap().keys().map(|it| it.to_ascii_uppercase()).collect();
        if expected.contains("GET") {
            expected.insert("HEAD".to_owned());
        }
        let allow = self.headers["allow"].to_str().unwrap();
        let given: BTreeSet<String> = allow.split(", ").map(ToOwned::to_owned).collect();
        if given == expected { Ok(()) } else { Err(format!("documented: {expected:?}")) }
    }

    /// What was accepted is as the schema has it, and what was refused for its form is not.
    fn request_is_told(
        &self,
        operation: &Value,
        pointer: &str,
        id: &str,
        answer: &Value,
    ) -> Result<(), String> {
        if operation.get("requestBody").is_none() {
            return Ok(());
        }
        let schema = format!("{pointer}/requestBody/content/application~1json/schema");
        let body: Option<Value> = serde_json::from_slice(self.request_body).ok();
        let checked = body.as_ref().map(|body| check(&DOCUMENT, &schema, body));
        if (200..300).contains(&self.status) {
            return checked
                .unwrap_or(Err("it is no JSON".to_owned()))
                .map_err(|fault| format!("the request was accepted, though {fault}"));
        }
        let field = answer["field"].as_str().unwrap_or_default();
        let is_parameter = parameters(operation)
            .any(|it| it["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(field)));
        let is_beyond = REFUSED_BEYOND_SCHEMA.contains(&(id, field));
        let is_of_body = self.status == 400 && !is_parameter && !is_beyond;
        if is_of_body && checked.is_some_and(|checked| checked.is_ok()) {
            return Err("the request was refused, though it is as the schema has it".to_owned());
        }
        Ok(())
    }
}

/// Checks a value against the schema that stands in a document at `pointer`.
pub(crate) fn check(document: &Value, pointer: &str, value: &Value) -> Result<(), String> {
    /// By the document's address and the pointer.
    type Validators = Mutex<HashMap<(usize, String), Arc<Validator>>>;
    static VALIDATORS: LazyLock<Validators> = LazyLock::new(Mutex::default);
    let key = (std::ptr::from_ref(document).addr(), pointer.to_owned());
    let validator = {
        let mut validators = VALIDATORS.lock().expect("no test panics while it holds this");
        Arc::clone(validators.entry(key).or_insert_with(|| Arc::new(validator(document, pointer))))
    };
    let faults: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

/// The parameters of an operation, those that it shares with others included.
pub(crate) fn parameters(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["parameters"].as_array().into_iter().flatten().map(
        |parameter| match parameter["$ref"].as_str() {
            Some(reference) => DOCUMENT
                .pointer(reference.trim_start_matches('#'))
                .expect("a reference leads somewhere"),
            None => parameter,
        },
    )
}

/// The checked document that is closed against what it does not tell of.
pub(crate) fn closed() -> &'static Value {
    &CLOSED
}

fn validator(document: &Value, pointer: &str) -> Validator {
    let mut schema = document.pointer(pointer).expect("a schema stands there").clone();
    schema["components"] = json!({"schemas": document["components"]["schemas"]});
    jsonschema::options()
        .should_validate_formats(true)
        .with_format("display-name", |text: &str| text.parse::<DisplayName>().is_ok())
        .with_format("language-tag", |text: &str| text.parse::<Language>().is_ok())
        .with_format("email-address", |text: &str| text.parse::<EmailAddress>().is_ok())
        .with_format("iana-time-zone", |text: &str| text.parse::<TimeZone>().is_ok())
        .with_format("reason", |text: &str| text.parse::<Reason>().is_ok())
        .build(&schema)
        .unwrap_or_else(|error| panic!("{pointer} is no schema: {error}"))
}

/// The path of the document that a path is one of, with its methods.
fn template(path: &str) -> Option<(&'static str, &'static Value)> {
    let path = path.split('?').next().unwrap_or(path);
    let is_one = |template: &str| {
        let mut parts = path.split('/');
        let fits = template.split('/').all(|expected| {
            parts.next().is_some_and(|part| {
                part == expected || (expected.starts_with('{') && !part.is_empty())
            })
        });
        fits && parts.next().is_none()
    };
    let paths = DOCUMENT["paths"].as_object().expect("the document has paths");
    // A path without parameters goes before one with.
    let exact = paths.get_key_value(path);
    let found = exact.or_else(|| paths.iter().find(|(template, _)| is_one(template)));
    found.map(|(template, methods)| (template.as_str(), methods))
}

fn close(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(close),
        Value::Object(object) => {
            object.values_mut().for_each(close);
            // An object's schema; the name `properties` may also be that of a property.
            let is_object = object.get("type").is_some_and(|it| it == "object");
            let is_problem =
                object.get("$ref").is_some_and(|it| it == "#/components/schemas/Problem");
            if is_problem || (is_object && !object.contains_key("additionalProperties")) {
                object.insert(UNEVALUATED.to_owned(), false.into());
            }
        }
        _ => {}
    }
}
