//! Who may join a seek for his strength.

use serde_json::json;

use super::{SEEKS, accounts, get, join, joinable, seek_with, terms};
use crate::support::TestApp;

/// Gives an account a rating in games of ten minutes.
async fn rate(app: &TestApp, account: &str, value: f64, deviation: f64) {
    let insert = format!(
        "insert into rating (account_id, category, value, deviation, volatility, games, rated_at)
            values ('{account}', 'english.rapid', {value}, {deviation}, 0.06, 10, now())"
    );
    app.database.connect().await.execute(&insert, &[]).await.unwrap();
}

#[tokio::test]
async fn a_seek_is_for_the_strength_that_its_owner_wants() {
    let app = TestApp::start().await;
    let [owner, newcomer, strong, weak] = accounts(&app, "player").await;
    rate(&app, &owner, 1700.4, 70.0).await;
    rate(&app, &strong, 1800.0, 80.0).await;
    rate(&app, &weak, 1399.0, 300.0).await;
    let open = |change: serde_json::Value| {
        let mut body = json!({"terms": terms(4)});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        seek_with(&app, &owner, body)
    };
    let any = open(json!({})).await;
    let above = open(json!({"rating_min": 1400})).await;
    let around = open(json!({"rating_min": 1400, "rating_max": 1799})).await;
    let established = open(json!({"who_may_join": "established"})).await;
    let shown = get(&app, &newcomer, &format!("{SEEKS}/{around}")).await;
    let strength = json!({"rating": 1700, "is_established": true});
    assert_eq!(shown.expect(200)["owner_strength"], strength);

    assert_eq!(joinable(&app, &newcomer).await, [around.clone(), above.clone(), any.clone()]);
    assert_eq!(joinable(&app, &strong).await, [established.clone(), above.clone(), any.clone()]);
    assert_eq!(joinable(&app, &weak).await, *std::slice::from_ref(&any));
    let refused = join(&app, &weak, &above).await;
    refused.expect_problem(403, "not_eligible");
    assert!(refused.body["detail"].as_str().unwrap().contains("1399"), "{refused:?}");
    join(&app, &strong, &around).await.expect_problem(403, "not_eligible");
    join(&app, &newcomer, &established).await.expect_problem(403, "not_eligible");
    join(&app, &newcomer, &around).await.expect(200);
    join(&app, &strong, &established).await.expect(200);
    app.stop().await;
}
