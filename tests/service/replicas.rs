//! Several processes on one database: what one does to a session, the others know.

use scrabble_backend::account::Role;
use serde_json::json;

use crate::support::{Answer, Database, Opened, TestApp, eventually};

const CURRENT: &str = "/api/v1/internal/sessions/current";
const OWN: &str = "/api/v1/user/sessions";

/// Two replicas on one database.
struct Pair {
    one: TestApp,
    other: TestApp,
    database: Database,
}

impl Pair {
    async fn start() -> Self {
        let database = Database::migrated().await;
        let one = TestApp::with().database(&database).start().await;
        let other = TestApp::with().database(&database).start().await;
        Self { one, other, database }
    }

    /// A session that both have in their caches.
    async fn opened(&self, subject: &str) -> Opened {
        let opened = self.one.opened(subject).await;
        for replica in [&self.one, &self.other] {
            replica.resolve(&opened.token).await.expect(200);
        }
        opened
    }

    /// Sees that the other replica comes to know that the session is over.
    async fn over_at_the_other(&self, token: &str) {
        let what = "the other replica hears of it";
        eventually(what, async || (self.other.resolve(token).await.status == 401).then_some(()))
            .await;
    }

    async fn stop(self) {
        self.one.stop().await;
        self.other.stop().await;
    }
}

#[tokio::test]
async fn a_session_opened_by_one_replica_resolves_by_the_other_at_once() {
    let pair = Pair::start().await;
    for number in 0..20 {
        let opened = pair.one.opened(&number.to_string()).await;
        let answer = pair.other.resolve(&opened.token).await;
        assert_eq!(answer.expect(200)["session_id"], opened.session_id);
    }
    pair.stop().await;
}

#[tokio::test]
async fn whatever_ends_a_session_ends_it_everywhere() {
    let pair = Pair::start().await;
    let one = &pair.one;
    let closed = pair.opened("1").await;
    one.client.delete(CURRENT).bearer(&closed.token).send().await.expect(204);
    pair.over_at_the_other(&closed.token).await;

    let revoked = pair.opened("2").await;
    let path = format!("{OWN}/{}", revoked.session_id);
    one.client.delete(&path).user(&revoked.account_id).send().await.expect(204);
    pair.over_at_the_other(&revoked.token).await;

    let (first, second) = (pair.opened("3").await, pair.opened("3").await);
    one.client.delete(OWN).user(&first.account_id).send().await.expect(204);
    pair.over_at_the_other(&first.token).await;
    pair.over_at_the_other(&second.token).await;

    let operator = pair.opened("operator").await;
    let id = operator.account_id.parse().unwrap();
    one.admin.set_role(id, Role::Operator).await.unwrap();
    pair.over_at_the_other(&operator.token).await;

    let suspended = pair.opened("4").await;
    let path = format!("/api/v1/admin/accounts/{}/suspension", suspended.account_id);
    let reason = json!({"reason": "plays with an engine"});
    one.client.put(&path).user(&operator.account_id).json(&reason).send().await.expect(200);
    pair.over_at_the_other(&suspended.token).await;

    let linking = pair.opened("5").await;
    let link = json!({"kind": "platform", "provider": "discord", "subject": "5"});
    let post = one.client.post("/api/v1/user/identities").user(&linking.account_id);
    let linked = post.header("x-session-id", &linking.session_id).json(&link).send().await;
    let token = linked.expect(201)["token"].as_str().unwrap().to_owned();
    pair.over_at_the_other(&linking.token).await;
    pair.other.resolve(&token).await.expect(200);
    pair.stop().await;
}

#[tokio::test]
async fn more_sessions_than_one_announcement_holds_end_everywhere() {
    let pair = Pair::start().await;
    let mut tokens = Vec::new();
    for _ in 0..120 {
        tokens.push(pair.opened("1").await);
    }
    let account_id = &tokens[0].account_id;
    pair.one.client.delete(OWN).user(account_id).send().await.expect(204);
    for opened in &tokens {
        pair.over_at_the_other(&opened.token).await;
    }
    pair.stop().await;
}

#[tokio::test]
async fn what_was_revoked_while_nobody_listened_is_over_once_somebody_does() {
    let pair = Pair::start().await;
    let (lost, kept) = (pair.opened("1").await, pair.opened("2").await);
    let database = pair.database.connect().await;
    // Without a word to anybody, as when the announcement is lost.
    let id = format!("delete from session where session_id = '{}'", lost.session_id);
    database.batch_execute(&id).await.unwrap();
    pair.other.resolve(&lost.token).await.expect(200);
    let listeners = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                     where datname = current_database() and query = 'listen session_revoked'";
    let cut: i64 = database.query_one(listeners, &[]).await.unwrap().get(0);
    assert_eq!(cut, 2);
    pair.over_at_the_other(&lost.token).await;
    pair.other.resolve(&kept.token).await.expect(200);
    // And what comes now is heard again.
    pair.one.client.delete(CURRENT).bearer(&kept.token).send().await.expect(204);
    pair.over_at_the_other(&kept.token).await;
    pair.stop().await;
}

#[tokio::test]
async fn without_a_database_sessions_resolve_until_the_bound_and_again_when_it_is_back() {
    let app = TestApp::with().set("BACKEND_SESSION_STALENESS_MAX", "2s").start().await;
    let opened = app.opened("1").await;
    app.database.refuse_connections().await;
    let resolve = || app.resolve(&opened.token);
    resolve().await.expect(200);
    let missing = |answer: &Answer| answer.body["missing"].clone();
    let readyz = app.client.get("/readyz").send().await;
    assert_eq!((readyz.status, missing(&readyz)), (503, json!(["database"])));
    let refused = eventually("the cache is believed no more", async || {
        let answer = resolve().await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    refused.expect_problem(503, "sessions_stale");
    assert_eq!(refused.header("retry-after"), Some("1"));
    let readyz = app.client.get("/readyz").send().await;
    assert_eq!(missing(&readyz), json!(["database", "session_cache"]));

    app.database.accept_connections().await;
    eventually("it heals by itself", async || (resolve().await.status == 200).then_some(())).await;
    app.client.get("/readyz").send().await.expect(200);
    app.stop().await;
}
