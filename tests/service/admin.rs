//! What operators do: suspensions.

use std::time::Duration;

use scrabble_backend::account::Role;
use scrabble_backend::time::{Clock, Timestamp};
use serde_json::{Value, json};

use crate::cli::program;
use crate::support::{Answer, TestApp};

/// An account with the operator's role.
async fn operator(app: &TestApp) -> String {
    let id = app.opened("operator").await.account_id;
    app.admin.set_role(id.parse().unwrap(), Role::Operator).await.unwrap();
    id
}

async fn suspend(app: &TestApp, operator: &str, account_id: &str, body: Value) -> Answer {
    app.client.put(&path(account_id)).user(operator).json(&body).send().await
}

fn path(account_id: &str) -> String {
    format!("/api/v1/admin/accounts/{account_id}/suspension")
}

#[tokio::test]
async fn only_an_operator_suspends() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.opened("ann").await, app.opened("bob").await);
    let reason = json!({"reason": "abuse"});
    suspend(&app, &bob.account_id, &ann.account_id, reason.clone())
        .await
        .expect_problem(403, "operator_required");
    let nobody = "0190163d-8694-739b-aea5-966c26f8ad91";
    suspend(&app, nobody, &ann.account_id, reason.clone())
        .await
        .expect_problem(403, "operator_required");
    app.client
        .delete(&path(&ann.account_id))
        .user(&bob.account_id)
        .send()
        .await
        .expect_problem(403, "operator_required");
    app.resolve(&ann.token).await.expect(200);
    let operator = operator(&app).await;
    suspend(&app, &operator, nobody, reason).await.expect_problem(404, "account_unknown");
    app.stop().await;
}

#[tokio::test]
async fn a_change_of_role_ends_the_accounts_sessions() {
    let app = TestApp::start().await;
    let opened = app.opened("operator").await;
    operator(&app).await;
    app.resolve(&opened.token).await.expect_problem(401, "session_invalid");
    let again = app.opened("operator").await;
    assert_eq!(app.resolve(&again.token).await.expect(200)["role"], "operator");
    app.stop().await;
}

#[tokio::test]
async fn a_suspended_account_has_no_session_and_opens_none() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let sessions = [app.opened("ann").await, app.opened("ann").await];
    let id = &sessions[0].account_id;
    let answer = suspend(&app, &operator, id, json!({"reason": " abuse "})).await;
    assert_eq!(answer.expect(200)["status"], "suspended");
    assert_eq!(answer.body["suspension"]["reason"], "abuse");
    assert_eq!(answer.body["suspension"]["by"], operator);
    assert_eq!(answer.body["suspension"]["until"], Value::Null);
    for session in &sessions {
        app.resolve(&session.token).await.expect_problem(401, "session_invalid");
    }
    app.open("ann").await.expect_problem(403, "account_suspended");
    let change =
        app.client.patch("/api/v1/user/account").user(id).json(&json!({"display_name": "X"}));
    change.send().await.expect_problem(403, "account_suspended");
    suspend(&app, &operator, id, json!({"reason": "again"})).await.expect(200);
    for _ in 0..2 {
        app.client.delete(&path(id)).user(&operator).send().await.expect(204);
    }
    app.resolve(&app.opened("ann").await.token).await.expect(200);
    for session in &sessions {
        app.resolve(&session.token).await.expect_problem(401, "session_invalid");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_suspension_with_an_end_ends_by_itself() {
    let clock = Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap());
    let app = TestApp::with().clock(&clock).start().await;
    let operator = operator(&app).await;
    let id = app.opened("ann").await.account_id;
    let past =
        suspend(&app, &operator, &id, json!({"reason": "x", "until": "2026-11-24T12:00:00Z"}))
            .await;
    past.expect_problem(400, "invalid_input");
    assert_eq!(past.body["field"], "until");
    suspend(&app, &operator, &id, json!({"reason": "x", "until": "2026-11-24T13:00:00+00:00"}))
        .await
        .expect(200);
    let refused = app.open("ann").await;
    refused.expect_problem(403, "account_suspended");
    assert!(
        refused.body["detail"].as_str().unwrap().contains("2026-11-24T13:00:00Z"),
        "{refused:?}"
    );
    clock.advance(Duration::from_secs(3600));
    assert_eq!(app.open("ann").await.expect(201)["account"]["status"], "active");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_slips_past_a_suspension_that_comes_at_the_same_moment() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let id = app.opened("ann").await.account_id;
    let reason = json!({"reason": "race"});
    let (mut opened_before, mut refused_after) = (0, 0);
    for round in 0..50 {
        let opening = futures_util::future::join_all((0..6).map(|_| app.open("ann")));
        let suspending = suspend(&app, &operator, &id, reason.clone());
        // What is polled first is sent first, and would be first every time.
        let (opened, suspended) = if round % 2 == 0 {
            tokio::join!(opening, suspending)
        } else {
            let (suspended, opened) = tokio::join!(suspending, opening);
            (opened, suspended)
        };
        suspended.expect(200);
        for answer in opened {
            match answer.status {
                201 => {
                    opened_before += 1;
                    let token = answer.body["token"].as_str().unwrap();
                    app.resolve(token).await.expect_problem(401, "session_invalid");
                }
                _ => {
                    refused_after += 1;
                    answer.expect_problem(403, "account_suspended");
                }
            }
        }
        app.client.delete(&path(&id)).user(&operator).send().await.expect(204);
    }
    assert!(opened_before > 0 && refused_after > 0, "a race: {opened_before}, {refused_after}");
    app.stop().await;
}

#[tokio::test]
async fn the_first_operator_is_made_on_the_command_line() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.opened("ann").await.account_id, app.opened("bob").await.account_id);
    let dsn = app.database.dsn();
    let set_role = async |id: &str, role: &str| {
        let arguments = ["account", "set-role", id, role];
        let variables = [("BACKEND_POSTGRES_DSN", dsn.as_str())];
        let mut program = program(&arguments, &variables);
        tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap()
    };
    let output = set_role(&ann, "operator").await;
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&ann) && said.contains("is now operator"), "{said}");
    let opened = app.open("ann").await;
    assert_eq!(opened.expect(201)["account"]["role"], "operator");
    suspend(&app, &ann, &bob, json!({"reason": "abuse"})).await.expect(200);
    let output = set_role("0190163d-8694-739b-aea5-966c26f8ad91", "operator").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("there is no such account"), "{said}");
    app.stop().await;
}

#[tokio::test]
async fn an_operator_who_loses_the_role_or_is_suspended_is_none_at_once() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let (other, ann) = (app.opened("other").await.account_id, app.opened("ann").await.account_id);
    app.admin.set_role(other.parse().unwrap(), Role::Operator).await.unwrap();
    let reason = json!({"reason": "abuse"});
    suspend(&app, &operator, &other, reason.clone()).await.expect(200);
    let refused = suspend(&app, &other, &ann, reason.clone()).await;
    refused.expect_problem(403, "operator_required");
    app.admin.set_role(operator.parse().unwrap(), Role::Player).await.unwrap();
    let refused = suspend(&app, &operator, &ann, reason).await;
    refused.expect_problem(403, "operator_required");
    app.open("ann").await.expect(201);
    app.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_suspension_is_named_and_suspends_nobody() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let ann = app.opened("ann").await;
    for (body, field) in [
        (json!({"reason": "abuse", "until": "tomorrow"}), "until"),
        (json!({"reason": "abuse", "until": null}), "until"),
        (json!({"reason": "  "}), "reason"),
        (json!({"reason": "x".repeat(501)}), "reason"),
        (json!({"reason": "abuse", "by": ann.account_id}), "by"),
        (json!({}), "body"),
    ] {
        let answer = suspend(&app, &operator, &ann.account_id, body).await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], field, "{answer:?}");
    }
    app.resolve(&ann.token).await.expect(200);
    app.stop().await;
}
