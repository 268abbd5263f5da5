//! Invitations: to accounts by name, who all must agree.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    INVITATIONS, NOBODY, accept, accounts, block, count, delete, get, id, ids, invite, players,
    post, status, terms, told, told_of,
};
use crate::support::{Answer, TestApp};

#[tokio::test]
async fn who_accepts_begins_the_game_and_the_inviter_says_who_has_the_first_move() {
    let app = TestApp::start().await;
    let [ann, bob] = accounts(&app, "player").await;
    for starter in [&ann, &bob] {
        let body = json!({"terms": terms(2), "account_ids": [bob], "starter_id": starter});
        let invitation = post(&app, &ann, INVITATIONS, &body).await;
        let invitation = id(invitation.expect(201));
        let received = get(&app, &bob, INVITATIONS).await;
        assert_eq!(ids(&received.expect(200)["invitations"]), *std::slice::from_ref(&invitation));
        let accepted = accept(&app, &bob, &invitation).await;
        assert_eq!(accepted.expect(200)["status"], "accepted");
        assert_eq!(accepted.body["closed_by"], *bob);
        assert_eq!(players(&app, &accepted.body["game_id"]).await[0], *starter);
        // Once more is the same.
        assert_eq!(accept(&app, &bob, &invitation).await.expect(200), &accepted.body);
        assert_eq!(told_of(&app, &invitation).await, ["invitation_opened", "invitation_closed"]);
    }
    assert_eq!(count(&app, "game").await, 2);
    let received = get(&app, &bob, INVITATIONS).await;
    assert_eq!(received.expect(200)["invitations"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn of_four_all_must_accept_and_who_is_last_at_the_same_time_makes_one_game() {
    let app = TestApp::start().await;
    let [ann, bob, eve, max] = accounts(&app, "player").await;
    let invitation = invite(&app, &ann, &[&bob, &eve, &max]).await;
    accept(&app, &max, &invitation).await.expect(200);
    let answers = join_all(
        [&bob, &eve].iter().cycle().take(8).map(|account| accept(&app, account, &invitation)),
    )
    .await;
    answers.iter().for_each(|answer| {
        answer.expect(200);
    });
    assert_eq!(count(&app, "game").await, 1);
    assert_eq!(status(&app, &ann, &format!("{INVITATIONS}/{invitation}")).await, "accepted");
    let kinds = told_of(&app, &invitation).await;
    let expected =
        ["invitation_opened", "invitation_changed", "invitation_changed", "invitation_closed"];
    assert_eq!(kinds, expected);
    let told = told(&app).await;
    let opened = told.iter().find(|it| it["data"]["id"] == *invitation).unwrap();
    assert_eq!(opened["audience"], json!({"to": "accounts", "ids": [ann, bob, eve, max]}));
    app.stop().await;
}

#[tokio::test]
async fn one_who_declines_ends_it_for_all_and_so_does_the_inviter() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = accounts(&app, "player").await;
    for (closing, expected) in [(&eve, "declined"), (&ann, "withdrawn"), (&bob, "declined")] {
        let invitation = invite(&app, &ann, &[&bob, &eve]).await;
        accept(&app, &bob, &invitation).await.expect(200);
        let path = format!("{INVITATIONS}/{invitation}");
        for _ in 0..2 {
            delete(&app, closing, &path).await.expect(204);
        }
        let shown = get(&app, &bob, &path).await;
        assert_eq!(shown.expect(200)["status"], expected);
        assert_eq!(shown.body["closed_by"], **closing);
        accept(&app, &eve, &invitation).await.expect_problem(409, "invitation_closed");
    }
    assert_eq!(count(&app, "game").await, 0);
    let sent = get(&app, &ann, &format!("{INVITATIONS}?list=sent")).await;
    assert_eq!(sent.expect(200)["invitations"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn an_invitation_is_nobody_elses_affair() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = accounts(&app, "player").await;
    let invitation = invite(&app, &ann, &[&bob]).await;
    let path = format!("{INVITATIONS}/{invitation}");
    get(&app, &eve, &path).await.expect_problem(404, "invitation_unknown");
    accept(&app, &eve, &invitation).await.expect_problem(404, "invitation_unknown");
    delete(&app, &eve, &path).await.expect_problem(404, "invitation_unknown");
    let begun = accept(&app, &bob, &invitation).await;
    begun.expect(200);
    delete(&app, &ann, &path).await.expect_problem(409, "invitation_closed");
    app.stop().await;
}

#[tokio::test]
async fn whom_nobody_can_invite_and_who_has_blocked_somebody_is_not_told_apart() {
    let app = TestApp::start().await;
    let [ann, bob, eve, gone] = accounts(&app, "player").await;
    block(&app, &bob, &ann).await;
    block(&app, &ann, &eve).await;
    delete(&app, &gone, "/api/v1/user/account").await.expect(204);
    let mut details = Vec::new();
    for invited in [&bob, &eve, &gone, &NOBODY.to_owned()] {
        let body = json!({"terms": terms(2), "account_ids": [invited]});
        let answer = post(&app, &ann, INVITATIONS, &body).await;
        answer.expect_problem(403, "not_possible");
        details.push(answer.body["detail"].clone());
    }
    assert!(details.windows(2).all(|pair| pair[0] == pair[1]), "{details:?}");
    // Also where it comes to that later.
    let [max, tom] = accounts(&app, "other").await;
    let invitation = invite(&app, &max, &[&tom]).await;
    block(&app, &tom, &max).await;
    accept(&app, &tom, &invitation).await.expect_problem(403, "not_possible");
    app.stop().await;
}

#[tokio::test]
async fn what_comes_to_nothing_because_of_a_block_is_not_shown_nor_counted_and_ends_when_it_is_answered()
 {
    let app = TestApp::start().await;
    let [ann, bob, eve] = accounts(&app, "player").await;
    let mut all = Vec::new();
    for _ in 0..19 {
        all.push(invite(&app, &ann, &[&bob]).await);
    }
    let of_three = invite(&app, &ann, &[&bob, &eve]).await;
    let body = json!({"terms": terms(2), "account_ids": [eve]});
    post(&app, &ann, INVITATIONS, &body).await.expect_problem(409, "too_many_invitations");
    block(&app, &bob, &ann).await;
    for (account, list) in [(&ann, "sent"), (&bob, "received"), (&eve, "received")] {
        let listed = get(&app, account, &format!("{INVITATIONS}?list={list}")).await;
        assert_eq!(listed.expect(200)["invitations"], json!([]));
        let shown = get(&app, account, &format!("{INVITATIONS}/{of_three}")).await;
        shown.expect_problem(404, "invitation_unknown");
    }
    post(&app, &ann, INVITATIONS, &body).await.expect(201);
    // It says no by itself.
    accept(&app, &eve, &of_three).await.expect_problem(403, "not_possible");
    let shown = get(&app, &eve, &format!("{INVITATIONS}/{of_three}")).await;
    assert_eq!(
        (&shown.expect(200)["status"], shown.body.get("closed_by")),
        (&json!("declined"), None)
    );
    assert_eq!(told_of(&app, &of_three).await, ["invitation_opened", "invitation_closed"]);
    accept(&app, &eve, &of_three).await.expect_problem(409, "invitation_closed");
    // Taking it back is possible, and so is going on with it when the block is.
    delete(&app, &ann, &format!("{INVITATIONS}/{}", all[0])).await.expect(204);
    delete(&app, &bob, &format!("/api/v1/user/blocks/{ann}")).await.expect(204);
    accept(&app, &bob, &all[1]).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_an_invitation_is_named() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = accounts(&app, "player").await;
    let body = |accounts: &[&str]| json!({"terms": terms(2), "account_ids": accounts});
    let starter = |id: &str| {
        let mut body = body(&[&bob]);
        body["starter_id"] = id.into();
        body
    };
    for (field, body) in [
        ("account_ids", body(&[])),
        ("account_ids", body(&[&ann])),
        ("account_ids", body(&[&bob, &eve])),
        ("account_ids", json!({"terms": terms(3), "account_ids": [bob, bob]})),
        ("account_ids[0]", body(&["42"])),
        ("starter_id", starter(&eve)),
        (
            "terms.rules",
            json!({"terms": {"rules": "klingon", "time_control": terms(2)["time_control"]}, "account_ids": [bob]}),
        ),
        (
            "expires_in_seconds",
            json!({"terms": terms(2), "account_ids": [bob], "expires_in_seconds": 1_209_601}),
        ),
    ] {
        let answer = post(&app, &ann, INVITATIONS, &body).await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], field, "{answer:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn no_more_invitations_wait_for_answers_than_may() {
    let app = TestApp::start().await;
    let [ann, bob] = accounts(&app, "player").await;
    let body = json!({"terms": terms(2), "account_ids": [bob]});
    let sent = join_all((0..24).map(|_| post(&app, &ann, INVITATIONS, &body))).await;
    let refused: Vec<&Answer> = sent.iter().filter(|answer| answer.status != 201).collect();
    assert_eq!(refused.len(), 4, "twenty wait");
    refused.iter().for_each(|answer| answer.expect_problem(409, "too_many_invitations"));
    // Of whoever they come.
    for inviter in accounts::<4>(&app, "inviter").await {
        let sent = join_all((0..20).map(|_| post(&app, &inviter, INVITATIONS, &body))).await;
        assert!(sent.iter().all(|answer| answer.status == 201));
    }
    let [eve] = accounts(&app, "another").await;
    let refused = post(&app, &eve, INVITATIONS, &body).await;
    refused.expect_problem(409, "too_many_invitations");
    assert_ne!(
        refused.body["detail"],
        sent.iter().find(|it| it.status != 201).unwrap().body["detail"]
    );
    let page = get(&app, &bob, &format!("{INVITATIONS}?limit=100")).await;
    let all = ids(&page.expect(200)["invitations"]);
    assert_eq!((all.len(), &page.body["next"]), (100, &Value::Null));
    let page = get(&app, &bob, &format!("{INVITATIONS}?limit=30")).await;
    let next = page.expect(200)["next"].as_str().unwrap();
    let second = get(&app, &bob, &format!("{INVITATIONS}?limit=30&cursor={next}")).await;
    assert_eq!(ids(&second.expect(200)["invitations"]), all[30..60]);
    app.stop().await;
}
