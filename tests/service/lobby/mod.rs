//! The lobby: how players find each other, up to the game that they begin.

mod endings;
mod gone;
mod invitations;
mod limits;
mod real_time;
mod rematches;
mod rules;
mod seeks;
mod strength;
mod upkeep;

use scrabble_backend::account::Role;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const SEEKS: &str = "/api/v1/user/seeks";
const INVITATIONS: &str = "/api/v1/user/invitations";
const NOBODY: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

/// Ten minutes each, for so many.
fn terms(players: u8) -> Value {
    json!({
        "rules": "english",
        "time_control": {"kind": "real_time", "initial_seconds": 600},
        "players": players,
    })
}

/// A day for a turn, for two.
fn by_correspondence() -> Value {
    json!({
        "rules": "english",
        "time_control": {"kind": "correspondence", "turn_seconds": 86_400},
    })
}

/// New accounts.
async fn accounts<const N: usize>(app: &TestApp, name: &str) -> [String; N] {
    let mut accounts = Vec::new();
    for number in 0..N {
        accounts.push(app.opened(&format!("{name}-{number}")).await.account_id);
    }
    accounts.try_into().unwrap()
}

async fn operator(app: &TestApp) -> String {
    let id = app.opened("operator").await.account_id;
    app.admin.set_role(id.parse().unwrap(), Role::Operator).await.unwrap();
    id
}

async fn suspend(app: &TestApp, operator: &str, account: &str) {
    let path = format!("/api/v1/admin/accounts/{account}/suspension");
    let call = app.client.put(&path).user(operator).json(&json!({"reason": "abuse"}));
    call.send().await.expect(200);
}

async fn block(app: &TestApp, blocker: &str, blocked: &str) {
    let call = app.client.put(&format!("/api/v1/user/blocks/{blocked}")).user(blocker);
    call.send().await.expect(204);
}

async fn get(app: &TestApp, caller: &str, path: &str) -> Answer {
    app.client.get(path).user(caller).send().await
}

async fn post(app: &TestApp, caller: &str, path: &str, body: &Value) -> Answer {
    app.client.post(path).user(caller).json(body).send().await
}

async fn delete(app: &TestApp, caller: &str, path: &str) -> Answer {
    app.client.delete(path).user(caller).send().await
}

/// Opens a seek; gives its id.
async fn seek(app: &TestApp, owner: &str, terms: Value) -> String {
    seek_with(app, owner, json!({"terms": terms})).await
}

async fn seek_with(app: &TestApp, owner: &str, body: Value) -> String {
    id(post(app, owner, SEEKS, &body).await.expect(201))
}

async fn join(app: &TestApp, joiner: &str, seek: &str) -> Answer {
    app.client.post(&format!("{SEEKS}/{seek}/join")).user(joiner).send().await
}

/// Invites accounts to a game of ten minutes; gives the invitation's id.
async fn invite(app: &TestApp, inviter: &str, invited: &[&String]) -> String {
    let body = json!({"terms": terms(1 + invited.len() as u8), "account_ids": invited});
    id(post(app, inviter, INVITATIONS, &body).await.expect(201))
}

async fn accept(app: &TestApp, account: &str, invitation: &str) -> Answer {
    app.client.post(&format!("{INVITATIONS}/{invitation}/accept")).user(account).send().await
}

async fn status(app: &TestApp, caller: &str, path: &str) -> String {
    get(app, caller, path).await.expect(200)["status"].as_str().unwrap().to_owned()
}

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap().to_owned()
}

/// The ids of a list.
fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(id).collect()
}

/// The seeks that an account may join.
async fn joinable(app: &TestApp, caller: &str) -> Vec<String> {
    ids(&get(app, caller, SEEKS).await.expect(200)["seeks"])
}

/// Who plays a game, by seat.
async fn players(app: &TestApp, game: &Value) -> Vec<String> {
    let path = format!("/api/v1/user/games/{}", game.as_str().unwrap());
    let answer = get(app, NOBODY, &path).await;
    let players = answer.expect(200)["players"].as_array().unwrap().clone();
    players.iter().map(|player| player["account_id"].as_str().unwrap().to_owned()).collect()
}

/// What the gateway was told, in order: kind, audience and data.
async fn told(app: &TestApp) -> Vec<Value> {
    let client = app.database.connect().await;
    let rows = client.query("select told from event order by xid, position", &[]).await.unwrap();
    let parse = |text: &str| serde_json::from_str::<Vec<Value>>(text).unwrap();
    rows.iter().flat_map(|row| parse(row.get(0))).collect()
}

/// The kinds of what was told of one seek or invitation, in order.
async fn told_of(app: &TestApp, id: &str) -> Vec<String> {
    let told = told(app).await;
    let own = told.iter().filter(|message| message["data"]["id"] == id);
    own.map(|message| message["kind"].as_str().unwrap().to_owned()).collect()
}

async fn count(app: &TestApp, what: &str) -> i64 {
    let count = format!("select count(*) from {what}");
    app.database.connect().await.query_one(&count, &[]).await.unwrap().get(0)
}

/// Does something when so many wait for others in the database.
async fn after<T>(app: &TestApp, waiting: i64, what: impl Future<Output = T>) -> T {
    app.database.until_waiting(waiting, "").await;
    what.await
}
