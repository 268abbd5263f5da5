//! What can be played.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn anybody_learns_what_can_be_played_and_with_which_words() {
    let app = TestApp::start().await;
    let answer = app.client.get("/api/v1/public/rules").send().await;
    let rules = answer.expect(200)["rules"].as_array().unwrap();
    let named = |name: &str| rules.iter().find(|rules| rules["name"] == name).unwrap();
    let english = named("english");
    assert_eq!((&english["players_min"], &english["players_max"]), (&json!(2), &json!(4)));
    assert_eq!(english["challenge"], "double");
    assert_eq!(english["lexicons"][0]["name"], "English (Wordnik)");
    assert_eq!(named("english_super")["board_side"], 21);
    // Nobody has put one there.
    assert_eq!(named("german")["lexicons"], json!([]));
    app.stop().await;
}
