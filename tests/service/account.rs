//! Accounts and the identities that lead to them.

use serde_json::{Value, json};

use crate::support::{Answer, Opened, TestApp};

const ACCOUNT: &str = "/api/v1/user/account";
const IDENTITIES: &str = "/api/v1/user/identities";

fn telegram(subject: &str) -> Value {
    json!({"kind": "platform", "provider": "telegram", "subject": subject})
}

async fn patch(app: &TestApp, account_id: &str, change: Value) -> Answer {
    app.client.patch(ACCOUNT).user(account_id).json(&change).send().await
}

#[tokio::test]
async fn an_account_is_shown_to_its_owner_and_to_side_services() {
    let app = TestApp::start().await;
    let opened = app.open("1").await;
    let account = opened.body["account"].clone();
    let id = account["id"].as_str().unwrap();
    assert_eq!(app.client.get(ACCOUNT).user(id).send().await.expect(200), &account);
    let path = format!("/api/v1/internal/accounts/{id}");
    assert_eq!(app.client.get(&path).send().await.expect(200), &account);
    let unknown = "/api/v1/internal/accounts/0190163d-8694-739b-aea5-966c26f8ad91";
    app.client.get(unknown).send().await.expect_problem(404, "account_unknown");
    app.stop().await;
}

#[tokio::test]
async fn a_look_up_gives_those_that_there_are_and_takes_at_most_500() {
    let app = TestApp::start().await;
    let (one, two) = (app.opened("1").await.account_id, app.opened("2").await.account_id);
    let unknown = "0190163d-8694-739b-aea5-966c26f8ad91";
    let lookup = |ids: Value| {
        app.client.post("/api/v1/internal/accounts/lookup").json(&json!({ "ids": ids })).send()
    };
    let answer = lookup(json!([one, unknown, two, one])).await;
    let mut found: Vec<&str> = answer.expect(200)["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["id"].as_str().unwrap())
        .collect();
    found.sort_unstable();
    let mut expected = [one.as_str(), two.as_str()];
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(lookup(json!(vec![unknown; 500])).await.expect(200), &json!({"accounts": []}));
    let refused = lookup(json!(vec![unknown; 501])).await;
    refused.expect_problem(400, "invalid_input");
    assert_eq!(refused.body["field"], "ids");
    app.stop().await;
}

#[tokio::test]
async fn a_change_answers_the_account_as_it_now_is() {
    let app = TestApp::start().await;
    let id = app.opened("1").await.account_id;
    let answer = patch(&app, &id, json!({"display_name": "Anna Mari\u{301}a"})).await;
    assert_eq!(answer.expect(200)["display_name"], "Anna María");
    let answer = patch(&app, &id, json!({"language": "EN-gb", "time_zone": "Asia/Tokyo"})).await;
    let account = answer.expect(200);
    assert_eq!(account["language"], "en-GB");
    assert_eq!(account["time_zone"], "Asia/Tokyo");
    assert_eq!(account["display_name"], "Anna María", "what is not named stays");
    assert_eq!(app.client.get(ACCOUNT).user(&id).send().await.expect(200), account);
    assert_eq!(patch(&app, &id, json!({})).await.expect(200), account);
    app.stop().await;
}

#[tokio::test]
async fn a_wrong_value_is_named_and_changes_nothing() {
    let app = TestApp::start().await;
    let id = app.opened("1").await.account_id;
    let before = app.client.get(ACCOUNT).user(&id).send().await.body;
    for (change, field) in [
        (json!({"display_name": ""}), "display_name"),
        (json!({"display_name": "a\u{202e}b"}), "display_name"),
        (json!({"display_name": null}), "display_name"),
        (json!({"display_name": "Fine", "language": "en_US!"}), "language"),
        (json!({"time_zone": "Mars/Olympus"}), "time_zone"),
        (json!({"time_zone": 3}), "time_zone"),
        (json!({"role": "operator"}), "role"),
    ] {
        let answer = patch(&app, &id, change.clone()).await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], field, "{change} {answer:?}");
    }
    assert_eq!(app.client.get(ACCOUNT).user(&id).send().await.body, before);
    app.stop().await;
}

#[tokio::test]
async fn if_match_guards_against_a_lost_update() {
    let app = TestApp::start().await;
    let id = app.opened("1").await.account_id;
    let seen = app.client.get(ACCOUNT).user(&id).send().await;
    let tag = seen.header("etag").unwrap().to_owned();
    let change = |tag: String, name: &str| {
        app.client
            .patch(ACCOUNT)
            .user(&id)
            .header("if-match", &tag)
            .json(&json!({"display_name": name}))
            .send()
    };
    let changed = change(tag.clone(), "First").await;
    changed.expect(200);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
    change(tag, "Second").await.expect_problem(412, "precondition_failed");
    change("*".to_owned(), "Third").await.expect(200);
    change("\"1\", , \"3\",".to_owned(), "Fourth").await.expect(200);
    for other in ["\"9\"", "W/\"4\"", "\"four\"", "\"1\", \"2\"", "\"+4\"", "\"04\""] {
        let answer = change(other.to_owned(), "Fifth").await;
        answer.expect_problem(412, "precondition_failed");
    }
    for malformed in ["4", "\"", "", "\"4\" \"5\"", "w/\"4\""] {
        let answer = change(malformed.to_owned(), "Sixth").await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], "If-Match", "{malformed}");
    }
    assert_eq!(app.client.get(ACCOUNT).user(&id).send().await.body["display_name"], "Fourth");
    app.stop().await;
}

#[tokio::test]
async fn of_many_changes_to_one_version_exactly_one_wins() {
    let app = TestApp::start().await;
    let id = app.opened("1").await.account_id;
    let changes = (0..8).map(|n| {
        let body = json!({"display_name": format!("Name {n}")});
        app.client.patch(ACCOUNT).user(&id).header("if-match", "\"1\"").json(&body).send()
    });
    let mut statuses: Vec<u16> =
        futures_util::future::join_all(changes).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    app.stop().await;
}

#[tokio::test]
async fn an_identity_links_to_one_account_only() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.opened("ann").await, app.opened("bob").await);
    let link = |id: &str, body: Value| app.client.post(IDENTITIES).user(id).json(&body).send();
    let discord = json!({"kind": "platform", "provider": "discord", "subject": "ann#1"});
    let linked = link(&ann.account_id, discord.clone()).await;
    assert_eq!(linked.expect(201)["provider"], "discord");
    let again = link(&ann.account_id, discord.clone()).await;
    assert_eq!(
        again.expect(201)["id"],
        linked.body["id"],
        "linking what is linked changes nothing"
    );
    link(&bob.account_id, discord.clone()).await.expect_problem(409, "identity_taken");
    link(&bob.account_id, json!({"kind": "guest"})).await.expect_problem(400, "invalid_input");
    let login = app
        .client
        .post("/api/v1/internal/sessions")
        .json(&json!({"identity": discord}))
        .send()
        .await;
    assert_eq!(
        login.expect(201)["account"]["id"],
        ann.account_id,
        "the new way leads to the same account"
    );
    app.stop().await;
}

#[tokio::test]
async fn a_session_that_links_gets_a_new_token_and_the_old_one_is_worth_nothing() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.opened("ann").await, app.opened("bob").await);
    let link = |session_id: &str| {
        let body = json!({"kind": "platform", "provider": "discord", "subject": "ann#1"});
        let post = app.client.post(IDENTITIES).user(&ann.account_id);
        post.header("x-session-id", session_id).json(&body).send()
    };
    link(&bob.session_id).await.expect_problem(404, "session_unknown");
    let listed = app.client.get(IDENTITIES).user(&ann.account_id).send().await;
    assert_eq!(listed.expect(200)["identities"].as_array().unwrap().len(), 1, "all or nothing");
    app.resolve(&ann.token).await.expect(200);

    let linked = link(&ann.session_id).await;
    let token = linked.expect(201)["token"].as_str().unwrap().to_owned();
    app.resolve(&ann.token).await.expect_problem(401, "session_invalid");
    let resolved = app.resolve(&token).await;
    assert_eq!(resolved.expect(200)["session_id"], ann.session_id.as_str(), "the same session");
    let again = link(&ann.session_id).await;
    assert_eq!(again.expect(201).get("token"), None, "nothing was linked, nothing is renewed");
    app.resolve(&token).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn a_guest_who_links_is_a_guest_no_more() {
    let app = TestApp::start().await;
    let answer = app
        .client
        .post("/api/v1/internal/sessions")
        .json(&json!({"identity": {"kind": "guest"}}))
        .send()
        .await;
    let guest = Opened::new(answer.expect(201));
    let kinds = |body: &Value| -> Vec<String> {
        let identities = body["identities"].as_array().unwrap();
        identities.iter().map(|identity| identity["kind"].as_str().unwrap().to_owned()).collect()
    };
    let before = app.client.get(IDENTITIES).user(&guest.account_id).send().await;
    assert_eq!(kinds(before.expect(200)), ["guest"]);
    app.client
        .post(IDENTITIES)
        .user(&guest.account_id)
        .json(&telegram("9"))
        .send()
        .await
        .expect(201);
    let after = app.client.get(IDENTITIES).user(&guest.account_id).send().await;
    assert_eq!(kinds(after.expect(200)), ["platform"]);
    app.resolve(&guest.token).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn the_last_identity_stays() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.opened("ann").await, app.opened("bob").await);
    let second =
        app.client.post(IDENTITIES).user(&ann.account_id).json(&telegram("second")).send().await;
    let listed = app.client.get(IDENTITIES).user(&ann.account_id).send().await;
    let ids: Vec<String> = listed.expect(200)["identities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|identity| identity["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[1], second.expect(201)["id"]);
    let unlink = |account: String, id: String| {
        app.client.delete(&format!("{IDENTITIES}/{id}")).user(&account).send()
    };
    unlink(bob.account_id.clone(), ids[0].clone()).await.expect_problem(404, "identity_unknown");
    // Both at once: one goes, the other is by then the last.
    let outcomes = futures_util::future::join_all(
        ids.iter().map(|id| unlink(ann.account_id.clone(), id.clone())),
    )
    .await;
    let mut statuses: Vec<u16> = outcomes.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    outcomes
        .iter()
        .find(|answer| answer.status == 409)
        .unwrap()
        .expect_problem(409, "last_identity");
    app.stop().await;
}
