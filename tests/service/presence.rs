//! Presence: who is here by the word of several gateways, and what is told of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use scrabble_backend::account::Role;
use scrabble_backend::time::{Clock, Timestamp};
use serde_json::{Value, json};

use crate::support::{Answer, Database, Opened, TestApp, eventually};

const NOBODY: &str = "0190163d-8694-739b-aea5-966c26f8ad91";
const PRESENCE: &str = "/api/v1/internal/presence";
/// What the service's default is.
const TTL: Duration = Duration::from_secs(60);

fn clock() -> Clock {
    Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap())
}

async fn players<const N: usize>(app: &TestApp) -> [String; N] {
    let mut players = Vec::new();
    for number in 0..N {
        players.push(app.opened(&format!("player-{number}")).await.account_id);
    }
    players.sort();
    players.try_into().unwrap()
}

async fn say(app: &TestApp, gateway: &str, here: &[&String], gone: &[&String]) -> Answer {
    let body = json!({"gateway": gateway, "here": here, "gone": gone});
    app.client.post(PRESENCE).json(&body).send().await
}

async fn report(app: &TestApp, gateway: &str, here: &[&String], gone: &[&String]) {
    say(app, gateway, here, gone).await.expect(200);
}

/// Those of the accounts that are here.
async fn here(app: &TestApp, ids: &[&String]) -> Value {
    let lookup = app.client.post(&format!("{PRESENCE}/lookup")).json(&json!({"ids": ids}));
    lookup.send().await.expect(200)["here"].clone()
}

async fn here_for(app: &TestApp, viewer: &str, ids: &[&String]) -> Value {
    let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
    let path = format!("/api/v1/user/presence?ids={}", ids.join(","));
    app.client.get(&path).user(viewer).send().await.expect(200)["here"].clone()
}

async fn count(app: &TestApp) -> Value {
    app.client.get(PRESENCE).send().await.expect(200)["count"].clone()
}

/// What was told of who comes and goes, in order: the audience, and what it was told.
async fn told(database: &Database) -> Vec<(Value, Value)> {
    let client = database.connect().await;
    let rows = client.query("select told from event order by xid, position", &[]).await.unwrap();
    let messages = rows.iter().flat_map(|row| {
        serde_json::from_str::<Vec<Value>>(row.get(0)).expect("an array of messages")
    });
    let changes = messages.filter(|message| message["kind"] == "presence_changed");
    changes.map(|message| (message["audience"].clone(), message["data"].clone())).collect()
}

/// The comings (true) and goings of each account, in order.
async fn moves(database: &Database) -> BTreeMap<String, Vec<bool>> {
    let mut moves: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    for (_, data) in told(database).await {
        for (list, has_come) in [("came", true), ("gone", false)] {
            for id in data[list].as_array().unwrap() {
                moves.entry(id.as_str().unwrap().to_owned()).or_default().push(has_come);
            }
        }
    }
    moves
}

async fn erase(app: &TestApp, player: &Opened) {
    app.client.delete("/api/v1/user/account").user(&player.account_id).send().await.expect(204);
}

#[tokio::test]
async fn who_comes_is_here_until_he_goes_and_both_are_told_once() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let [ann, bob] = players(&app).await;
    let reported = say(&app, "one", &[&ann, &bob, &ann], &[]).await;
    assert_eq!(reported.expect(200)["expires_at"], "2026-11-24T12:01:00Z");
    assert_eq!(here(&app, &[&bob, &ann, &NOBODY.to_owned()]).await, json!([ann, bob]));
    assert_eq!(here_for(&app, &bob, &[&ann]).await, json!([ann]));
    assert_eq!(count(&app).await, 2);
    // A heartbeat is no news; neither is the going of one who was not here.
    report(&app, "one", &[&ann, &bob], &[]).await;
    report(&app, "one", &[&ann], &[&bob]).await;
    report(&app, "one", &[], &[&bob]).await;
    assert_eq!(here(&app, &[&ann, &bob]).await, json!([ann]));
    let told = told(&app.database).await;
    let [(everyone, mut came), (_, gone)] = told.try_into().unwrap();
    assert_eq!(everyone, json!({"to": "everyone"}));
    came["came"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
    assert_eq!(came, json!({"came": [ann, bob], "gone": []}));
    assert_eq!(gone, json!({"came": [], "gone": [bob]}));
    app.stop().await;
}

#[tokio::test]
async fn who_is_at_two_gateways_is_here_until_he_has_gone_from_both() {
    let app = TestApp::start().await;
    let other = TestApp::with().database(&app.database).start().await;
    let [ann] = players(&app).await;
    report(&app, "one", &[&ann], &[]).await;
    report(&other, "two", &[&ann], &[]).await;
    assert_eq!(count(&app).await, 1);
    report(&app, "one", &[], &[&ann]).await;
    assert_eq!(here(&other, &[&ann]).await, json!([ann]));
    report(&app, "one", &[&ann], &[]).await;
    report(&other, "two", &[], &[&ann]).await;
    assert_eq!(moves(&app.database).await[&ann], [true]);
    report(&other, "one", &[], &[&ann]).await;
    assert_eq!(here(&app, &[&ann]).await, json!([]));
    assert_eq!(moves(&app.database).await[&ann], [true, false]);
    app.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn who_is_not_heard_of_for_too_long_is_gone_and_told_of_once_by_all_replicas() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let other = TestApp::with().clock(&clock).database(&app.database).start().await;
    let [ann, bob, eve] = players(&app).await;
    report(&app, "one", &[&ann, &bob, &eve], &[]).await;
    clock.advance(TTL / 2);
    report(&app, "one", &[&ann], &[]).await;
    report(&app, "two", &[&bob], &[]).await;
    clock.advance(TTL / 2);
    // Also before it was looked for.
    assert_eq!(here(&app, &[&ann, &bob, &eve]).await, json!([ann, bob]));
    let (one, two) = tokio::join!(app.presence.sweep(), other.presence.sweep());
    assert!(one.unwrap() + two.unwrap() <= 1);
    eventually("it is told", async || moves(&app.database).await[&eve].get(1).copied()).await;
    clock.advance(TTL / 2);
    eventually("all are gone", async || {
        let moves = moves(&app.database).await;
        moves.values().all(|moves| moves.len() > 1).then_some(())
    })
    .await;
    assert!(moves(&app.database).await.values().all(|moves| *moves == [true, false]));
    assert_eq!(count(&app).await, 0);
    let rows = app.database.connect().await;
    let rows = rows.query_one("select count(*) from presence", &[]).await.unwrap();
    assert_eq!(rows.get::<_, i64>(0), 0);
    app.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn what_gateways_say_at_once_is_told_in_an_order_in_which_it_can_have_been() {
    const ROUNDS: usize = 12;
    let app = TestApp::start().await;
    let other = TestApp::with().database(&app.database).start().await;
    let players: [String; 8] = players(&app).await;
    let gateways = ["one", "two", "three", "four"];
    let talks = gateways.iter().enumerate().map(|(number, gateway)| {
        let (replica, players) = (if number % 2 == 0 { &app } else { &other }, &players);
        async move {
            let mut last = Vec::new();
            for round in 0..ROUNDS {
                // Each player is here or gone by the bits of a number, another for each gateway.
                let bits = (round + 1) * (37 + 11 * number);
                let (here, gone): (Vec<_>, Vec<_>) =
                    players.iter().enumerate().partition(|(place, _)| bits >> place & 1 == 1);
                let here: Vec<&String> = here.into_iter().map(|(_, id)| id).collect();
                let gone: Vec<&String> = gone.into_iter().map(|(_, id)| id).collect();
                report(replica, gateway, &here, &gone).await;
                last = here;
            }
            last
        }
    });
    let last: Vec<Vec<&String>> = futures_util::future::join_all(talks).await;
    let expected: BTreeSet<&String> = last.into_iter().flatten().collect();
    let all: Vec<&String> = players.iter().collect();
    assert_eq!(here(&app, &all).await, json!(expected));
    let moves = moves(&app.database).await;
    assert_eq!(moves.keys().collect::<BTreeSet<_>>(), players.iter().collect(), "all have come");
    for (id, moves) in moves {
        for (number, has_come) in moves.iter().enumerate() {
            assert_eq!(*has_come, number % 2 == 0, "{id} comes and goes in turns: {moves:?}");
        }
        assert_eq!(moves.last() == Some(&true), expected.contains(&id), "{id}: {moves:?}");
    }
    app.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn who_is_blocked_does_not_learn_whether_the_blocker_is_here() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = players(&app).await;
    let block = app.client.put(&format!("/api/v1/user/blocks/{bob}")).user(&ann);
    block.send().await.expect(204);
    report(&app, "one", &[&ann, &bob], &[]).await;
    assert_eq!(here_for(&app, &bob, &[&ann, &bob]).await, json!([bob]));
    assert_eq!(here_for(&app, &eve, &[&ann, &bob]).await, json!([ann, bob]));
    assert_eq!(
        here_for(&app, &ann, &[&bob]).await,
        json!([bob]),
        "the blocker has not been blocked"
    );
    report(&app, "one", &[], &[&ann]).await;
    let but_bob = json!({"to": "everyone_but", "ids": [bob]});
    let expected = [
        (but_bob.clone(), json!({"came": [ann], "gone": []})),
        (json!({"to": "everyone"}), json!({"came": [bob], "gone": []})),
        (but_bob, json!({"came": [], "gone": [ann]})),
    ];
    assert_eq!(told(&app.database).await, expected);
    app.stop().await;
}

#[tokio::test]
async fn who_is_over_or_never_was_is_not_here() {
    let app = TestApp::start().await;
    let (gone, loser, winner) =
        (app.opened("gone").await, app.opened("loser").await, app.opened("winner").await);
    let ids = [&gone.account_id, &loser.account_id, &NOBODY.to_owned()];
    report(&app, "one", &ids, &[]).await;
    assert_eq!(here(&app, &ids).await.as_array().unwrap().len(), 2);
    erase(&app, &gone).await;
    let merge = app.client.post("/api/v1/user/account/merge").user(&winner.account_id);
    merge.json(&json!({"token": loser.token})).send().await.expect(200);
    assert_eq!(here(&app, &ids).await, json!([]));
    report(&app, "one", &ids, &[]).await;
    assert_eq!(here(&app, &ids).await, json!([]));
    let moves = moves(&app.database).await;
    assert!(moves.len() == 2 && moves.values().all(|moves| *moves == [true, false]), "{moves:?}");
    app.stop().await;
}

#[tokio::test]
async fn who_is_suspended_is_gone_at_once_and_not_here_until_that_is_over() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let [ann, operator] = players(&app).await;
    app.admin.set_role(operator.parse().unwrap(), Role::Operator).await.unwrap();
    report(&app, "one", &[&ann], &[]).await;
    report(&app, "two", &[&ann], &[]).await;
    let suspension = json!({"reason": "abuse", "until": "2026-11-24T12:00:30Z"});
    let path = format!("/api/v1/admin/accounts/{ann}/suspension");
    app.client.put(&path).user(&operator).json(&suspension).send().await.expect(200);
    report(&app, "one", &[&ann], &[]).await;
    assert_eq!(here(&app, &[&ann]).await, json!([]));
    assert_eq!(moves(&app.database).await[&ann], [true, false]);
    clock.advance(Duration::from_secs(30));
    report(&app, "one", &[&ann], &[]).await;
    assert_eq!(here(&app, &[&ann]).await, json!([ann]));
    assert_eq!(moves(&app.database).await[&ann], [true, false, true]);
    app.stop().await;
}

#[tokio::test]
async fn what_a_crash_of_the_database_forgets_the_next_heartbeat_brings_back() {
    let app = TestApp::start().await;
    let [ann] = players(&app).await;
    report(&app, "one", &[&ann], &[]).await;
    // What recovery does to a table that is not logged.
    app.database.connect().await.execute("truncate presence", &[]).await.unwrap();
    assert_eq!(count(&app).await, 0);
    report(&app, "one", &[&ann], &[]).await;
    assert_eq!(here(&app, &[&ann]).await, json!([ann]));
    let persistence = "select relpersistence::text from pg_class where relname = 'presence'";
    let row = app.database.connect().await.query_one(persistence, &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "u");
    app.stop().await;
}

#[tokio::test]
async fn a_batch_of_as_many_as_may_be_is_taken_and_one_more_refused() {
    let app = TestApp::start().await;
    let client = app.database.connect().await;
    let accounts = "insert into account
            (account_id, display_name, language, time_zone, role, created_at, updated_at)
        select gen_random_uuid(), 'x', 'en', 'UTC', 'player', now(), now() from generate_series(1, 1001)
        returning account_id::text";
    let rows = client.query(accounts, &[]).await.unwrap();
    let ids: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let ids: Vec<&String> = ids.iter().collect();
    report(&app, "one", &ids[1..], &[]).await;
    assert_eq!(count(&app).await, 1000);
    let too_many = say(&app, "one", &ids, &[]).await;
    too_many.expect_problem(400, "invalid_input");
    assert_eq!(too_many.body["field"], "here");
    say(&app, "one", &ids[1..], &ids[..1]).await.expect_problem(400, "invalid_input");
    report(&app, "one", &ids[501..], &ids[..500]).await;
    assert_eq!(count(&app).await, 501);
    app.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_report_or_a_question_is_named() {
    let app = TestApp::start().await;
    let [ann] = players(&app).await;
    for (body, field) in [
        (json!({"here": [ann]}), "body"),
        (json!({"gateway": "a b"}), "gateway"),
        (json!({"gateway": "one", "here": ["42"]}), "here[0]"),
        (json!({"gateway": "one", "here": [ann], "gone": [ann]}), "gone"),
        (json!({"gateway": "one", "away": []}), "away"),
    ] {
        let answer = app.client.post(PRESENCE).json(&body).send().await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], field, "{answer:?}");
    }
    let many = vec![ann.as_str(); 101].join(",");
    for query in ["ids=", "ids=42", &format!("ids={many}"), &format!("ids={ann},"), "id=1"] {
        let path = format!("/api/v1/user/presence?{query}");
        let answer = app.client.get(&path).user(&ann).send().await;
        answer.expect_problem(400, "invalid_input");
    }
    let none = app.client.get("/api/v1/user/presence").user(&ann).send().await;
    assert_eq!(none.expect(200)["here"], json!([]));
    app.stop().await;
}
