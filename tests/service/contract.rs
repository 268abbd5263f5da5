//! The contract: whole, true to itself, and true of the service.
//!
//! That every answer is as it is documented is held by `support/contract.rs` in all tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use scrabble_backend::account::Role;
use scrabble_backend::routes;
use serde_json::{Value, json};

use crate::support::contract::{DOCUMENT, check, closed, parameters};
use crate::support::{MailServer, Opened, TestApp};

const OPENAPI: &str = "/api/v1/public/openapi.json";
const IDENTITIES: &str = "/api/v1/user/identities";
const SESSIONS: &str = "/api/v1/internal/sessions";
const EMAIL_CODES: &str = "/api/v1/internal/email-codes";
const KEY: &str = "0192d5e8-7a44-7bd2-9c52-54a1c6e5d7f0";
const NOBODY: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

/// Codes that no test provokes through the whole service, or not of every operation, and why not.
const SHOWN_ELSEWHERE: &[(&str, &str)] = &[
    ("internal_error", "a fault of ours: session.rs and secrets.rs take a table away"),
    ("overloaded", "of the dispatcher, for all routes alike: http.rs"),
    ("starting", "of the dispatcher, for all routes alike: http.rs and boot.rs"),
    ("request_timeout", "of the dispatcher, for all routes alike: http.rs"),
    ("body_timeout", "of the reading of bodies, for all routes alike: http.rs"),
    ("route_unknown", "a path with an empty part is none of its operation's: http.rs"),
    ("gateway_unknown", "of the dispatcher, for all routes alike: gateway_secret.rs"),
    ("request_in_flight", "while another request holds the key: idempotency.rs"),
    ("mail_not_configured", "of a service without a mail server: email.rs"),
    ("mail_queue_full", "of a queue that is very long: mail.rs"),
    ("sessions_stale", "of a replica that hears nothing for a while: replicas.rs"),
];

/// All operations of the document, with path and method.
fn operations() -> Vec<(&'static str, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(|(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

/// The codes that an operation documents, with their statuses.
fn codes(operation: &Value) -> BTreeSet<(u16, String)> {
    let responses = operation["responses"].as_object().unwrap();
    responses
        .iter()
        .flat_map(|(status, response)| {
            let schema = &response["content"]["application/problem+json"]["schema"];
            let codes = schema["properties"]["code"]["enum"].as_array().cloned();
            let status = status.parse().unwrap();
            codes.unwrap_or_default().into_iter().map(move |code| (status, text(&code)))
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn every_route_has_its_operation_and_every_operation_its_route() {
    let name = |method: &str, path: &str| format!("{method} {path}");
    let mut routes: BTreeMap<String, usize> = BTreeMap::new();
    for route in routes::table() {
        *routes.entry(name(route.method.as_str(), route.path)).or_default() += 1;
    }
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for operation in routes::operations() {
        let (method, path) = operation.route();
        *told.entry(name(method.as_str(), path)).or_default() += 1;
    }
    let missing: Vec<_> = routes.keys().filter(|route| !told.contains_key(*route)).collect();
    assert!(missing.is_empty(), "routes without an operation in their contract.rs: {missing:?}");
    let stray: Vec<_> = told.keys().filter(|route| !routes.contains_key(*route)).collect();
    assert!(stray.is_empty(), "operations without a route: {stray:?}");
    let twice: Vec<_> = told.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "operations that are told twice: {twice:?}");
    let documented: BTreeSet<String> = operations()
        .iter()
        .map(|(path, method, _)| name(&method.to_ascii_uppercase(), path))
        .collect();
    assert_eq!(documented, routes.into_keys().collect());
}

#[test]
fn every_operation_is_whole() {
    let mut ids = BTreeSet::new();
    let tags: Vec<String> =
        DOCUMENT["tags"].as_array().unwrap().iter().map(|tag| text(&tag["name"])).collect();
    for (path, method, operation) in operations() {
        let id = text(&operation["operationId"]);
        assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{id}");
        assert!(ids.insert(id.clone()), "{id} is two operations");
        assert!(!text(&operation["summary"]).ends_with('.'), "{id}: a summary is a title");
        assert!(tags.contains(&text(&operation["tags"][0])), "{id}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id} never succeeds");
        for (status, response) in responses {
            assert!(!text(&response["description"]).is_empty(), "{id} {status}");
            assert_eq!(response.get("content").is_none(), {
                method == "head" || status == "204" || status == "304"
            });
        }
        let declared: BTreeSet<String> = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| text(&parameter["name"]))
            .collect();
        let in_path: BTreeSet<String> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(ToOwned::to_owned)
            .collect();
        assert_eq!(declared, in_path, "{id}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_referred_to() {
    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(parts) => parts.iter().for_each(|part| collect(part, found)),
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned));
                object.values().for_each(|part| collect(part, found));
            }
            _ => {}
        }
    }
    let mut references = BTreeSet::new();
    collect(&DOCUMENT, &mut references);
    assert!(!references.is_empty());
    for reference in &references {
        let pointer = reference.strip_prefix('#').expect("nothing outside is referred to");
        assert!(DOCUMENT.pointer(pointer).is_some(), "{reference}");
    }
    for (name, _) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        let reference = format!("#/components/schemas/{name}");
        assert!(references.contains(&reference), "nothing refers to {name}");
    }
}

#[test]
fn every_example_is_valid_and_every_body_has_one() {
    let mut checked = 0;
    visit(&DOCUMENT, "", &mut |pointer, part| {
        let Some(object) = part.as_object().filter(|object| object.contains_key("schema")) else {
            return;
        };
        let mut examples: Vec<&Value> = object.get("example").into_iter().collect();
        let named = object.get("examples").and_then(Value::as_object);
        examples.extend(named.into_iter().flatten().map(|(_, example)| &example["value"]));
        assert!(!examples.is_empty(), "{pointer} has no example");
        for example in examples {
            let outcome = check(closed(), &format!("{pointer}/schema"), example);
            assert_eq!(outcome, Ok(()), "{pointer}: {example}");
            checked += 1;
        }
    });
    assert!(checked > 100, "{checked} examples were found");
}

/// Every part of a document with its pointer, but for examples.
fn visit(value: &Value, pointer: &str, look: &mut impl FnMut(&str, &Value)) {
    look(pointer, value);
    let parts: Vec<(String, &Value)> = match value {
        Value::Array(parts) => {
            parts.iter().enumerate().map(|(index, part)| (index.to_string(), part)).collect()
        }
        Value::Object(object) => {
            let parts = object.iter().filter(|(key, _)| !key.starts_with("example"));
            parts.map(|(key, part)| (key.replace('~', "~0").replace('/', "~1"), part)).collect()
        }
        _ => Vec::new(),
    };
    for (key, part) in parts {
        visit(part, &format!("{pointer}/{key}"), look);
    }
}

#[test]
fn the_codes_of_the_source_and_those_of_the_contract_are_the_same() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut made = BTreeSet::new();
    collect_codes(&source, &mut made);
    let mut told: BTreeSet<String> = operations()
        .iter()
        .flat_map(|(_, _, operation)| codes(operation))
        .map(|(_, code)| code)
        .collect();
    told.insert("method_not_allowed".to_owned());
    let untold: Vec<_> = made.difference(&told).collect();
    assert!(untold.is_empty(), "codes of which no contract.rs tells: {untold:?}");
    let stray: Vec<_> = told.difference(&made).collect();
    assert!(stray.is_empty(), "codes that nothing answers: {stray:?}");
}

/// The codes with which problems are made: the first word in quotes behind each way to make one.
fn collect_codes(directory: &Path, found: &mut BTreeSet<String>) {
    const MAKERS: [&str; 5] = ["forbidden(", "not_found(", "conflict(", "unavailable(", "::new("];
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_codes(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        for maker in MAKERS {
            for call in code.split(maker).skip(1) {
                let arguments = call.split(';').next().unwrap();
                let first = arguments.trim_start();
                let has_status = first.starts_with("StatusCode::") || first.starts_with("status,");
                if maker == "::new(" && !has_status {
                    continue;
                }
                found.extend(
                    arguments.split('"').nth(1).filter(|it| is_word(it)).map(ToOwned::to_owned),
                );
            }
        }
    }
}

#[tokio::test]
async fn the_document_is_served_with_its_version_and_printed() {
    let app = TestApp::start().await;
    let served = app.client.get(OPENAPI).send().await;
    assert_eq!(served.expect(200), &*DOCUMENT);
    assert_eq!(served.body["openapi"], "3.1.0");
    let tag = served.header("etag").unwrap();
    for tags in [tag.to_owned(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let again = app.client.get(OPENAPI).header("if-none-match", &tags).send().await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{tags}");
        assert_eq!(again.header("etag"), Some(tag));
    }
    let other = app.client.get(OPENAPI).header("if-none-match", "\"x\"").send().await;
    other.expect(200);
    app.stop().await;

    let mut program = crate::cli::program(&["openapi"], &[]);
    let printed = tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap();
    assert!(printed.status.success(), "{printed:?}");
    assert_eq!(String::from_utf8(printed.stdout).unwrap().trim_end(), served.text);
}

#[tokio::test]
async fn an_idempotency_key_is_looked_at_where_it_is_documented_and_nowhere_else() {
    let app = TestApp::start().await;
    for (path, method, operation) in operations() {
        let call = app.client.call(&method.to_ascii_uppercase(), &path.replace("{id}", NOBODY));
        let answer = call.user(NOBODY).header("idempotency-key", "short").send().await;
        let is_documented = parameters(operation).any(|it| it["name"] == "Idempotency-Key");
        assert_eq!(answer.body["field"] == "idempotency-key", is_documented, "{method} {path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn every_documented_code_of_every_operation_is_provoked() {
    let server = MailServer::start().await;
    let app = TestApp::with().mail_by(&server).start().await;
    let (ann, bob) = (app.opened("ann").await, app.opened("bob").await);
    let operator = app.opened("operator").await.account_id;
    app.admin.set_role(operator.parse().unwrap(), Role::Operator).await.unwrap();
    for (path, method, operation) in operations() {
        provoke_shared(&app, path, method, operation, &ann).await;
    }
    provoke_own(&app, &ann, &bob, &operator).await;
    provoke_endings(&app, &operator).await;
    app.database.refuse_connections().await;
    for (path, method, operation) in operations() {
        if codes(operation).contains(&(503, "database_unavailable".to_owned())) {
            let call = app.client.call(&method.to_ascii_uppercase(), &path.replace("{id}", NOBODY));
            let call = call.user(NOBODY).bearer(&format!("scrs_{}", "A".repeat(43)));
            let call = match operation.get("requestBody") {
                Some(body) => call.json(&body["content"]["application/json"]["example"]),
                None => call,
            };
            call.send().await;
        }
    }
    app.database.accept_connections().await;

    let seen = app.client.seen.lock().unwrap().clone();
    let mut unseen = Vec::new();
    for (_, _, operation) in operations() {
        let id = text(&operation["operationId"]);
        for (status, code) in codes(operation) {
            let is_elsewhere = SHOWN_ELSEWHERE.iter().any(|(known, _)| *known == code);
            if !is_elsewhere && !seen.contains(&(id.clone(), status, code.clone())) {
                unseen.push(format!("{id} {status} {code}"));
            }
        }
    }
    assert!(unseen.is_empty(), "documented, but provoked by nothing here: {unseen:#?}");
    app.stop().await;
}

/// What every route of a kind answers to the same mistakes.
async fn provoke_shared(app: &TestApp, path: &str, method: &str, operation: &Value, ann: &Opened) {
    let method = method.to_ascii_uppercase();
    let call = |path: &str| app.client.call(&method, path);
    let own = path.replace("{id}", &ann.account_id);
    // Without anything, by a malformed caller, by one who is no operator, with malformed headers.
    call(&own).send().await;
    call(&own).user("42").send().await;
    if path.contains("/admin/") {
        call(&own).user(&ann.account_id).json(&json!({})).send().await;
    }
    for name in ["if-none-match", "x-session-id", "idempotency-key"] {
        call(&own).header(name, "a").header(name, "b").user(NOBODY).send().await;
    }
    if path.contains('{') {
        call(&path.replace("{id}", "42")).user(&ann.account_id).send().await;
    }
    if operation.get("requestBody").is_some() {
        call(&own).user(&ann.account_id).raw_json("{").send().await;
        let large = json!({"large": "x".repeat(1 << 20)});
        call(&own).user(&ann.account_id).json(&large).send().await;
        let header = call(&own).user(&ann.account_id).header("content-type", "text/plain");
        header.send().await;
    }
}

/// What hangs on accounts that are over, or are not to be merged.
async fn provoke_endings(app: &TestApp, operator: &str) {
    let client = &app.client;
    let own = "/api/v1/user/account";
    let account = |id: &str| format!("/api/v1/admin/accounts/{id}");
    let [zoe, tom, sue, gone] = [
        app.opened("zoe").await,
        app.opened("tom").await,
        app.opened("sue").await,
        app.opened("gone").await,
    ];
    let merge = |winner: &str, loser: &str| {
        let call = client.post(&format!("{}/merge", account(winner))).user(operator);
        call.json(&json!({"loser_id": loser}))
    };
    let merge_own = |winner: &str, token: &str| {
        client.post(&format!("{own}/merge")).user(winner).json(&json!({"token": token}))
    };
    client.delete(&account(&sue.account_id)).user(operator).send().await;
    client.delete(&account(NOBODY)).user(operator).send().await;
    client.delete(own).user(&gone.account_id).send().await;
    client.delete(own).user(NOBODY).send().await;
    // Of an account that is over.
    let suspension = format!("{}/suspension", account(&gone.account_id));
    client.put(&suspension).user(operator).json(&json!({"reason": "abuse"})).send().await;
    client.delete(&suspension).user(operator).send().await;
    client.patch(own).user(&gone.account_id).json(&json!({"language": "lv"})).send().await;
    let identity = json!({"kind": "platform", "provider": "telegram", "subject": "gone"});
    client.post(IDENTITIES).user(&gone.account_id).json(&identity).send().await;
    client.delete(&format!("{IDENTITIES}/{NOBODY}")).user(&gone.account_id).send().await;
    // Mergers that are refused.
    let operators = app.opened("operator").await;
    for (winner, loser) in [
        (&*gone.account_id, &*zoe.account_id),
        (NOBODY, &*zoe.account_id),
        (&*zoe.account_id, operator),
        (&*zoe.account_id, &*zoe.account_id),
    ] {
        merge(winner, loser).send().await;
    }
    let untyped = client.post(&format!("{}/merge", account(&zoe.account_id))).user(operator);
    untyped.header("content-type", "text/plain").send().await;
    merge(&zoe.account_id, &"x".repeat(1 << 20)).send().await;
    for (winner, token) in [
        (&*gone.account_id, &zoe.token),
        (NOBODY, &zoe.token),
        (&*zoe.account_id, &operators.token),
        (&*zoe.account_id, &zoe.token),
        (&*zoe.account_id, &gone.token),
    ] {
        merge_own(winner, token).send().await;
    }
    merge_own(&zoe.account_id, &tom.token).header("x-session-id", NOBODY).send().await;
    let first = merge_own(&zoe.account_id, &tom.token).header("idempotency-key", KEY);
    first.send().await.expect(200);
    merge_own(&zoe.account_id, &zoe.token).header("idempotency-key", KEY).send().await;
    let max = app.opened("max").await;
    let first = merge(&zoe.account_id, &max.account_id).header("idempotency-key", KEY);
    first.send().await.expect(200);
    merge(&zoe.account_id, NOBODY).header("idempotency-key", KEY).send().await;
    // Of an account that is suspended.
    let eve = app.opened("eve").await;
    let suspension = format!("{}/suspension", account(&zoe.account_id));
    client.put(&suspension).user(operator).json(&json!({"reason": "abuse"})).send().await;
    client.delete(own).user(&zoe.account_id).send().await;
    merge(&zoe.account_id, &eve.account_id).send().await;
    merge_own(&zoe.account_id, &eve.token).send().await;
}

/// What hangs on the state of accounts and sessions.
async fn provoke_own(app: &TestApp, ann: &Opened, bob: &Opened, operator: &str) {
    let client = &app.client;
    let suspension = |id: &str| format!("/api/v1/admin/accounts/{id}/suspension");
    let link = |id: &str, subject: &str| {
        let body = json!({"kind": "platform", "provider": "telegram", "subject": subject});
        client.post(IDENTITIES).user(id).json(&body)
    };
    // Bodies in the wrong place, by an operator.
    let put = |id: &str| client.put(&suspension(id)).user(operator);
    put(&ann.account_id).header("content-type", "text/plain").send().await;
    put(&ann.account_id).json(&json!({"reason": "x".repeat(1 << 20)})).send().await;
    // Accounts that there are not.
    put(NOBODY).json(&json!({"reason": "abuse"})).send().await;
    client.delete(&suspension(NOBODY)).user(operator).send().await;
    for path in ["", "/ratings"] {
        client.get(&format!("/api/v1/internal/accounts/{NOBODY}{path}")).send().await;
    }
    for path in ["/api/v1/user/account", "/api/v1/user/ratings", IDENTITIES] {
        client.get(path).user(NOBODY).send().await;
    }
    client.patch("/api/v1/user/account").user(NOBODY).json(&json!({})).send().await;
    client.delete(&format!("{IDENTITIES}/{NOBODY}")).user(NOBODY).send().await;
    link(NOBODY, "1").send().await;
    // Identities and sessions that are not the caller's, or the last.
    link(&ann.account_id, "bob").send().await;
    link(&ann.account_id, "new").header("x-session-id", &bob.session_id).send().await;
    client.delete(&format!("/api/v1/user/sessions/{NOBODY}")).user(&ann.account_id).send().await;
    client.delete(&format!("{IDENTITIES}/{NOBODY}")).user(&ann.account_id).send().await;
    let own = client.get(IDENTITIES).user(&ann.account_id).send().await;
    let last = format!("{IDENTITIES}/{}", text(&own.body["identities"][0]["id"]));
    client.delete(&last).user(&ann.account_id).send().await;
    // A version that is gone, a token that is none.
    let change = client.patch("/api/v1/user/account").user(&ann.account_id);
    change.header("if-match", "\"99\"").json(&json!({})).send().await;
    // A suspended account.
    put(&bob.account_id).json(&json!({"reason": "abuse"})).send().await;
    app.open("bob").await;
    client.patch("/api/v1/user/account").user(&bob.account_id).json(&json!({})).send().await;
    client.delete(&format!("{IDENTITIES}/{NOBODY}")).user(&bob.account_id).send().await;
    link(&bob.account_id, "2").send().await;
    for path in [&format!("{SESSIONS}/resolve"), &format!("{SESSIONS}/current")] {
        client.get(path).send().await;
    }
    // A code that is none, and one too many.
    let code = json!({"kind": "email", "challenge": "0".repeat(40), "code": "000000"});
    client.post(SESSIONS).json(&json!({"identity": code})).send().await;
    client.post(IDENTITIES).user(&ann.account_id).json(&code).send().await;
    for key in [KEY, KEY, NOBODY] {
        let body = json!({"email": "ann@example.com", "client": {"ip": "203.0.113.7"}});
        client.post(EMAIL_CODES).header("idempotency-key", key).json(&body).send().await;
    }
    let body = json!({"email": "bob@example.com", "client": {"ip": "203.0.113.7"}});
    client.post(EMAIL_CODES).header("idempotency-key", KEY).json(&body).send().await;
    // A key for two bodies.
    for body in ["{}", "{ }"] {
        let rotate = client.post(&format!("{SESSIONS}/current/rotate")).bearer(&ann.token);
        rotate.header("idempotency-key", KEY).raw_json(body).send().await;
    }
    for subject in ["3", "4"] {
        link(&ann.account_id, subject).header("idempotency-key", KEY).send().await;
        let identity = json!({"kind": "platform", "provider": "telegram", "subject": subject});
        let open = client.post(SESSIONS).header("idempotency-key", KEY);
        open.json(&json!({"identity": identity})).send().await;
    }
}
