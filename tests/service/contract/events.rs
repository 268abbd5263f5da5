//! What the stream of events refuses.

use crate::support::{EVENTS, TestApp};

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
