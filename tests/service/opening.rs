//! Sessions that are opened at the same time share a transaction, and nothing else.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Answer, Opened, TestApp, eventually};

/// Opens one session for each subject, all at the same time.
async fn open_together(app: &TestApp, subjects: &[String]) -> Vec<Answer> {
    join_all(subjects.iter().map(|subject| app.open(subject))).await
}

fn subjects(kind: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{kind}-{number}")).collect()
}

#[tokio::test]
async fn new_and_known_players_and_guests_who_come_together_all_get_their_own() {
    let app = TestApp::start().await;
    let known = subjects("known", 20);
    let first = open_together(&app, &known).await;
    let guest = json!({"identity": {"kind": "guest"}});
    let guests =
        join_all((0..20).map(|_| app.client.post("/api/v1/internal/sessions").json(&guest).send()));
    let mixed = [known, subjects("new", 20)].concat();
    let (second, guests) = tokio::join!(open_together(&app, &mixed), guests);
    for (subject, answer) in mixed.iter().zip(&second) {
        assert_eq!(answer.expect(201)["account_created"], subject.starts_with("new"), "{subject}");
    }
    for (before, after) in first.iter().zip(&second) {
        assert_eq!(before.expect(201)["account"]["id"], after.body["account"]["id"]);
    }
    let mut accounts = std::collections::HashSet::new();
    for answer in second.iter().chain(&guests) {
        let opened = Opened::new(answer.expect(201));
        assert_eq!(app.resolve(&opened.token).await.expect(200)["session_id"], opened.session_id);
        assert!(accounts.insert(opened.account_id), "no two share an account");
    }
    assert_eq!(app.sessions.cache().misses(), 0);
    app.stop().await;
}

#[tokio::test]
async fn an_account_that_is_locked_holds_up_no_other() {
    let app = TestApp::start().await;
    let slow = app.opened("slow").await;
    let lock = app.database.lock_account(&slow.account_id).await;
    let waiting = app.open("slow");
    let others = async {
        for answer in open_together(&app, &subjects("other", 50)).await {
            answer.expect(201);
        }
        lock.release().await;
    };
    let (answer, ()) = tokio::join!(waiting, others);
    assert_eq!(Opened::new(answer.expect(201)).account_id, slow.account_id);
    app.stop().await;
}

#[tokio::test]
async fn a_suspended_account_is_refused_and_those_who_come_with_it_are_not() {
    let app = TestApp::start().await;
    let suspended = app.opened("suspended").await;
    let database = app.database.connect().await;
    let suspend = format!(
        "update account set suspended_at = now(), suspension_reason = 'x', suspended_by = account_id
            where account_id = '{}'",
        suspended.account_id
    );
    database.batch_execute(&suspend).await.unwrap();
    let all = [subjects("other", 20), vec!["suspended".to_owned()], subjects("more", 20)].concat();
    for (subject, answer) in all.iter().zip(open_together(&app, &all).await) {
        match subject.as_str() {
            "suspended" => answer.expect_problem(403, "account_suspended"),
            _ => {
                answer.expect(201);
            }
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn what_the_database_refuses_fails_alone() {
    let app = TestApp::start().await;
    let database = app.database.connect().await;
    database
        .batch_execute(
            "create function refuse() returns trigger language plpgsql as $$ begin
                if new.subject = 'bad' then raise exception 'not this one'; end if; return new;
            end $$;
            create trigger refuse before insert on identity for each row execute function refuse();",
        )
        .await
        .unwrap();
    let all = [subjects("other", 20), vec!["bad".to_owned()], subjects("more", 20)].concat();
    for (subject, answer) in all.iter().zip(open_together(&app, &all).await) {
        assert_eq!(
            answer.status,
            if subject == "bad" { 500 } else { 201 },
            "{subject}: {answer:?}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn who_asks_while_the_database_is_away_is_told_so_and_who_asks_later_is_served() {
    let app = TestApp::start().await;
    app.opened("1").await;
    app.database.refuse_connections().await;
    for answer in open_together(&app, &subjects("player", 30)).await {
        answer.expect_problem(503, "database_unavailable");
    }
    app.database.accept_connections().await;
    eventually("sessions open again", async || (app.open("1").await.status == 201).then_some(()))
        .await;
    let database = app.database.connect().await;
    let rows =
        database.query_one("select count(*) from identity where subject like 'player-%'", &[]);
    assert_eq!(rows.await.unwrap().get::<_, i64>(0), 0, "what was refused is not done later");
    app.stop().await;
}
