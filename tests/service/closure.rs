//! The end of an account: merged into another one, or erased.

use scrabble_backend::account::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Database, Opened, TestApp, eventually};

const NOBODY: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

async fn operator(app: &TestApp) -> String {
    let id = app.opened("operator").await.account_id;
    app.admin.set_role(id.parse().unwrap(), Role::Operator).await.unwrap();
    id
}

async fn guest(app: &TestApp) -> Opened {
    let call = app.client.post("/api/v1/internal/sessions");
    Opened::new(call.json(&json!({"identity": {"kind": "guest"}})).send().await.expect(201))
}

async fn merge(app: &TestApp, winner: &Opened, token: &str) -> Answer {
    let call = app.client.post("/api/v1/user/account/merge").user(&winner.account_id);
    call.header("x-session-id", &winner.session_id).json(&json!({"token": token})).send().await
}

async fn merge_as(app: &TestApp, operator: &str, loser: &str, winner: &str) -> Answer {
    let call = app.client.post(&format!("/api/v1/admin/accounts/{winner}/merge"));
    call.user(operator).json(&json!({"loser_id": loser})).send().await
}

async fn erase(app: &TestApp, account_id: &str) -> Answer {
    app.client.delete("/api/v1/user/account").user(account_id).send().await
}

async fn account(app: &TestApp, id: &str) -> Value {
    let path = format!("/api/v1/internal/accounts/{id}");
    app.client.get(&path).send().await.expect(200).clone()
}

async fn identities(app: &TestApp, account_id: &str) -> Vec<String> {
    let answer = app.client.get("/api/v1/user/identities").user(account_id).send().await;
    let identities = answer.expect(200)["identities"].as_array().unwrap().clone();
    let name = |identity: &Value| {
        identity["subject"].as_str().or(identity["kind"].as_str()).unwrap().to_owned()
    };
    let mut names: Vec<_> = identities.iter().map(name).collect();
    names.sort();
    names
}

async fn suspend(app: &TestApp, operator: &str, account_id: &str) {
    let path = format!("/api/v1/admin/accounts/{account_id}/suspension");
    let reason = json!({"reason": "cheating as john.doe@example.com"});
    app.client.put(&path).user(operator).json(&reason).send().await.expect(200);
}

async fn count(database: &Database, what: &str) -> i64 {
    let count = format!("select count(*) from {what}");
    database.connect().await.query_one(&count, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn who_holds_sessions_of_two_accounts_makes_them_one() {
    let app = TestApp::start().await;
    let (winner, loser) = (app.opened("winner").await, app.opened("loser").await);
    let elsewhere = app.opened("loser").await;
    let name = json!({"display_name": "Ann"});
    app.client.patch("/api/v1/user/account").user(&winner.account_id).json(&name).send().await;
    let merged = merge(&app, &winner, &loser.token).await;
    assert_eq!(merged.expect(200)["account"]["id"], winner.account_id);
    assert_eq!(merged.body["account"]["display_name"], "Ann");
    // The loser's sessions are over, and the winner's has a new token.
    for token in [&loser.token, &elsewhere.token, &winner.token] {
        app.resolve(token).await.expect_problem(401, "session_invalid");
    }
    let token = merged.body["token"].as_str().unwrap();
    assert_eq!(app.resolve(token).await.expect(200)["session_id"], winner.session_id);
    assert_eq!(identities(&app, &winner.account_id).await, ["loser", "winner"]);
    assert_eq!(app.opened("loser").await.account_id, winner.account_id);
    // What refers to the loser still finds somebody.
    let left = account(&app, &loser.account_id).await;
    assert_eq!(left["status"], "deleted");
    assert_eq!(left["merged_into"], winner.account_id);
    assert_eq!(left["display_name"], "Deleted player");
    app.stop().await;
}

#[tokio::test]
async fn a_merger_is_seen_by_every_replica() {
    let one = TestApp::start().await;
    let other = TestApp::with().database(&one.database).start().await;
    let (winner, loser) = (one.opened("winner").await, one.opened("loser").await);
    for token in [&winner.token, &loser.token] {
        other.resolve(token).await.expect(200);
    }
    let merged = merge(&one, &winner, &loser.token).await;
    for token in [&winner.token, &loser.token] {
        eventually("the other has heard", async || {
            (other.resolve(token).await.status == 401).then_some(())
        })
        .await;
    }
    other.resolve(merged.expect(200)["token"].as_str().unwrap()).await.expect(200);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_merger_done_again_changes_nothing() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let (winner, loser) = (app.opened("winner").await, app.opened("loser").await);
    let first = merge(&app, &winner, &loser.token).await;
    let token = first.expect(200)["token"].as_str().unwrap();
    let again = merge(&app, &winner, &loser.token).await;
    assert_eq!(again.expect(200)["account"], first.body["account"]);
    assert_eq!(again.body.get("token"), None);
    merge_as(&app, &operator, &loser.account_id, &winner.account_id).await.expect(200);
    app.resolve(token).await.expect(200);
    // To somebody else the token is worth nothing.
    let third = app.opened("third").await;
    merge(&app, &third, &loser.token).await.expect_problem(403, "proof_invalid");
    merge_as(&app, &operator, &loser.account_id, &third.account_id)
        .await
        .expect_problem(403, "account_deleted");
    assert_eq!(count(&app.database, "account_merge").await, 1);
    app.stop().await;
}

#[tokio::test]
async fn of_mergers_in_both_directions_at_the_same_time_one_comes_about() {
    let app = TestApp::start().await;
    for round in 0..8 {
        let one = app.opened(&format!("one-{round}")).await;
        let other = app.opened(&format!("other-{round}")).await;
        let (into_one, into_other) =
            tokio::join!(merge(&app, &one, &other.token), merge(&app, &other, &one.token));
        let statuses = [into_one.status, into_other.status];
        assert!(statuses == [200, 403] || statuses == [403, 200], "{into_one:?} {into_other:?}");
        let winner = if into_one.status == 200 { &one } else { &other };
        let name = format!("other-{round}");
        assert_eq!(app.opened(&name).await.account_id, winner.account_id);
    }
    app.stop().await;
}

#[tokio::test]
async fn who_logs_in_while_his_account_is_merged_comes_out_in_the_winner() {
    let app = TestApp::start().await;
    for round in 0..8 {
        let winner = app.opened(&format!("winner-{round}")).await;
        let subject = format!("loser-{round}");
        let loser = app.opened(&subject).await;
        let logins = futures_util::future::join_all((0..8).map(|_| app.open(&subject)));
        let (merged, logins) = tokio::join!(merge(&app, &winner, &loser.token), logins);
        merged.expect(200);
        for login in logins {
            let opened = Opened::new(login.expect(201));
            let resolved = app.resolve(&opened.token).await;
            if opened.account_id == winner.account_id {
                resolved.expect(200);
            } else {
                assert_eq!(opened.account_id, loser.account_id);
                resolved.expect_problem(401, "session_invalid");
            }
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn a_guest_who_is_merged_with_a_full_account_leaves_no_guest_behind() {
    let app = TestApp::start().await;
    for is_guest_winner in [true, false] {
        let subject = format!("player-{is_guest_winner}");
        let (guest, player) = (guest(&app).await, app.opened(&subject).await);
        let (winner, loser) = if is_guest_winner { (guest, player) } else { (player, guest) };
        merge(&app, &winner, &loser.token).await.expect(200);
        assert_eq!(identities(&app, &winner.account_id).await, [subject]);
    }
    let (winner, loser) = (guest(&app).await, guest(&app).await);
    merge(&app, &winner, &loser.token).await.expect(200);
    assert_eq!(identities(&app, &winner.account_id).await, ["guest"]);
    app.stop().await;
}

#[tokio::test]
async fn what_was_merged_before_goes_along() {
    let app = TestApp::start().await;
    let [first, second, third] =
        [app.opened("1").await, app.opened("2").await, app.opened("3").await];
    merge(&app, &second, &first.token).await.expect(200);
    let second = app.opened("2").await;
    merge(&app, &third, &second.token).await.expect(200);
    for lost in [&first, &second] {
        assert_eq!(account(&app, &lost.account_id).await["merged_into"], third.account_id);
    }
    assert_eq!(identities(&app, &third.account_id).await, ["1", "2", "3"]);
    // The trace tells how it came.
    let trace = format!("account_merge where winner_id = '{}'", second.account_id);
    assert_eq!(count(&app.database, &trace).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn what_is_no_proof_or_would_be_a_way_around_something_is_refused() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let (ann, bob) = (app.opened("ann").await, app.opened("bob").await);
    for token in ["", "scrs_", &format!("scrs_{}", "A".repeat(43)), "nonsense"] {
        merge(&app, &ann, token).await.expect_problem(403, "proof_invalid");
    }
    merge(&app, &ann, &app.opened("ann").await.token).await.expect_problem(409, "same_account");
    // A session that is not the winner's; and then nothing has been done.
    let stray = Opened { session_id: bob.session_id.clone(), ..ann.clone() };
    merge(&app, &stray, &bob.token).await.expect_problem(404, "session_unknown");
    app.resolve(&bob.token).await.expect(200);
    assert_eq!(account(&app, &bob.account_id).await["status"], "active");
    let operators = app.opened("operator").await;
    merge(&app, &ann, &operators.token).await.expect_problem(409, "operator_merged");
    app.resolve(&operators.token).await.expect(200);
    for (loser, winner) in [(NOBODY, &*ann.account_id), (&*ann.account_id, NOBODY)] {
        merge_as(&app, &operator, loser, winner).await.expect_problem(404, "account_unknown");
    }
    suspend(&app, &operator, &bob.account_id).await;
    for (loser, winner) in [(&bob.account_id, &ann.account_id), (&ann.account_id, &bob.account_id)]
    {
        merge_as(&app, &operator, loser, winner).await.expect_problem(403, "account_suspended");
    }
    merge_as(&app, &ann.account_id, &bob.account_id, &ann.account_id)
        .await
        .expect_problem(403, "operator_required");
    assert_eq!(count(&app.database, "account_merge").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn of_an_erased_account_nothing_is_left_but_its_id() {
    let app = TestApp::start().await;
    let profile = json!({
        "identity": {"kind": "platform", "provider": "telegram", "subject": "rosalind-1958"},
        "profile": {"display_name": "Rosalind", "language": "lv", "time_zone": "Europe/Riga"},
        "client": {"user_agent": "Rosaphone", "ip": "203.0.113.7"},
    });
    let keyed = || {
        let call = app.client.post("/api/v1/internal/sessions");
        call.header("idempotency-key", "0192d5e8-7a44-7bd2-9c52").json(&profile).send()
    };
    let opened = Opened::new(keyed().await.expect(201));
    assert_eq!(mentions(&app.database).await, ["account", "identity", "session"]);
    erase(&app, &opened.account_id).await.expect(204);
    assert_eq!(mentions(&app.database).await, <[&str; 0]>::default());
    app.resolve(&opened.token).await.expect_problem(401, "session_invalid");
    let left = account(&app, &opened.account_id).await;
    assert_eq!(left["status"], "deleted");
    assert_eq!(left["display_name"], "Deleted player");
    assert_eq!((&left["language"], &left["time_zone"]), (&json!("en"), &json!("UTC")));
    // Not even to whoever knows the key of the request that has opened the account.
    let again = keyed().await;
    assert_eq!(again.header("idempotency-replayed"), None);
    assert_ne!(Opened::new(again.expect(201)).account_id, opened.account_id);
    // Once more is the same, and nothing brings it back.
    erase(&app, &opened.account_id).await.expect(204);
    let again = app.client.post("/api/v1/internal/sessions").json(&profile).send().await;
    assert_ne!(Opened::new(again.expect(201)).account_id, opened.account_id);
    let name = json!({"display_name": "Rosalind"});
    let change = app.client.patch("/api/v1/user/account").user(&opened.account_id).json(&name);
    change.send().await.expect_problem(403, "account_deleted");
    app.stop().await;
}

/// The tables in which something stands of the player of the test above.
async fn mentions(database: &Database) -> Vec<String> {
    let client = database.connect().await;
    let tables = "select table_name::text from information_schema.tables where table_schema = 'backend' order by 1";
    let mut mentions = Vec::new();
    for row in client.query(tables, &[]).await.unwrap() {
        let table: String = row.get(0);
        let count = format!("select count(*) from {table} t where t::text ~* 'rosa|riga|203\\.0'");
        if client.query_one(&count, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            mentions.push(table);
        }
    }
    mentions
}

#[tokio::test]
async fn an_operator_erases_whom_he_has_suspended_and_the_player_himself_can_not() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let bob = app.opened("bob").await;
    suspend(&app, &operator, &bob.account_id).await;
    erase(&app, &bob.account_id).await.expect_problem(403, "account_suspended");
    let path = format!("/api/v1/admin/accounts/{}", bob.account_id);
    let as_player = app.opened("ann").await.account_id;
    app.client.delete(&path).user(&as_player).send().await.expect_problem(403, "operator_required");
    for _ in 0..2 {
        app.client.delete(&path).user(&operator).send().await.expect(204);
    }
    assert_eq!(count(&app.database, "account where suspension_reason is not null").await, 0);
    // What is over is not suspended, nor given a role.
    let suspension = app.client.put(&format!("{path}/suspension")).user(&operator);
    let suspension = suspension.json(&json!({"reason": "again"})).send().await;
    suspension.expect_problem(403, "account_deleted");
    assert!(app.admin.set_role(bob.account_id.parse().unwrap(), Role::Operator).await.is_err());
    let nobody = format!("/api/v1/admin/accounts/{NOBODY}");
    let nobody = app.client.delete(&nobody).user(&operator).send().await;
    nobody.expect_problem(404, "account_unknown");
    erase(&app, NOBODY).await.expect_problem(404, "account_unknown");
    app.stop().await;
}
