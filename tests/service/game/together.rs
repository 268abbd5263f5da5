//! Steps of many games at once, which share statements: what is wrong with one is nothing to the others.

use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::oneshot;

use super::refuse_steps;
use crate::support::{Table, TestApp, terms};

/// More than are in work at once, so that some wait and are stored together.
const TABLES: usize = 24;

async fn tables(app: &TestApp) -> Vec<Table> {
    let (terms, mut tables) = (terms(), Vec::new());
    for number in 0..TABLES {
        tables.push(Table::of(app, &format!("together-{number}"), &terms).await);
    }
    tables
}

#[tokio::test]
async fn a_game_that_somebody_holds_holds_up_no_other() {
    let app = TestApp::start().await;
    let tables = tables(&app).await;
    let mut holder = app.database.connect().await;
    let transaction = holder.transaction().await.unwrap();
    let hold = format!("select from game where game_id = '{}' for update", tables[0].game);
    transaction.execute(&hold, &[]).await.unwrap();

    let pass = json!({"turn": 1, "action": "pass"});
    let (others_are_done, done) = oneshot::channel();
    let held = async {
        let answer = tables[0].ask(&app, 0, &pass).await;
        assert!(done.await.is_ok(), "the others were answered before");
        answer.expect(200);
    };
    let others = async {
        for answer in join_all(tables[1..].iter().map(|table| table.ask(&app, 0, &pass))).await {
            answer.expect(200);
        }
        others_are_done.send(()).unwrap();
        transaction.rollback().await.unwrap();
    };
    tokio::join!(held, others);
    app.stop().await;
}

#[tokio::test]
async fn a_step_that_the_database_refuses_is_refused_alone() {
    let app = TestApp::start().await;
    let tables = tables(&app).await;
    refuse_steps(&app.database, &tables[0]).await;
    let pass = json!({"turn": 1, "action": "pass"});
    let answers = join_all(tables.iter().map(|table| table.ask(&app, 0, &pass))).await;
    answers[0].expect_problem(500, "internal_error");
    for answer in &answers[1..] {
        answer.expect(200);
    }
    assert_eq!(tables[0].seen_by(&app, 0).await["version"], 1);
    app.stop().await;
}

#[tokio::test]
async fn a_request_that_comes_many_times_at_once_takes_one_step() {
    let app = TestApp::start().await;
    let tables = tables(&app).await;
    let pass = json!({"turn": 1, "action": "pass"});
    let key = |at: usize| format!("the-same-{at:08}");
    let asked = (0..TABLES * 3).map(|index| {
        let at = index % TABLES;
        let (table, key) = (&tables[at], key(at));
        let (app, pass) = (&app, &pass);
        async move { table.ask_once(app, 0, &key, pass).await }
    });
    for answer in join_all(asked).await {
        assert_eq!(answer.expect(200)["step"]["number"], 2);
    }
    for table in &tables {
        assert_eq!(table.seen_by(&app, 0).await["version"], 2);
    }
    app.stop().await;
}
