//! Codes that hang on the state of seeks and invitations.

use scrabble_backend::runtime::RUNNING_GAMES_MAX;
use serde_json::{Value, json};

use super::{KEY, NOBODY, text};
use crate::support::{Answer, Table, TestApp, terms};

const SEEKS: &str = "/api/v1/user/seeks";
const INVITATIONS: &str = "/api/v1/user/invitations";

/// Players whose accounts differ in what they may.
struct Cast {
    ann: String,
    bob: String,
    /// Plays too many games.
    busy: String,
    suspended: String,
    deleted: String,
}

pub(super) async fn provoke(app: &TestApp, operator: &str) {
    let cast = cast(app, operator).await;
    provoke_seeks(app, &cast).await;
    provoke_refusals_of_seats(app, &cast).await;
    provoke_invitations(app, &cast).await;
    provoke_rematches(app, operator).await;
    provoke_opponents(app, operator).await;
}

async fn cast(app: &TestApp, operator: &str) -> Cast {
    let account = async |name: &str| app.opened(&format!("lobby-{name}")).await.account_id;
    let cast = Cast {
        ann: account("ann").await,
        bob: account("bob").await,
        busy: account("busy").await,
        suspended: account("suspended").await,
        deleted: account("deleted").await,
    };
    suspend(app, operator, &cast.suspended).await;
    app.client.delete("/api/v1/user/account").user(&cast.deleted).send().await.expect(204);
    app.database.begin_games(&cast.busy, RUNNING_GAMES_MAX).await;
    cast
}

async fn suspend(app: &TestApp, operator: &str, account: &str) {
    let path = format!("/api/v1/admin/accounts/{account}/suspension");
    let call = app.client.put(&path).user(operator).json(&json!({"reason": "abuse"}));
    call.send().await.expect(200);
}

fn wanted(players: u8) -> Value {
    let time_control = json!({"kind": "real_time", "initial_seconds": 600});
    json!({"rules": "english", "time_control": time_control, "players": players})
}

async fn open(app: &TestApp, owner: &str, players: u8) -> Answer {
    let call = app.client.post(SEEKS).user(owner).json(&json!({"terms": wanted(players)}));
    call.send().await
}

async fn join(app: &TestApp, joiner: &str, seek: &str) -> Answer {
    app.client.post(&format!("{SEEKS}/{seek}/join")).user(joiner).send().await
}

async fn invite(app: &TestApp, inviter: &str, invited: &str) -> Answer {
    let body = json!({"terms": wanted(2), "account_ids": [invited]});
    app.client.post(INVITATIONS).user(inviter).json(&body).send().await
}

async fn accept(app: &TestApp, account: &str, invitation: &str) -> Answer {
    app.client.post(&format!("{INVITATIONS}/{invitation}/accept")).user(account).send().await
}

async fn ask(app: &TestApp, account: &str, game: &str) -> Answer {
    app.client.post(&format!("/api/v1/user/games/{game}/rematch")).user(account).send().await
}

fn id(answer: &Answer) -> String {
    text(&answer.expect(201)["id"])
}

async fn provoke_seeks(app: &TestApp, cast: &Cast) {
    let client = &app.client;
    let seek = id(&open(app, &cast.ann, 2).await);
    for account in [NOBODY, &cast.suspended, &cast.deleted] {
        open(app, account, 2).await;
        join(app, account, &seek).await;
    }
    client.get(SEEKS).user(NOBODY).send().await;
    client.get(&format!("{SEEKS}?limit=0")).user(&cast.ann).send().await;
    client.get(&format!("{SEEKS}/{NOBODY}")).user(&cast.ann).send().await;
    client.delete(&format!("{SEEKS}/{NOBODY}")).user(&cast.ann).send().await;
    join(app, &cast.ann, NOBODY).await;
    join(app, &cast.ann, &seek).await;
    join(app, &cast.busy, &seek).await;
    for body in ["{}", "{ }"] {
        let join = client.post(&format!("{SEEKS}/{seek}/join")).user(&cast.bob);
        join.header("idempotency-key", KEY).raw_json(body).send().await;
    }
    join(app, &cast.busy, &seek).await;
    client.delete(&format!("{SEEKS}/{seek}")).user(&cast.ann).send().await;
    for players in [2, 3] {
        let open = client.post(SEEKS).user(&cast.ann).header("idempotency-key", KEY);
        open.json(&json!({"terms": wanted(players)})).send().await;
    }
    for _ in 0..8 {
        open(app, &cast.ann, 2).await;
    }
    open(app, &cast.busy, 2).await;
}

/// For the strength of who would join, for what cannot be played, and for what he has joined already.
async fn provoke_refusals_of_seats(app: &TestApp, cast: &Cast) {
    let owner = app.opened("lobby-owner").await.account_id;
    let body = json!({"terms": wanted(2), "who_may_join": "established"});
    let established = app.client.post(SEEKS).user(&owner).json(&body).send().await;
    join(app, &cast.bob, &id(&established)).await;
    let seek = id(&open(app, &owner, 2).await);
    forget_words(app, "seek", &format!("seek_id = '{seek}'")).await;
    join(app, &cast.bob, &seek).await;
    let other = app.opened("lobby-other-owner").await.account_id;
    for number in 0..9 {
        let owner = if number < 5 { &owner } else { &other };
        join(app, &cast.bob, &id(&open(app, owner, 3).await)).await;
    }
}

/// Has the words of terms be others than there are.
async fn forget_words(app: &TestApp, table: &str, which: &str) {
    let forget = format!(
        r#"update {table} set terms = regexp_replace(terms, '"hash":"[0-9a-f]{{8}}', '"hash":"00000000', 'g') where {which}"#
    );
    app.database.connect().await.execute(&forget, &[]).await.unwrap();
}

async fn provoke_invitations(app: &TestApp, cast: &Cast) {
    let client = &app.client;
    for account in [NOBODY, &cast.suspended, &cast.deleted] {
        invite(app, account, &cast.bob).await;
        invite(app, &cast.ann, account).await;
    }
    client.get(&format!("{INVITATIONS}?limit=0")).user(&cast.ann).send().await;
    client.get(&format!("{INVITATIONS}/{NOBODY}")).user(&cast.ann).send().await;
    client.delete(&format!("{INVITATIONS}/{NOBODY}")).user(&cast.ann).send().await;
    accept(app, &cast.ann, NOBODY).await;
    let to_busy = id(&invite(app, &cast.ann, &cast.busy).await);
    accept(app, &cast.busy, &to_busy).await;
    invite(app, &cast.busy, &cast.ann).await;
    let foreign = id(&invite(app, &cast.ann, &cast.bob).await);
    forget_words(app, "invitation", &format!("invitation_id = '{foreign}'")).await;
    accept(app, &cast.bob, &foreign).await;
    let begun = id(&invite(app, &cast.ann, &cast.bob).await);
    for body in ["{}", "{ }"] {
        let accept = client.post(&format!("{INVITATIONS}/{begun}/accept")).user(&cast.bob);
        accept.header("idempotency-key", KEY).raw_json(body).send().await;
    }
    client.delete(&format!("{INVITATIONS}/{begun}")).user(&cast.ann).send().await;
    let declined = id(&invite(app, &cast.ann, &cast.bob).await);
    client.delete(&format!("{INVITATIONS}/{declined}")).user(&cast.bob).send().await;
    accept(app, &cast.bob, &declined).await;
    let blocked = id(&invite(app, &cast.ann, &cast.bob).await);
    client.put(&format!("/api/v1/user/blocks/{}", cast.ann)).user(&cast.bob).send().await;
    accept(app, &cast.bob, &blocked).await;
    let other = app.opened("lobby-invited").await.account_id;
    for _ in 0..=20 {
        invite(app, &cast.ann, &other).await;
    }
    for account in [&cast.bob, &cast.busy] {
        let invite = client.post(INVITATIONS).user(&other).header("idempotency-key", KEY);
        invite.json(&json!({"terms": wanted(2), "account_ids": [account]})).send().await;
    }
}

/// A game that its first player has resigned.
async fn finished(app: &TestApp, name: &str) -> Table {
    let table = Table::of(app, name, &terms()).await;
    table.ask(app, 0, &json!({"turn": 1, "action": "resign"})).await.expect(200);
    table
}

async fn provoke_rematches(app: &TestApp, operator: &str) {
    let running = Table::of(app, "lobby-running", &terms()).await;
    ask(app, &running.players[0], NOBODY).await;
    ask(app, &running.players[0], &running.game).await;
    let breaking = format!("update game set progress = '' where game_id = '{}'", running.game);
    app.database.connect().await.execute(&breaking, &[]).await.unwrap();
    ask(app, &running.players[0], &running.game).await;

    let foreign = finished(app, "lobby-foreign").await;
    ask(app, &running.players[0], &foreign.game).await;
    forget_words(app, "game", &format!("game_id = '{}'", foreign.game)).await;
    ask(app, &foreign.players[0], &foreign.game).await;

    let busy = finished(app, "lobby-rematch-busy").await;
    ask(app, &busy.players[0], &busy.game).await;
    app.database.begin_games(&busy.players[0], RUNNING_GAMES_MAX).await;
    ask(app, &busy.players[1], &busy.game).await;

    let table = finished(app, "lobby-rematch").await;
    let [first, second] = [&table.players[0], &table.players[1]];
    for _ in 0..20 {
        invite(app, first, second).await;
    }
    ask(app, first, &table.game).await;
    for body in ["{}", "{ }"] {
        let path = format!("/api/v1/user/games/{}/rematch", table.game);
        let ask = app.client.post(&path).user(second).header("idempotency-key", KEY);
        ask.raw_json(body).send().await;
    }
    let ended = finished(app, "lobby-rematch-ended").await;
    suspend(app, operator, &ended.players[0]).await;
    ask(app, &ended.players[0], &ended.game).await;
    ask(app, &ended.players[1], &ended.game).await;
    app.client.delete("/api/v1/user/account").user(&ended.players[1]).send().await;
    ask(app, &ended.players[1], &ended.game).await;
}

/// Accounts that play each other are not to be merged.
async fn provoke_opponents(app: &TestApp, operator: &str) {
    let table = Table::of(app, "lobby-opponents", &terms()).await;
    let [first, second] = [&table.players[0], &table.players[1]];
    let token = app.opened("lobby-opponents-1").await.token;
    let own = app.client.post("/api/v1/user/account/merge").user(first);
    own.json(&json!({"token": token})).send().await;
    let merge = app.client.post(&format!("/api/v1/admin/accounts/{first}/merge")).user(operator);
    merge.json(&json!({"loser_id": second})).send().await;
}
