//! Matchmaking: who waits is given an opponent of his strength, once, and only while it makes sense.

use std::collections::BTreeMap;
use std::time::Duration;

use scrabble_backend::account::Role;
use scrabble_backend::runtime::RUNNING_GAMES_MAX;
use scrabble_backend::time::{Clock, Timestamp};
use serde_json::{Value, json};

use crate::support::{Answer, Opened, TestApp, eventually};

const MATCHMAKING: &str = "/api/v1/user/matchmaking";
const NOBODY: &str = "0190163d-8694-739b-aea5-966c26f8ad91";
const KEY: &str = "0192d5e8-7a44-7bd2-9c52-54a1c6e5d7f0";

fn clock() -> Clock {
    Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap())
}

fn terms(initial_seconds: u32) -> Value {
    let time_control = json!({"kind": "real_time", "initial_seconds": initial_seconds});
    json!({"terms": {"rules": "english", "time_control": time_control, "rated": true}})
}

async fn players<const N: usize>(app: &TestApp) -> [Opened; N] {
    let mut players = Vec::new();
    for number in 0..N {
        players.push(app.opened(&format!("player-{number}")).await);
    }
    players.try_into().unwrap()
}

/// Has a player be as strong as this in the games that are wanted here, without doubt.
async fn rate(app: &TestApp, player: &Opened, value: u32) {
    let rate = format!(
        "insert into rating values ('{}', 'english.rapid', {value}, 60, 0.06, 9, '2026-11-24T11:00:00Z')",
        player.account_id
    );
    app.database.connect().await.batch_execute(&rate).await.unwrap();
}

async fn enter(app: &TestApp, player: &Opened) -> Answer {
    app.client.post(MATCHMAKING).user(&player.account_id).json(&terms(600)).send().await
}

/// For a game by correspondence, of which one may have many.
async fn enter_slow(app: &TestApp, player: &Opened) -> Answer {
    let time_control = json!({"kind": "correspondence", "turn_seconds": 86_400});
    let body = json!({"terms": {"rules": "english", "time_control": time_control}});
    app.client.post(MATCHMAKING).user(&player.account_id).json(&body).send().await
}

async fn renew(app: &TestApp, player: &Opened) -> Answer {
    app.client.post(&format!("{MATCHMAKING}/renew")).user(&player.account_id).send().await
}

async fn leave(app: &TestApp, player: &Opened) {
    app.client.delete(MATCHMAKING).user(&player.account_id).send().await.expect(204);
}

async fn standing(app: &TestApp, player: &Opened) -> Value {
    app.client.get(MATCHMAKING).user(&player.account_id).send().await.expect(200).clone()
}

async fn waits(app: &TestApp, player: &Opened) -> bool {
    standing(app, player).await.get("ticket").is_some()
}

/// The opponents that the players were given, once both have one. The service's own waves may have come
/// before the one that is asked for.
async fn opponents(app: &TestApp, players: &[&Opened]) -> Vec<String> {
    let mut opponents = Vec::new();
    for player in players {
        let opponent = eventually("an opponent is given", async || {
            app.matchmaking.wave().await.unwrap();
            let standing = standing(app, player).await;
            let opponent = standing["last_match"]["opponent_id"].as_str().map(ToOwned::to_owned);
            opponent.filter(|_| standing.get("ticket").is_none())
        });
        opponents.push(opponent.await);
    }
    opponents
}

/// Sees that none of those who wait is given anybody.
async fn nobody_is_matched(app: &TestApp, players: &[&Opened]) {
    for _ in 0..2 {
        assert_eq!(app.matchmaking.wave().await.unwrap(), 0);
    }
    for player in players {
        assert!(waits(app, player).await, "{:?}", standing(app, player).await);
    }
}

/// How many games each account has begun.
async fn games(app: &TestApp) -> BTreeMap<String, i64> {
    let count = "select account_id::text, count(*) from game_player group by account_id";
    let rows = app.database.connect().await.query(count, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn report(app: &TestApp, here: &[&Opened], gone: &[&Opened]) {
    let ids = |players: &[&Opened]| -> Vec<String> {
        players.iter().map(|player| player.account_id.clone()).collect()
    };
    let body = json!({"gateway": "one", "here": ids(here), "gone": ids(gone)});
    app.client.post("/api/v1/internal/presence").json(&body).send().await.expect(200);
}

#[tokio::test]
async fn two_who_want_the_same_are_given_each_other_and_their_game_begins() {
    let app = TestApp::start().await;
    let [ann, bob] = players(&app).await;
    let ticket = enter(&app, &ann).await;
    let ticket = ticket.expect(201);
    assert_eq!((&ticket["rating"], &ticket["window"]), (&json!(1500), &json!(350)));
    assert_eq!(ticket["terms"]["lexicon"]["name"], "English (Wordnik)");
    nobody_is_matched(&app, &[&ann]).await;
    enter(&app, &bob).await.expect(201);
    let given = opponents(&app, &[&ann, &bob]).await;
    assert_eq!(given, [bob.account_id.clone(), ann.account_id.clone()]);
    let game_id = standing(&app, &ann).await["last_match"]["game_id"].clone();
    assert_eq!(standing(&app, &bob).await["last_match"]["game_id"], game_id);
    let path = format!("/api/v1/user/games/{}", game_id.as_str().unwrap());
    for player in [&ann, &bob] {
        let game = app.client.get(&path).user(&player.account_id).send().await;
        let game = game.expect(200);
        assert_eq!((&game["status"], &game["turn"]), (&json!("running"), &json!(1)));
        assert_eq!(game["rack"].as_str().unwrap().chars().count(), 7);
        assert_eq!(game["terms"]["rated"], true);
    }
    // That it began is told once, to both.
    let rows = app.database.connect().await.query("select told from event", &[]).await.unwrap();
    let told = rows.iter().flat_map(|row| serde_json::from_str::<Vec<Value>>(row.get(0)).unwrap());
    let started: Vec<_> = told.filter(|message| message["kind"] == "game_started").collect();
    assert_eq!(started.len(), 1);
    assert_eq!(started[0]["data"]["id"], game_id);
    assert_eq!(started[0]["audience"]["ids"].as_array().unwrap().len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn who_waits_is_given_an_opponent_without_anybody_asking_again() {
    let app = TestApp::start().await;
    let [ann, bob] = players(&app).await;
    enter(&app, &ann).await.expect(201);
    enter(&app, &bob).await.expect(201);
    for player in [&ann, &bob] {
        eventually("an opponent is given", async || {
            standing(&app, player).await.get("last_match").map(drop)
        })
        .await;
    }
    app.stop().await;
}

#[tokio::test]
async fn who_waits_longer_is_given_opponents_from_further_away() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let [ann, bob, eve] = players(&app).await;
    for (player, value) in [(&ann, 1500), (&bob, 1750), (&eve, 2400)] {
        rate(&app, player, value).await;
        assert_eq!(enter(&app, player).await.expect(201)["window"], 100);
    }
    nobody_is_matched(&app, &[&ann, &bob, &eve]).await;
    clock.advance(Duration::from_secs(14));
    assert_eq!(standing(&app, &ann).await["ticket"]["window"], 240);
    nobody_is_matched(&app, &[&ann, &bob, &eve]).await;
    clock.advance(Duration::from_secs(1));
    let given = opponents(&app, &[&ann, &bob]).await;
    assert_eq!(given, [bob.account_id.clone(), ann.account_id.clone()]);
    nobody_is_matched(&app, &[&eve]).await;
    app.stop().await;
}

#[tokio::test]
async fn an_account_waits_once_however_often_it_says_so() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let [ann, bob] = players(&app).await;
    let first = enter(&app, &ann).await.expect(201).clone();
    clock.advance(Duration::from_secs(5));
    let again = enter(&app, &ann).await.expect(200).clone();
    assert_eq!(again["entered_at"], first["entered_at"]);
    assert_eq!(again["expires_at"], "2026-11-24T12:10:05Z");
    // For something else it begins to wait anew, and not for the first any more.
    let other = app.client.post(MATCHMAKING).user(&ann.account_id).json(&terms(900)).send().await;
    assert_eq!(other.expect(201)["entered_at"], "2026-11-24T12:00:05Z");
    let rows = app.database.connect().await;
    let rows = rows.query_one("select count(*) from matchmaking_ticket", &[]).await.unwrap();
    assert_eq!(rows.get::<_, i64>(0), 1);
    enter(&app, &bob).await.expect(201);
    nobody_is_matched(&app, &[&ann, &bob]).await;
    for _ in 0..2 {
        leave(&app, &ann).await;
    }
    assert!(!waits(&app, &ann).await);
    app.stop().await;
}

#[tokio::test]
async fn a_request_that_is_repeated_does_not_wait_again_for_whom_was_given_an_opponent() {
    let app = TestApp::start().await;
    let [ann, bob] = players(&app).await;
    let enter_once = async || {
        let call = app.client.post(MATCHMAKING).user(&ann.account_id).json(&terms(600));
        call.header("idempotency-key", KEY).send().await
    };
    let first = enter_once().await;
    enter(&app, &bob).await.expect(201);
    opponents(&app, &[&ann, &bob]).await;
    let again = enter_once().await;
    assert_eq!(again.expect(201), first.expect(201));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    renew(&app, &ann).await.expect_problem(404, "not_waiting");
    assert!(!waits(&app, &ann).await);
    app.stop().await;
}

#[tokio::test]
async fn who_has_blocked_or_is_blocked_is_given_others() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = players(&app).await;
    let block = app.client.put(&format!("/api/v1/user/blocks/{}", ann.account_id));
    block.user(&bob.account_id).send().await.expect(204);
    enter(&app, &ann).await.expect(201);
    enter(&app, &bob).await.expect(201);
    nobody_is_matched(&app, &[&ann, &bob]).await;
    let block = app.client.put(&format!("/api/v1/user/blocks/{}", eve.account_id));
    block.user(&ann.account_id).send().await.expect(204);
    enter(&app, &eve).await.expect(201);
    assert_eq!(opponents(&app, &[&bob, &eve]).await, [eve.account_id, bob.account_id]);
    nobody_is_matched(&app, &[&ann]).await;
    app.stop().await;
}

#[tokio::test]
async fn who_have_just_met_are_given_others_and_each_other_only_after_a_while() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let [ann, bob, eve] = players(&app).await;
    enter_slow(&app, &ann).await.expect(201);
    enter_slow(&app, &bob).await.expect(201);
    opponents(&app, &[&ann, &bob]).await;
    enter_slow(&app, &ann).await.expect(201);
    enter_slow(&app, &bob).await.expect(201);
    nobody_is_matched(&app, &[&ann, &bob]).await;
    enter_slow(&app, &eve).await.expect(201);
    eventually("one of them is given the third", async || {
        app.matchmaking.wave().await.unwrap();
        (!waits(&app, &eve).await).then_some(())
    })
    .await;
    let left = if waits(&app, &ann).await { &ann } else { &bob };
    enter_slow(&app, if left.account_id == ann.account_id { &bob } else { &ann }).await.expect(201);
    nobody_is_matched(&app, &[&ann, &bob]).await;
    clock.advance(Duration::from_secs(20));
    opponents(&app, &[&ann, &bob]).await;
    assert_eq!(games(&app).await[&ann.account_id] + games(&app).await[&bob.account_id], 5);
    app.stop().await;
}

#[tokio::test]
async fn who_plays_in_real_time_waits_for_no_second_such_game() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = players(&app).await;
    enter(&app, &ann).await.expect(201);
    enter(&app, &bob).await.expect(201);
    opponents(&app, &[&ann, &bob]).await;
    enter(&app, &ann).await.expect_problem(409, "already_playing");
    enter_slow(&app, &ann).await.expect(201);
    enter_slow(&app, &eve).await.expect(201);
    opponents(&app, &[&ann, &eve]).await;
    // By correspondence it would.
    enter_slow(&app, &eve).await.expect(201);
    enter(&app, &eve).await.expect(201);
    app.stop().await;
}

#[tokio::test]
async fn a_ticket_ends_when_it_is_not_renewed() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let [ann, bob] = players(&app).await;
    enter(&app, &ann).await.expect(201);
    clock.advance(Duration::from_secs(599));
    assert_eq!(renew(&app, &ann).await.expect(200)["expires_at"], "2026-11-24T12:19:59Z");
    clock.advance(Duration::from_secs(599));
    assert!(waits(&app, &ann).await);
    clock.advance(Duration::from_secs(1));
    // Also before it is cleared away.
    assert!(!waits(&app, &ann).await);
    renew(&app, &ann).await.expect_problem(404, "not_waiting");
    enter(&app, &bob).await.expect(201);
    nobody_is_matched(&app, &[&bob]).await;
    let rows = app.database.connect().await;
    let rows = rows.query_one("select count(*) from matchmaking_ticket", &[]).await.unwrap();
    assert_eq!(rows.get::<_, i64>(0), 1);
    app.stop().await;
}

#[tokio::test]
async fn who_goes_waits_no_more_and_who_is_reported_by_nobody_does() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let [ann, bob, eve] = players(&app).await;
    // Kept apart, or they would not wait.
    for (player, value) in [(&ann, 1000), (&bob, 2000), (&eve, 3000)] {
        rate(&app, player, value).await;
        enter(&app, player).await.expect(201);
    }
    report(&app, &[&ann, &bob], &[]).await;
    report(&app, &[&bob], &[&ann]).await;
    assert!(!waits(&app, &ann).await);
    assert!(waits(&app, &bob).await);
    // By silence as well.
    clock.advance(Duration::from_secs(60));
    eventually("he is gone", async || {
        app.presence.sweep().await.unwrap();
        (!waits(&app, &bob).await).then_some(())
    })
    .await;
    assert!(waits(&app, &eve).await);
    app.stop().await;
}

#[tokio::test]
async fn who_is_suspended_erased_or_merged_waits_no_more() {
    let app = TestApp::start().await;
    let [operator, suspended, erased, winner, loser] = players(&app).await;
    let id = operator.account_id.parse().unwrap();
    app.admin.set_role(id, Role::Operator).await.unwrap();
    let waiting = [&suspended, &erased, &winner, &loser];
    for (player, value) in waiting.into_iter().zip([1000, 2000, 3000, 4000]) {
        rate(&app, player, value).await;
        enter(&app, player).await.expect(201);
    }
    let path = format!("/api/v1/admin/accounts/{}/suspension", suspended.account_id);
    let suspend = app.client.put(&path).user(&operator.account_id);
    suspend.json(&json!({"reason": "abuse"})).send().await.expect(200);
    let erase = app.client.delete("/api/v1/user/account").user(&erased.account_id);
    erase.send().await.expect(204);
    let merge = app.client.post("/api/v1/user/account/merge").user(&winner.account_id);
    merge.json(&json!({"token": loser.token})).send().await.expect(200);
    for gone in [&suspended, &erased, &loser] {
        assert!(!waits(&app, gone).await);
    }
    assert!(waits(&app, &winner).await);
    // Nor do they again.
    enter(&app, &suspended).await.expect_problem(403, "account_suspended");
    enter(&app, &erased).await.expect_problem(403, "account_deleted");
    let nobody = Opened { account_id: NOBODY.to_owned(), ..loser };
    enter(&app, &nobody).await.expect_problem(404, "account_unknown");
    app.stop().await;
}

#[tokio::test]
async fn who_plays_as_many_games_as_one_may_is_told_so_and_holds_nobody_up() {
    let app = TestApp::start().await;
    let [busy, busier, ann, bob] = players(&app).await;
    app.database.begin_games(&busy.account_id, RUNNING_GAMES_MAX).await;
    enter(&app, &busy).await.expect_problem(409, "too_many_games");
    enter(&app, &busier).await.expect(201);
    app.database.begin_games(&busier.account_id, RUNNING_GAMES_MAX).await;
    enter(&app, &ann).await.expect(201);
    eventually("he does not wait any more", async || {
        app.matchmaking.wave().await.unwrap();
        (!waits(&app, &busier).await).then_some(())
    })
    .await;
    assert_eq!(games(&app).await[&busier.account_id], RUNNING_GAMES_MAX);
    assert!(waits(&app, &ann).await);
    enter(&app, &bob).await.expect(201);
    opponents(&app, &[&ann, &bob]).await;
    app.stop().await;
}

#[tokio::test]
async fn who_plays_too_many_games_for_one_still_waits_for_what_he_has_chosen_instead() {
    const ROUNDS: usize = 20;
    let app = TestApp::start().await;
    let [holder, changer] = [app.database.connect().await, app.database.connect().await];
    let move_to = async |player: &Opened, seconds: u32| {
        let id = &player.account_id;
        let change = format!(
            "update matchmaking_ticket set pool = sha256('{seconds}') where account_id = '{id}'"
        );
        changer.execute(&change, &[]).await.unwrap()
    };
    for round in 0..ROUNDS {
        let [busy, ann] =
            [app.opened(&format!("busy-{round}")).await, app.opened(&format!("ann-{round}")).await];
        enter_slow(&app, &busy).await.expect(201);
        enter(&app, &ann).await.expect(201);
        app.database.begin_games(&busy.account_id, RUNNING_GAMES_MAX).await;
        holder.batch_execute("begin; lock table game_player").await.unwrap();
        for player in [&busy, &ann] {
            move_to(player, 600).await;
        }
        let (begun, was_there, ()) = tokio::join!(
            app.matchmaking.wave(),
            async {
                app.database.until_waiting(1, "from game_player").await;
                move_to(&busy, 900).await
            },
            async {
                app.database.until_waiting(1, "update matchmaking_ticket").await;
                holder.batch_execute("commit").await.unwrap();
            },
        );
        assert_eq!(begun.unwrap(), 0);
        // He may have been too late.
        if was_there > 0 {
            assert!(waits(&app, &busy).await);
            return app.stop().await;
        }
        leave(&app, &ann).await;
    }
    panic!("the wave has always been faster");
}

#[tokio::test]
async fn of_many_who_wait_each_is_given_one_opponent_by_all_replicas_together() {
    const PLAYERS: usize = 40;
    let app = TestApp::start().await;
    let other = TestApp::with().database(&app.database).start().await;
    let players: [Opened; PLAYERS] = players(&app).await;
    let entries = players.iter().map(|player| enter(&app, player));
    let waves = (0..60).map(|number| {
        let replica = if number % 2 == 0 { &app } else { &other };
        async move { replica.matchmaking.wave().await.unwrap() }
    });
    let (_, begun) = tokio::join!(
        futures_util::future::join_all(entries),
        futures_util::future::join_all(waves),
    );
    assert!(begun.into_iter().sum::<usize>() <= PLAYERS / 2);
    let all: Vec<&Opened> = players.iter().collect();
    let opponents = opponents(&app, &all).await;
    for (player, opponent) in players.iter().zip(&opponents) {
        let place = players.iter().position(|other| other.account_id == *opponent).unwrap();
        assert_eq!(opponents[place], player.account_id);
    }
    let games = games(&app).await;
    assert_eq!((games.len(), games.values().sum::<i64>()), (PLAYERS, PLAYERS as i64), "{games:?}");
    app.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn who_leaves_while_he_is_given_an_opponent_plays_or_does_not_but_never_waits() {
    let app = TestApp::start().await;
    for round in 0..10 {
        let ann = app.opened(&format!("ann-{round}")).await;
        let bob = app.opened(&format!("bob-{round}")).await;
        enter(&app, &ann).await.expect(201);
        enter(&app, &bob).await.expect(201);
        let (renewed, (), begun) =
            tokio::join!(renew(&app, &bob), leave(&app, &ann), app.matchmaking.wave());
        begun.unwrap();
        assert!([200, 404].contains(&renewed.status));
        assert!(!waits(&app, &ann).await);
        let games = games(&app).await;
        let played = games.contains_key(&ann.account_id);
        assert_eq!(played, games.contains_key(&bob.account_id));
        assert_ne!(played, waits(&app, &bob).await, "he plays, or waits on");
        leave(&app, &bob).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_the_wanted_terms_is_named() {
    let app = TestApp::start().await;
    let [ann] = players(&app).await;
    for (field, value) in [
        ("rules", json!("klingon")),
        ("lexicon", json!("Klingon")),
        ("players", json!(3)),
        ("players", json!(5)),
    ] {
        let mut body = terms(600);
        body["terms"][field] = value;
        let answer = app.client.post(MATCHMAKING).user(&ann.account_id).json(&body).send().await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], format!("terms.{field}"), "{answer:?}");
    }
    let short = app.client.post(MATCHMAKING).user(&ann.account_id).json(&terms(14)).send().await;
    short.expect_problem(400, "invalid_input");
    assert_eq!(short.body["field"], "terms.time_control.initial_seconds");
    // The same in an array is no terms.
    let time_control = &terms(600)["terms"]["time_control"];
    let array =
        json!({"terms": ["english", "English (Wordnik)", "double", time_control, false, 2]});
    let refused = app.client.post(MATCHMAKING).user(&ann.account_id).json(&array).send().await;
    refused.expect_problem(400, "invalid_input");
    assert_eq!(refused.body["field"], "terms");
    app.stop().await;
}
