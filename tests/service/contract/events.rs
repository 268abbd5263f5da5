//! What the stream of events tells, and what it refuses.

use std::collections::BTreeSet;

use scrabble_backend::events::Kind;

use super::text;
use crate::support::contract::DOCUMENT;
use crate::support::{EVENTS, TestApp};

#[test]
fn of_every_kind_of_event_the_contract_says_what_is_told() {
    let answer = &DOCUMENT["paths"][EVENTS]["get"]["responses"]["200"];
    let forms = &answer["content"]["text/event-stream"]["x-itemSchema"]["oneOf"];
    let forms = forms.as_array().unwrap();
    let told = forms.iter().map(|form| text(&form["properties"]["event"]["const"]));
    let kinds = Kind::ALL.iter().map(|kind| kind.as_str().to_owned());
    assert_eq!(told.collect::<BTreeSet<_>>(), kinds.collect::<BTreeSet<_>>());
    assert_eq!(forms.len(), Kind::ALL.len());
}

pub(super) async fn provoke(app: &TestApp) {
    app.client.get(&format!("{EVENTS}?after=yesterday")).send().await;
    let old = "insert into event (at, told) values (now(), '[]');
        update event set at = now() - interval '1 year'";
    app.database.connect().await.batch_execute(old).await.unwrap();
    app.events.prune().await.unwrap();
    app.client.get(&format!("{EVENTS}?after=0-0-0")).send().await;
    let mut streams = Vec::new();
    loop {
        let stream = app.client.get(EVENTS).begin().await.unwrap();
        if stream.status() != 200 {
            break;
        }
        streams.push(stream);
    }
    app.client.get(EVENTS).send().await.expect_problem(503, "too_many_streams");
}
