//! Seeks: who gets a seat, who leaves, and what everybody hears of it.

use futures_util::future::join_all;
use scrabble_backend::block::{BLOCKERS_TOLD_MAX, BLOCKS_MAX};
use scrabble_backend::runtime::RUNNING_GAMES_MAX;
use serde_json::{Value, json};

use super::{
    INVITATIONS, NOBODY, SEEKS, accept, accounts, after, block, by_correspondence, count, delete,
    get, id, ids, invite, join, joinable, operator, players, post, seek, seek_with, status,
    suspend, terms, told, told_of,
};
use crate::support::{Answer, TestApp};

#[tokio::test]
async fn a_hundred_who_join_at_once_make_one_game_and_get_ninety_nine_clear_answers() {
    let app = TestApp::start().await;
    let [owner] = accounts(&app, "owner").await;
    let joiners: [String; 100] = accounts(&app, "joiner").await;
    let seek = seek(&app, &owner, terms(2)).await;
    let answers = join_all(joiners.iter().map(|joiner| join(&app, joiner, &seek))).await;
    let (won, lost): (Vec<Answer>, Vec<Answer>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 99));
    lost.iter().for_each(|answer| answer.expect_problem(409, "seek_taken"));
    let taken = &won[0].body;
    assert_eq!(taken["status"], "taken");
    assert_eq!(count(&app, "game").await, 1);
    let mut seated = players(&app, &taken["game_id"]).await;
    seated.retain(|player| *player != owner);
    assert_eq!(json!(seated), taken["member_ids"]);
    // Everybody hears of it once, and in order; which game it is does not concern them.
    assert_eq!(told_of(&app, &seek).await, ["seek_opened", "seek_closed"]);
    let told = told(&app).await;
    let closed = told.iter().rfind(|it| it["kind"] == "seek_closed").unwrap();
    assert_eq!(closed["data"], json!({"id": seek, "status": "taken"}));
    let started: Vec<&Value> = told.iter().filter(|it| it["kind"] == "game_started").collect();
    assert_eq!(started.len(), 1);
    assert_eq!(started[0]["data"]["id"], taken["game_id"]);
    let path = format!("{SEEKS}/{seek}");
    assert_eq!(get(&app, &owner, &path).await.expect(200)["game_id"], taken["game_id"]);
    assert_eq!(get(&app, NOBODY, &path).await.expect(200).get("game_id"), None);
    app.stop().await;
}

#[tokio::test]
async fn a_seek_of_four_fills_up_seat_by_seat_however_many_want_in() {
    let app = TestApp::start().await;
    let [owner] = accounts(&app, "owner").await;
    let joiners: [String; 40] = accounts(&app, "joiner").await;
    let seek = seek(&app, &owner, terms(4)).await;
    let answers = join_all(joiners.iter().map(|joiner| join(&app, joiner, &seek))).await;
    let joined: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(joined.len(), 3);
    let seats: Vec<usize> =
        joined.iter().map(|it| it.body["member_ids"].as_array().unwrap().len()).collect();
    assert!([1, 2, 3].iter().all(|count| seats.contains(count)), "{seats:?}");
    assert_eq!(count(&app, "game_player").await, 4);
    let kinds = told_of(&app, &seek).await;
    assert_eq!(kinds, ["seek_opened", "seek_changed", "seek_changed", "seek_closed"]);
    app.stop().await;
}

#[tokio::test]
async fn members_come_and_go_until_all_seats_are_taken_and_with_the_owner_the_seek_goes() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = accounts(&app, "player").await;
    let three = seek(&app, &ann, terms(3)).await;
    let path = format!("{SEEKS}/{three}");
    join(&app, &ann, &three).await.expect_problem(409, "own_seek");
    assert_eq!(join(&app, &bob, &three).await.expect(200)["member_ids"], json!([bob]));
    // Once more is the same.
    assert_eq!(join(&app, &bob, &three).await.expect(200)["member_ids"], json!([bob]));
    let own = ids(&get(&app, &bob, &format!("{SEEKS}?list=own")).await.expect(200)["seeks"]);
    assert_eq!(own, *std::slice::from_ref(&three));
    assert!(joinable(&app, &bob).await.is_empty());
    delete(&app, &bob, &path).await.expect(204);
    delete(&app, &bob, &path).await.expect_problem(404, "seek_unknown");
    assert_eq!(get(&app, &ann, &path).await.expect(200)["member_ids"], json!([]));
    join(&app, &eve, &three).await.expect(200);
    join(&app, &bob, &three).await.expect(200);
    for player in [&ann, &bob, &eve] {
        delete(&app, player, &path).await.expect_problem(409, "seek_taken");
    }
    // The winner is told the same again, the others are not.
    assert_eq!(join(&app, &bob, &three).await.expect(200)["status"], "taken");

    let withdrawn = seek(&app, &ann, terms(3)).await;
    join(&app, &bob, &withdrawn).await.expect(200);
    let path = format!("{SEEKS}/{withdrawn}");
    for _ in 0..2 {
        delete(&app, &ann, &path).await.expect(204);
    }
    assert_eq!(status(&app, &bob, &path).await, "withdrawn");
    join(&app, &eve, &withdrawn).await.expect_problem(404, "seek_unknown");
    let told = told(&app).await;
    let closed = told.iter().rfind(|it| it["data"]["id"] == *withdrawn).unwrap();
    assert_eq!(closed["data"], json!({"id": withdrawn, "status": "withdrawn"}));
    assert_eq!(closed["audience"], json!({"to": "everyone"}));
    app.stop().await;
}

#[tokio::test]
async fn a_repeated_request_joins_and_opens_once() {
    let app = TestApp::start().await;
    let [ann, bob] = accounts(&app, "player").await;
    let key = "0192d5e8-7a44-7bd2-9c52-54a1c6e5d7f0";
    let open = || {
        let call = app.client.post(SEEKS).user(&ann).header("idempotency-key", key);
        call.json(&json!({"terms": terms(2)})).send()
    };
    let first = open().await;
    let again = open().await;
    assert_eq!(first.expect(201), again.expect(201));
    assert_eq!(count(&app, "seek").await, 1);
    let path = format!("{SEEKS}/{}/join", id(&first.body));
    let join = || app.client.post(&path).user(&bob).header("idempotency-key", key).send();
    let (one, other) = (join().await, join().await);
    assert_eq!(one.expect(200), other.expect(200));
    assert_eq!(other.header("idempotency-replayed"), Some("true"));
    assert_eq!(count(&app, "game").await, 1);
    app.stop().await;
}

#[tokio::test]
async fn who_has_blocked_whom_keeps_both_from_each_others_seeks_and_tells_neither() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = accounts(&app, "player").await;
    block(&app, &ann, &bob).await;
    let (of_ann, of_bob) = (seek(&app, &ann, terms(3)).await, seek(&app, &bob, terms(3)).await);
    assert_eq!(joinable(&app, &bob).await, [""; 0]);
    assert_eq!(joinable(&app, &ann).await, [""; 0]);
    assert_eq!(joinable(&app, &eve).await, [of_bob.clone(), of_ann.clone()]);
    for (caller, seek) in [(&bob, &of_ann), (&ann, &of_bob)] {
        join(&app, caller, seek).await.expect_problem(404, "seek_unknown");
        let shown = get(&app, caller, &format!("{SEEKS}/{seek}")).await;
        shown.expect_problem(404, "seek_unknown");
    }
    // Also where it is a member.
    let of_eve = seek(&app, &eve, terms(3)).await;
    join(&app, &ann, &of_eve).await.expect(200);
    assert_eq!(joinable(&app, &bob).await, [""; 0]);
    join(&app, &bob, &of_eve).await.expect_problem(404, "seek_unknown");
    // Whom a player has blocked does not hear of it, nor who has blocked one.
    let told = told(&app).await;
    let audience = |id: &str| &told.iter().rfind(|it| it["data"]["id"] == *id).unwrap()["audience"];
    assert_eq!(audience(&of_ann), &json!({"to": "everyone_but", "ids": [bob]}));
    assert_eq!(audience(&of_bob), &json!({"to": "everyone_but", "ids": [ann]}));
    assert_eq!(audience(&of_eve), &json!({"to": "everyone_but", "ids": [bob]}));
    app.stop().await;
}

#[tokio::test]
async fn no_game_of_two_begins_of_whom_one_has_blocked_the_other_since_both_joined() {
    let app = TestApp::start().await;
    let [ann, bob, eve, max] = accounts(&app, "player").await;
    for (blocker, blocked) in [(&ann, &bob), (&bob, &eve)] {
        // The later one of the two: of the owner's seek he is out, and of two members the second is.
        let seek = seek(&app, &ann, terms(4)).await;
        join(&app, &bob, &seek).await.expect(200);
        join(&app, &eve, &seek).await.expect(200);
        block(&app, blocker, blocked).await;
        let (stays, gone) = if blocker == &ann { (&eve, &bob) } else { (&bob, &eve) };
        let joined = join(&app, &max, &seek).await;
        let joined = joined.expect(200);
        assert_eq!(
            (&joined["status"], &joined["member_ids"]),
            (&json!("open"), &json!([stays, max]))
        );
        let told = told(&app).await;
        let [.., lost, changed] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((&lost["kind"], &lost["data"]["id"]), (&json!("seek_closed"), &json!(seek)));
        assert_eq!(lost["audience"], json!({"to": "accounts", "ids": [gone]}));
        assert_eq!(changed["data"], *joined);
        join(&app, gone, &seek).await.expect_problem(404, "seek_unknown");
        let unblock = format!("/api/v1/user/blocks/{blocked}");
        delete(&app, blocker, &unblock).await.expect(204);
        assert_eq!(join(&app, gone, &seek).await.expect(200)["status"], "taken");
    }
    assert_eq!(count(&app, "game").await, 2);
    app.stop().await;
}

#[tokio::test]
async fn no_account_opens_or_joins_more_seeks_than_it_may() {
    let app = TestApp::start().await;
    let [ann, bob] = accounts(&app, "player").await;
    let body = json!({"terms": terms(3)});
    let opened = join_all((0..12).map(|_| post(&app, &ann, SEEKS, &body))).await;
    let refused: Vec<&Answer> = opened.iter().filter(|answer| answer.status != 201).collect();
    assert_eq!(refused.len(), 4, "eight are open");
    refused.iter().for_each(|answer| answer.expect_problem(409, "too_many_seeks"));
    for answer in opened.iter().filter(|answer| answer.status == 201) {
        join(&app, &bob, &id(&answer.body)).await.expect(200);
    }
    let [eve] = accounts(&app, "another").await;
    let ninth = seek(&app, &eve, terms(3)).await;
    join(&app, &bob, &ninth).await.expect_problem(409, "too_many_seeks");
    let first = id(&opened.iter().find(|answer| answer.status == 201).unwrap().body);
    delete(&app, &ann, &format!("{SEEKS}/{first}")).await.expect(204);
    post(&app, &ann, SEEKS, &body).await.expect(201);
    join(&app, &bob, &ninth).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn a_list_comes_in_pages_the_newest_first() {
    let app = TestApp::start().await;
    let [caller] = accounts(&app, "caller").await;
    let owners: [String; 5] = accounts(&app, "owner").await;
    let mut all = Vec::new();
    for owner in &owners {
        all.insert(0, seek(&app, owner, terms(2)).await);
    }
    let (mut found, mut path) = (Vec::new(), format!("{SEEKS}?limit=2"));
    loop {
        let page = get(&app, &caller, &path).await;
        let seeks = ids(&page.expect(200)["seeks"]);
        assert!(seeks.len() <= 2);
        found.extend(seeks);
        let Some(next) = page.body["next"].as_str() else { break };
        path = format!("{SEEKS}?limit=2&cursor={next}");
    }
    assert_eq!(found, all);
    let wrong = get(&app, &caller, &format!("{SEEKS}?list=mine")).await;
    wrong.expect_problem(400, "invalid_input");
    assert_eq!(wrong.body["field"], "list");
    app.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_seek_is_named() {
    let app = TestApp::start().await;
    let [ann] = accounts(&app, "player").await;
    let with = |change: fn(&mut Value)| {
        let mut body = json!({"terms": terms(2)});
        change(&mut body);
        body
    };
    for (field, body) in [
        ("terms.rules", with(|it| it["terms"]["rules"] = "klingon".into())),
        ("terms.lexicon", with(|it| it["terms"]["lexicon"] = "klingon".into())),
        ("terms.players", with(|it| it["terms"]["players"] = 5.into())),
        (
            "terms.time_control.initial_seconds",
            with(|it| it["terms"]["time_control"]["initial_seconds"] = 1.into()),
        ),
        ("terms.speed", with(|it| it["terms"]["speed"] = "fast".into())),
        ("rating_min", with(|it| it["rating_min"] = 4001.into())),
        (
            "rating_max",
            with(|it| *it = json!({"terms": terms(2), "rating_min": 9, "rating_max": 8})),
        ),
        ("who_may_join", with(|it| it["who_may_join"] = "friends".into())),
        ("expires_in_seconds", with(|it| it["expires_in_seconds"] = 59.into())),
    ] {
        let answer = post(&app, &ann, SEEKS, &body).await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], field, "{answer:?}");
    }
    join(&app, &ann, NOBODY).await.expect_problem(404, "seek_unknown");
    assert_eq!(count(&app, "seek").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn of_a_suspended_account_nothing_is_left_in_the_lobby_whoever_joins_meanwhile() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    for round in 0..5 {
        let [bad, eve] = accounts(&app, &format!("player-{round}")).await;
        let joiners: [String; 6] = accounts(&app, &format!("joiner-{round}")).await;
        let (own, of_eve) = (seek(&app, &bad, terms(4)).await, seek(&app, &eve, terms(4)).await);
        join(&app, &bad, &of_eve).await.expect(200);
        let invitation = invite(&app, &eve, &[&bad]).await;
        let joining = joiners.iter().map(|joiner| join(&app, joiner, &own));
        let body = json!({"terms": terms(2)});
        let opening = (0..3).map(|_| post(&app, &bad, SEEKS, &body));
        let ((), _, opened) =
            tokio::join!(suspend(&app, &operator, &bad), join_all(joining), join_all(opening));
        for answer in opened {
            // The seek may have become a game before.
            let refused = ["account_suspended", "already_playing"];
            assert!(answer.status == 201 || refused.contains(&answer.code()), "{answer:?}");
        }
        let open = format!("seek where owner_id = '{bad}' and closed_at is null");
        assert_eq!(count(&app, &open).await, 0);
        assert_eq!(count(&app, &format!("seek_member where account_id = '{bad}'")).await, 0);
        assert_eq!(status(&app, &eve, &format!("{INVITATIONS}/{invitation}")).await, "declined");
        // What is told of each begins with its opening and ends with its end.
        let kinds = told_of(&app, &own).await;
        assert_eq!(kinds.first().unwrap(), "seek_opened");
        assert_eq!(kinds.iter().position(|kind| kind == "seek_closed"), Some(kinds.len() - 1));
        // Nor does it act any more.
        post(&app, &bad, SEEKS, &body).await.expect_problem(403, "account_suspended");
        join(&app, &bad, &of_eve).await.expect_problem(403, "account_suspended");
        let invited = json!({"terms": terms(2), "account_ids": [bad]});
        post(&app, &eve, INVITATIONS, &invited).await.expect_problem(403, "not_possible");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_seek_is_told_of_however_many_are_at_odds_with_its_players() {
    let app = TestApp::start().await;
    let players: [String; 3] = accounts(&app, "player").await;
    let blockers = app.database.strangers(BLOCKERS_TOLD_MAX + 1).await;
    for player in &players {
        let blocked = app.database.strangers(BLOCKS_MAX).await;
        app.database.block(std::slice::from_ref(player), &blocked).await;
    }
    app.database.block(&blockers, &players).await;
    let seek = seek(&app, &players[0], terms(4)).await;
    join(&app, &players[1], &seek).await.expect(200);
    join(&app, &players[2], &seek).await.expect(200);
    let told = told(&app).await;
    let left_out = told.last().unwrap()["audience"]["ids"].as_array().unwrap().len();
    assert_eq!(left_out as i64, 3 * BLOCKS_MAX + BLOCKERS_TOLD_MAX);
    app.stop().await;
}

#[tokio::test]
async fn who_is_in_many_seeks_that_many_do_not_hear_of_is_suspended_as_others_are() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let [ann, bob, bad] = accounts(&app, "player").await;
    for player in [&ann, &bob] {
        let blocked = app.database.strangers(BLOCKS_MAX).await;
        app.database.block(std::slice::from_ref(player), &blocked).await;
    }
    let mut seeks = Vec::new();
    for _ in 0..8 {
        let seek = seek(&app, &ann, terms(4)).await;
        join(&app, &bob, &seek).await.expect(200);
        join(&app, &bad, &seek).await.expect(200);
        seeks.push(seek);
    }
    suspend(&app, &operator, &bad).await;
    let told = told(&app).await;
    for seek in &seeks {
        let last = told.iter().rfind(|message| message["data"]["id"] == **seek).unwrap();
        assert_eq!(last["data"]["member_ids"], json!([bob]));
        assert_eq!(last["audience"]["ids"].as_array().unwrap().len(), 2 * BLOCKS_MAX as usize);
    }
    app.stop().await;
}

#[tokio::test]
async fn who_plays_too_many_games_begins_no_other() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = accounts(&app, "player").await;
    let seek = seek_with(&app, &ann, json!({"terms": by_correspondence()})).await;
    let invitation = invite(&app, &ann, &[&bob]).await;
    let of_three = super::seek(&app, &eve, terms(3)).await;
    let for_three = invite(&app, &eve, &[&ann, &bob]).await;
    app.database.begin_games(&ann, RUNNING_GAMES_MAX).await;
    join(&app, &bob, &seek).await.expect_problem(409, "too_many_games");
    accept(&app, &bob, &invitation).await.expect_problem(409, "too_many_games");
    // Nor waits for one, where others come too.
    join(&app, &ann, &of_three).await.expect_problem(409, "too_many_games");
    accept(&app, &ann, &for_three).await.expect_problem(409, "too_many_games");
    let wanted = json!({"terms": by_correspondence()});
    post(&app, &ann, SEEKS, &wanted).await.expect_problem(409, "too_many_games");
    let wanted = json!({"terms": by_correspondence(), "account_ids": [bob]});
    post(&app, &ann, INVITATIONS, &wanted).await.expect_problem(409, "too_many_games");
    // Nothing has changed by that.
    assert_eq!(
        get(&app, &bob, &format!("{SEEKS}/{seek}")).await.expect(200)["member_ids"],
        json!([])
    );
    app.stop().await;
}

#[tokio::test]
async fn who_has_joined_and_plays_too_many_games_by_then_loses_the_seat_and_not_the_others_the_game()
 {
    let app = TestApp::start().await;
    let [ann, busy, bob, eve] = accounts(&app, "player").await;
    let seek = seek(&app, &ann, terms(3)).await;
    join(&app, &busy, &seek).await.expect(200);
    app.database.begin_games(&busy, RUNNING_GAMES_MAX).await;
    let joined = join(&app, &bob, &seek).await;
    assert_eq!(joined.expect(200)["status"], "open");
    assert_eq!(joined.body["member_ids"], json!([bob]));
    let told = told(&app).await;
    let lost = told.iter().find(|message| message["kind"] == "seek_closed").unwrap();
    assert_eq!(lost["audience"]["ids"], json!([busy]));
    let joined = join(&app, &eve, &seek).await;
    assert_eq!(joined.expect(200)["status"], "taken");
    assert_eq!(joined.body["member_ids"], json!([bob, eve]));
    app.stop().await;
}

#[tokio::test]
async fn who_leaves_what_is_no_seek_or_invitation_waits_for_nobody() {
    let app = TestApp::start().await;
    let [ann, bob] = accounts(&app, "player").await;
    // Whoever opens a seek has locked his account.
    let lock = app.database.lock_account(&ann).await;
    let wanted = json!({"terms": terms(2)});
    let (opened, ()) = tokio::join!(
        post(&app, &ann, SEEKS, &wanted),
        after(&app, 1, async {
            let seek = delete(&app, &bob, &format!("{SEEKS}/{ann}")).await;
            seek.expect_problem(404, "seek_unknown");
            let invitation = delete(&app, &bob, &format!("{INVITATIONS}/{ann}")).await;
            invitation.expect_problem(404, "invitation_unknown");
            lock.release().await;
        }),
    );
    opened.expect(201);
    app.stop().await;
}
