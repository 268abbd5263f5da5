//! Every documented code of every operation is answered by the service.

use scrabble_backend::account::Role;
use serde_json::{Value, json};

use super::{
    NOBODY, NOBODY_ELSE, accounts, blocks, codes, events, games, lobby, matchmaking, operations,
    text,
};
use crate::support::{MailServer, Opened, TestApp};

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
    (
        "clocks_unsure",
        "of a replica that stands still for seconds within a command: no test can stop it",
    ),
    ("already_playing", "of a game that begins while another is asked for: lobby/real_time.rs"),
    ("lobby_throttled", "of hundreds of seeks or invitations: lobby/limits.rs"),
    ("game_contended", "of eight moves of a game within one command: tests/simulation"),
    ("sessions_stale", "of a replica that hears nothing for a while: replicas.rs"),
];

#[tokio::test]
async fn every_documented_code_of_every_operation_is_provoked() {
    let server = MailServer::start().await;
    let lexicons = games::lexicons();
    let folder = lexicons.path().to_str().unwrap();
    let app = TestApp::with().mail_by(&server).set("BACKEND_LEXICON_DIR", folder).start().await;
    let (ann, bob) = (app.opened("ann").await, app.opened("bob").await);
    let operator = app.opened("operator").await.account_id;
    app.admin.set_role(operator.parse().unwrap(), Role::Operator).await.unwrap();
    for (path, method, operation) in operations() {
        provoke_shared(&app, path, method, operation, &ann).await;
    }
    accounts::provoke(&app, &ann, &bob, &operator).await;
    blocks::provoke(&app, &operator).await;
    matchmaking::provoke(&app, &operator).await;
    accounts::provoke_endings(&app, &operator).await;
    games::provoke(&app).await;
    lobby::provoke(&app, &operator).await;
    events::provoke(&app).await;
    app.database.refuse_connections().await;
    for (path, method, operation) in operations() {
        if codes(operation).contains(&(503, "database_unavailable".to_owned())) {
            let call = app.client.call(&method.to_ascii_uppercase(), &path.replace("{id}", NOBODY));
            let call = call.user(NOBODY_ELSE).bearer(&format!("scrs_{}", "A".repeat(43)));
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

/// Locks an account.
pub(super) async fn suspend(app: &TestApp, operator: &str, account_id: &str) {
    let path = format!("/api/v1/admin/accounts/{account_id}/suspension");
    let call = app.client.put(&path).user(operator).json(&json!({"reason": "abuse"}));
    call.send().await.expect(200);
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
