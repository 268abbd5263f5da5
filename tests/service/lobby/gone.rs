//! Who has gone by the word of the gateways, and so waits for no game in real time.

use std::time::Duration;

use futures_util::future::join_all;
use scrabble_backend::time::{Clock, Timestamp};
use serde_json::{Value, json};

use super::{
    INVITATIONS, SEEKS, accept, accounts, after, by_correspondence, get, invite, join, post, seek,
    status, terms, told_of,
};
use crate::support::{TestApp, eventually};

#[tokio::test]
async fn whom_no_gateway_has_waits_for_no_game_in_real_time() {
    let clock = Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap());
    let app = TestApp::with().clock(&clock).start().await;
    let [ann, bob, eve] = accounts(&app, "player").await;
    for (silently, gone) in [(false, &ann), (true, &bob)] {
        let [own, slow] =
            [seek(&app, gone, terms(2)).await, seek(&app, gone, by_correspondence()).await];
        let of_eve = seek(&app, &eve, terms(3)).await;
        join(&app, gone, &of_eve).await.expect(200);
        let (by_him, by_eve) =
            (invite(&app, gone, &[&eve]).await, invite(&app, &eve, &[gone]).await);
        report(&app, "one", &[gone, &eve], &[]).await;
        report(&app, "two", &[gone], &[]).await;
        // At one of the two he still is.
        report(&app, "two", &[], &[gone]).await;
        assert_eq!(status(&app, &eve, &format!("{SEEKS}/{own}")).await, "open");
        if silently {
            clock.advance(Duration::from_secs(60));
        } else {
            report(&app, "one", &[], &[gone]).await;
        }
        eventually("he waits no more", async || {
            app.presence.sweep().await.unwrap();
            (status(&app, &eve, &format!("{SEEKS}/{own}")).await == "withdrawn").then_some(())
        })
        .await;
        eventually("nor does his invitation", async || {
            let path = format!("{INVITATIONS}/{by_him}");
            (status(&app, &eve, &path).await == "withdrawn").then_some(())
        })
        .await;
        if !silently {
            let left = get(&app, &eve, &format!("{SEEKS}/{of_eve}")).await;
            assert_eq!(
                (&left.expect(200)["status"], &left.body["member_ids"]),
                (&json!("open"), &json!([]))
            );
            assert_eq!(
                told_of(&app, &of_eve).await,
                ["seek_opened", "seek_changed", "seek_changed"]
            );
        }
        assert_eq!(status(&app, &eve, &format!("{SEEKS}/{slow}")).await, "open");
        let answered = status(&app, gone, &format!("{INVITATIONS}/{by_eve}")).await;
        assert_eq!(
            answered,
            if silently { "withdrawn" } else { "open" },
            "eve has gone too, or not"
        );
        assert_eq!(told_of(&app, &own).await, ["seek_opened", "seek_closed"]);
        assert_eq!(told_of(&app, &by_him).await, ["invitation_opened", "invitation_closed"]);
    }
    app.stop().await;
}

#[tokio::test]
async fn who_is_back_before_he_is_taken_out_keeps_what_he_has_opened_since() {
    let app = TestApp::start().await;
    let [ann] = accounts(&app, "player").await;
    report(&app, "one", &[&ann], &[]).await;
    // Her new seek waits for her account, and taking her out for the seek.
    let lock = app.database.lock_account(&ann).await;
    let (wanted, gone) = (json!({"terms": terms(2)}), [&ann]);
    let (opened, (), ()) = tokio::join!(
        post(&app, &ann, SEEKS, &wanted),
        after(&app, 1, report(&app, "one", &[], &gone)),
        after(&app, 2, async {
            report(&app, "two", &[&ann], &[]).await;
            lock.release().await;
        }),
    );
    let seek = opened.expect(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(status(&app, &ann, &format!("{SEEKS}/{seek}")).await, "open");
    app.stop().await;
}

#[tokio::test]
async fn who_has_gone_has_agreed_to_no_game_and_may_again_when_he_is_back() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = accounts(&app, "player").await;
    let invitation = invite(&app, &ann, &[&bob, &eve]).await;
    let path = format!("{INVITATIONS}/{invitation}");
    report(&app, "one", &[&ann, &bob, &eve], &[]).await;
    accept(&app, &bob, &invitation).await.expect(200);
    report(&app, "one", &[], &[&bob]).await;
    let agreed = accept(&app, &eve, &invitation).await;
    assert_eq!(agreed.expect(200)["status"], "open");
    let have_accepted: Vec<&Value> =
        agreed.body["players"].as_array().unwrap().iter().map(|it| &it["has_accepted"]).collect();
    assert_eq!(have_accepted, [true, false, true]);
    assert_eq!(told_of(&app, &invitation).await.len(), 4, "each change is told");
    accept(&app, &bob, &invitation).await.expect(200);
    assert_eq!(status(&app, &ann, &path).await, "accepted");
    app.stop().await;
}

#[tokio::test]
async fn more_gateways_than_there_are_connections_report_at_once_who_has_gone() {
    let app = TestApp::with().set("BACKEND_POSTGRES_MAX_OPEN_CONNS", "2").start().await;
    let players: [String; 8] = accounts(&app, "player").await;
    let mut seeks = Vec::new();
    for player in &players {
        seeks.push(seek(&app, player, terms(2)).await);
        report(&app, "one", &[player], &[]).await;
    }
    let goes = async |player| report(&app, "one", &[], &[player]).await;
    join_all(players.iter().map(goes)).await;
    for seek in &seeks {
        assert_eq!(status(&app, &players[0], &format!("{SEEKS}/{seek}")).await, "withdrawn");
    }
    app.stop().await;
}

#[tokio::test]
async fn who_can_not_be_taken_out_keeps_nobody_waiting_but_those_who_go_with_him() {
    // One more than are taken out together.
    const GONE: usize = 21;
    let app = TestApp::with().set("BACKEND_POSTGRES_OPERATION_TIMEOUT", "1s").start().await;
    let players: [String; GONE] = accounts(&app, "player").await;
    let mut seeks = Vec::new();
    for player in &players {
        seeks.push(seek(&app, player, terms(2)).await);
    }
    let players: Vec<&String> = players.iter().collect();
    report(&app, "one", &players, &[]).await;
    let holder = app.database.connect().await;
    let hold = format!("begin; select from seek where seek_id = '{}' for update", seeks[0]);
    holder.batch_execute(&hold).await.unwrap();
    report(&app, "one", &[], &players).await;
    let mut withdrawn = 0;
    for seek in &seeks {
        let status = status(&app, players[0], &format!("{SEEKS}/{seek}")).await;
        withdrawn += usize::from(status == "withdrawn");
    }
    assert!([1, GONE - 1].contains(&withdrawn), "all but those with whom one is held: {withdrawn}");
    holder.batch_execute("commit").await.unwrap();
    app.stop().await;
}

#[tokio::test]
async fn a_gateway_that_hangs_up_has_said_who_has_gone() {
    let app = TestApp::start().await;
    let [ann] = accounts(&app, "player").await;
    report(&app, "one", &[&ann], &[]).await;
    let seek = seek(&app, &ann, terms(2)).await;
    let holder = app.database.connect().await;
    let hold = format!("begin; select from seek where seek_id = '{seek}' for update");
    holder.batch_execute(&hold).await.unwrap();
    let gone = [&ann];
    tokio::select! {
        () = report(&app, "one", &[], &gone) => panic!("it waits for the seek"),
        () = after(&app, 1, async {}) => {}
    }
    holder.batch_execute("commit").await.unwrap();
    eventually("she waits no more", async || {
        (status(&app, &ann, &format!("{SEEKS}/{seek}")).await == "withdrawn").then_some(())
    })
    .await;
    app.stop().await;
}

async fn report(app: &TestApp, gateway: &str, here: &[&String], gone: &[&String]) {
    let body = json!({"gateway": gateway, "here": here, "gone": gone});
    app.client.post("/api/v1/internal/presence").json(&body).send().await.expect(200);
}
