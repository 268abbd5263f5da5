//! Codes that hang on the state of accounts and sessions.

use serde_json::json;

use super::{KEY, NOBODY, text};
use crate::support::{Opened, TestApp};

const IDENTITIES: &str = "/api/v1/user/identities";
const SESSIONS: &str = "/api/v1/internal/sessions";
const EMAIL_CODES: &str = "/api/v1/internal/email-codes";

/// What hangs on the state of accounts and sessions.
pub(super) async fn provoke(app: &TestApp, ann: &Opened, bob: &Opened, operator: &str) {
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

/// What hangs on accounts that are over, or are not to be merged.
pub(super) async fn provoke_endings(app: &TestApp, operator: &str) {
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
