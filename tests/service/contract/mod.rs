//! The contract: whole, true to itself, and true of the service.
//!
//! That every answer is as it is documented is held by `support/contract.rs` in all tests. `codes` provokes
//! each that is documented, with a file for what hangs on the state of each feature.

mod accounts;
mod blocks;
mod codes;
mod events;
mod games;
mod lobby;
mod matchmaking;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use scrabble_backend::routes;
use serde_json::Value;

use crate::support::TestApp;
use crate::support::contract::{DOCUMENT, check, closed, parameters};

const OPENAPI: &str = "/api/v1/public/openapi.json";
const KEY: &str = "0192d5e8-7a44-7bd2-9c52-54a1c6e5d7f0";
const NOBODY: &str = "0190163d-8694-739b-aea5-966c26f8ad91";
const NOBODY_ELSE: &str = "0190163d-8695-739b-aea5-966c26f8ad91";

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
    let mut made = codes_of_play(&source);
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

/// The codes of what the rules of play do not allow, but those of which no caller can ask.
fn codes_of_play(source: &Path) -> BTreeSet<String> {
    const UNREACHABLE: [&str; 3] = [
        // The caller's seat is looked up.
        "no_such_seat",
        // Who places more tiles than a full rack has does not have them, which is told first.
        "too_many_tiles",
        // Tiles are read by the rules' alphabet.
        "unknown_letter",
    ];
    let mut found = BTreeSet::new();
    for file in ["game/state/illegal.rs", "game/scoring.rs"] {
        let text = std::fs::read_to_string(source.join(file)).unwrap();
        let (_, codes) = text.split_once("fn code(&self) -> &'static str {").expect(file);
        let (codes, _) = codes.split_once("\n    }\n").expect(file);
        found.extend(codes.split('"').skip(1).step_by(2).map(ToOwned::to_owned));
    }
    for unreachable in UNREACHABLE {
        assert!(found.remove(unreachable), "{unreachable} is there no more");
    }
    found
}

/// The codes with which problems are made: the first word in quotes behind each way to make one.
fn collect_codes(directory: &Path, found: &mut BTreeSet<String>) {
    const MAKERS: [&str; 6] =
        ["forbidden(", "not_found(", "conflict(", "too_many_requests(", "unavailable(", "::new("];
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
