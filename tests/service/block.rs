//! Blocks between players: who has whom, how many, and what becomes of them when an account ends.

use scrabble_backend::block::BLOCKS_MAX;
use serde_json::{Value, json};

use crate::support::{Answer, Opened, TestApp, eventually};

const NOBODY: &str = "0190163d-8694-739b-aea5-966c26f8ad91";
const BLOCKS: &str = "/api/v1/user/blocks";

async fn block(app: &TestApp, blocker: &str, blocked: &str) -> Answer {
    app.client.put(&format!("{BLOCKS}/{blocked}")).user(blocker).send().await
}

async fn unblock(app: &TestApp, blocker: &str, blocked: &str) -> Answer {
    app.client.delete(&format!("{BLOCKS}/{blocked}")).user(blocker).send().await
}

/// The ids of a page, and its `next`.
async fn page(app: &TestApp, blocker: &str, query: &str) -> (Vec<String>, Value) {
    let answer = app.client.get(&format!("{BLOCKS}{query}")).user(blocker).send().await;
    let body = answer.expect(200);
    let blocks = body["blocks"].as_array().unwrap().iter();
    let ids = blocks.map(|block| block["account_id"].as_str().unwrap().to_owned());
    (ids.collect(), body["next"].clone())
}

async fn blocked_by(app: &TestApp, blocker: &str) -> Vec<String> {
    page(app, blocker, "?limit=100").await.0
}

async fn players<const N: usize>(app: &TestApp) -> [Opened; N] {
    let mut players = Vec::new();
    for number in 0..N {
        players.push(app.opened(&format!("player-{number}")).await);
    }
    // As the list has them.
    players.sort_by(|one, other| one.account_id.cmp(&other.account_id));
    players.try_into().unwrap()
}

async fn merge(app: &TestApp, winner: &Opened, loser: &Opened) {
    let call = app.client.post("/api/v1/user/account/merge").user(&winner.account_id);
    call.json(&json!({"token": loser.token})).send().await.expect(200);
}

async fn erase(app: &TestApp, player: &Opened) -> Answer {
    app.client.delete("/api/v1/user/account").user(&player.account_id).send().await
}

async fn rows_of(app: &TestApp, player: &Opened) -> i64 {
    let id = &player.account_id;
    let count =
        format!("select count(*) from block where blocker_id = '{id}' or blocked_id = '{id}'");
    app.database.connect().await.query_one(&count, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn who_is_blocked_stays_so_until_the_block_is_taken_back() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = players(&app).await;
    let (ann, bob, eve) = (&ann.account_id, &bob.account_id, &eve.account_id);
    for blocked in [eve, bob, eve] {
        assert_eq!(block(&app, ann, blocked).await.status, 204);
    }
    assert_eq!(blocked_by(&app, ann).await, [bob.clone(), eve.clone()]);
    // It is nobody else's affair.
    assert_eq!(blocked_by(&app, bob).await, Vec::<String>::new());
    for _ in 0..2 {
        assert_eq!(unblock(&app, ann, bob).await.status, 204);
    }
    assert_eq!(blocked_by(&app, ann).await, std::slice::from_ref(eve));
    app.stop().await;
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    let app = TestApp::start().await;
    let [ann, b, c, d] = players(&app).await;
    for blocked in [&b, &c, &d] {
        block(&app, &ann.account_id, &blocked.account_id).await.expect(204);
    }
    let (first, next) = page(&app, &ann.account_id, "?limit=2").await;
    assert_eq!(first, [b.account_id, c.account_id]);
    let rest = format!("?limit=2&cursor={}", next.as_str().unwrap());
    assert_eq!(page(&app, &ann.account_id, &rest).await, (vec![d.account_id], Value::Null));
    for query in ["?cursor=next", "?limit=0", "?limit=101", "?after=1"] {
        let call = app.client.get(&format!("{BLOCKS}{query}")).user(&ann.account_id);
        call.send().await.expect_problem(400, "invalid_input");
    }
    app.stop().await;
}

#[tokio::test]
async fn nobody_blocks_himself_nor_somebody_who_is_not_there() {
    let app = TestApp::start().await;
    let [ann, bob] = players(&app).await;
    let own = block(&app, &ann.account_id, &ann.account_id).await;
    own.expect_problem(400, "invalid_input");
    assert_eq!(own.body["field"], "id");
    block(&app, &ann.account_id, NOBODY).await.expect_problem(404, "account_unknown");
    block(&app, NOBODY, &ann.account_id).await.expect_problem(404, "account_unknown");
    let list = app.client.get(BLOCKS).user(NOBODY).send().await;
    list.expect_problem(404, "account_unknown");
    // Who is over is nobody any more, neither to be blocked nor to block.
    erase(&app, &bob).await.expect(204);
    block(&app, &ann.account_id, &bob.account_id).await.expect_problem(404, "account_unknown");
    block(&app, &bob.account_id, &ann.account_id).await.expect_problem(403, "account_deleted");
    app.stop().await;
}

#[tokio::test]
async fn there_is_a_most_that_also_those_who_ask_at_once_do_not_get_past() {
    let app = TestApp::start().await;
    let [ann, b, c, d] = players(&app).await;
    let others = app.database.strangers(BLOCKS_MAX - 1).await;
    app.database.block(std::slice::from_ref(&ann.account_id), &others).await;
    let (first, second, third) = tokio::join!(
        block(&app, &ann.account_id, &b.account_id),
        block(&app, &ann.account_id, &c.account_id),
        block(&app, &ann.account_id, &d.account_id),
    );
    let mut statuses = [first.status, second.status, third.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409, 409]);
    let refused = [first, second, third].into_iter().find(|answer| answer.status == 409).unwrap();
    refused.expect_problem(409, "too_many_blocks");
    assert_eq!(rows_of(&app, &ann).await, BLOCKS_MAX);
    app.stop().await;
}

#[tokio::test]
async fn two_who_block_each_other_at_once_do_not_wait_for_each_other() {
    let app = TestApp::start().await;
    let [ann, bob] = players(&app).await;
    for _ in 0..20 {
        let (one, other) = tokio::join!(
            block(&app, &ann.account_id, &bob.account_id),
            block(&app, &bob.account_id, &ann.account_id),
        );
        assert_eq!((one.status, other.status), (204, 204));
        unblock(&app, &ann.account_id, &bob.account_id).await;
        unblock(&app, &bob.account_id, &ann.account_id).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn a_merger_brings_the_blocks_of_both_together() {
    let app = TestApp::start().await;
    let [winner, loser, bob, eve, tom] = players(&app).await;
    for (blocker, blocked) in [
        (&winner, &bob),
        (&loser, &bob),
        (&loser, &eve),
        (&tom, &loser),
        (&tom, &winner),
        (&eve, &loser),
        // What stands between the two is over.
        (&winner, &loser),
        (&loser, &winner),
    ] {
        block(&app, &blocker.account_id, &blocked.account_id).await.expect(204);
    }
    merge(&app, &winner, &loser).await;
    assert_eq!(rows_of(&app, &loser).await, 0);
    let both = [bob.account_id.clone(), eve.account_id.clone()];
    assert_eq!(blocked_by(&app, &winner.account_id).await, both);
    for blocker in [&eve, &tom] {
        let blocked = blocked_by(&app, &blocker.account_id).await;
        assert_eq!(blocked, std::slice::from_ref(&winner.account_id));
    }
    app.stop().await;
}

#[tokio::test]
async fn a_merger_keeps_no_more_blocks_than_an_account_may_have_and_the_newest_of_them() {
    let app = TestApp::start().await;
    let [winner, loser, bob] = players(&app).await;
    let own = |player: &Opened| vec![player.account_id.clone()];
    for player in [&winner, &loser] {
        let blocked = app.database.strangers(BLOCKS_MAX - 1).await;
        app.database.block(&own(player), &blocked).await;
        app.database.block(&blocked, &own(player)).await;
    }
    block(&app, &winner.account_id, &bob.account_id).await.expect(204);
    merge(&app, &winner, &loser).await;
    let client = app.database.connect().await;
    let all = "select blocked_id::text from block where blocker_id = $1::text::uuid";
    let kept = client.query(all, &[&winner.account_id]).await.unwrap();
    assert_eq!(kept.len(), BLOCKS_MAX as usize);
    assert!(kept.iter().any(|row| row.get::<_, &str>(0) == bob.account_id));
    // Who has blocked either keeps to that.
    assert_eq!(rows_of(&app, &winner).await, BLOCKS_MAX + 2 * (BLOCKS_MAX - 1));
    app.stop().await;
}

#[tokio::test]
async fn nothing_is_left_of_blocks_with_an_account_that_is_erased_meanwhile() {
    let app = TestApp::start().await;
    for round in 0..8 {
        let ann = app.opened(&format!("ann-{round}")).await;
        let gone = app.opened(&format!("gone-{round}")).await;
        let (one, other, erased) = tokio::join!(
            block(&app, &ann.account_id, &gone.account_id),
            block(&app, &gone.account_id, &ann.account_id),
            erase(&app, &gone),
        );
        assert!([204, 404].contains(&one.status), "{one:?}");
        assert!([204, 403].contains(&other.status), "{other:?}");
        assert_eq!(erased.status, 204);
        assert_eq!(rows_of(&app, &gone).await, 0, "round {round}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_block_that_is_answered_before_the_last_seat_is_taken_keeps_the_two_apart() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = players(&app).await;
    let time_control = json!({"kind": "real_time", "initial_seconds": 600});
    let body = json!({"terms": {"rules": "english", "time_control": time_control, "players": 3}});
    let seek = app.client.post("/api/v1/user/seeks").user(&ann.account_id).json(&body).send().await;
    let join = format!("/api/v1/user/seeks/{}/join", seek.expect(201)["id"].as_str().unwrap());
    app.client.post(&join).user(&bob.account_id).send().await.expect(200);
    let take = async {
        app.client.post(&join).user(&eve.account_id).send().await.expect(200);
    };
    blocks_while_a_game_begins(&app, "seek_member", take, [&bob, &ann]).await;
    app.stop().await;
}

#[tokio::test]
async fn a_block_that_is_answered_before_two_are_given_each_other_keeps_them_apart() {
    let app = TestApp::start().await;
    let [ann, bob] = players(&app).await;
    let time_control = json!({"kind": "real_time", "initial_seconds": 600});
    let body = json!({"terms": {"rules": "english", "time_control": time_control}});
    let wave = async {
        for player in [&ann, &bob] {
            let enter = app.client.post("/api/v1/user/matchmaking").user(&player.account_id);
            enter.json(&body).send().await.expect(201);
        }
        app.matchmaking.wave().await.unwrap();
    };
    blocks_while_a_game_begins(&app, "matchmaking_match", wave, [&bob, &ann]).await;
    app.stop().await;
}

/// Has one of two block the other while a game of them begins, which has looked for blocks and can't write to
/// a table yet; sees that no game begins when the block has been answered.
async fn blocks_while_a_game_begins(
    app: &TestApp,
    table: &str,
    begin: impl Future<Output = ()>,
    [blocker, blocked]: [&Opened; 2],
) {
    let holder = app.database.connect().await;
    let hold = format!("begin; lock table {table} in share mode");
    holder.batch_execute(&hold).await.unwrap();
    let is_answered = std::cell::Cell::new(false);
    let ((), begun, ()) = tokio::join!(
        begin,
        async {
            app.database.until_waiting(1, table).await;
            block(app, &blocker.account_id, &blocked.account_id).await.expect(204);
            let begun = count(app, "game").await;
            is_answered.set(true);
            begun
        },
        async {
            eventually("the block is answered, or waits for the game", async || {
                let waits = app.database.count_waiting("no key update").await > 0;
                (is_answered.get() || waits).then_some(())
            })
            .await;
            holder.batch_execute("commit").await.unwrap();
        },
    );
    assert_eq!(count(app, "game").await, begun);
}

async fn count(app: &TestApp, what: &str) -> i64 {
    let count = format!("select count(*) from {what}");
    app.database.connect().await.query_one(&count, &[]).await.unwrap().get(0)
}
