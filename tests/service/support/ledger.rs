//! What callers were told that was done, to be held against what is there after a fault.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Client, Opened, eventually};

/// How many callers there are, each with one request at a time.
const CALLERS: usize = 16;

/// What was asked of one account, and what of it was acknowledged.
struct Deed {
    opened: Opened,
    /// The name that it was given.
    name: String,
    is_named: bool,
    /// Whether its session was asked to be closed, and whether that was acknowledged.
    is_to_close: bool,
    is_closed: bool,
}

/// Callers who open sessions, rename accounts and close sessions, and keep account of the answers.
pub(crate) struct Ledger {
    deeds: Arc<Mutex<Vec<Deed>>>,
    end: CancellationToken,
    callers: JoinSet<()>,
}

impl Ledger {
    /// Has callers begin.
    pub(crate) fn of(client: &Client, name: &str) -> Self {
        let (deeds, end) = (Arc::<Mutex<Vec<Deed>>>::default(), CancellationToken::new());
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let (client, name) = (client.clone(), format!("{name}-{caller}"));
            let (deeds, end) = (Arc::clone(&deeds), end.clone());
            callers.spawn(async move {
                let mut count = 0;
                while !end.is_cancelled() {
                    count += 1;
                    if let Some(deed) =
                        act(&client, &format!("{name}-{count}"), count % 3 == 0).await
                    {
                        deeds.lock().unwrap().push(deed);
                    }
                    // Where nobody answers, the others get their turn.
                    tokio::task::yield_now().await;
                }
            });
        }
        Self { deeds, end, callers }
    }

    /// Waits until so many more deeds are acknowledged.
    pub(crate) async fn grow(&self, by: usize) {
        let goal = self.deeds.lock().unwrap().len() + by;
        eventually("callers are answered", async || {
            (self.deeds.lock().unwrap().len() >= goal).then_some(())
        })
        .await;
    }

    /// Ends the callers.
    pub(crate) async fn close(&mut self) {
        self.end.cancel();
        while self.callers.join_next().await.transpose().expect("no caller panics").is_some() {}
    }

    /// Sees that all that was acknowledged is there; tells how many deeds that were.
    pub(crate) async fn holds(&self, client: &Client) -> usize {
        let deeds = std::mem::take(&mut *self.deeds.lock().unwrap());
        for deed in &deeds {
            let resolve = client.get("/api/v1/internal/sessions/resolve");
            let status = resolve.bearer(&deed.opened.token).send().await.status;
            let subject = &deed.name;
            match (deed.is_to_close, deed.is_closed) {
                (false, _) => assert_eq!(status, 200, "{subject}: its opening was acknowledged"),
                (true, true) => assert_eq!(status, 401, "{subject}: its end was acknowledged"),
                (true, false) => assert!([200, 401].contains(&status), "{subject}: {status}"),
            }
            if deed.is_named {
                let path = format!("/api/v1/internal/accounts/{}", deed.opened.account_id);
                let account = client.get(&path).send().await;
                assert_eq!(account.expect(200)["display_name"], deed.name);
            }
        }
        deeds.len()
    }
}

/// Opens a session, renames its account and perhaps closes it again. Nothing where not even the opening
/// was acknowledged.
async fn act(client: &Client, name: &str, is_to_close: bool) -> Option<Deed> {
    let identity = json!({"kind": "platform", "provider": "telegram", "subject": name});
    let open = client.post("/api/v1/internal/sessions").json(&json!({ "identity": identity }));
    let opened = Opened::new(&open.try_send().await.filter(|answer| answer.status == 201)?.body);
    let rename = client.patch("/api/v1/user/account").user(&opened.account_id);
    let renamed = rename.json(&json!({"display_name": name})).try_send().await;
    let is_named = renamed.is_some_and(|answer| answer.status == 200);
    let mut is_closed = false;
    if is_to_close {
        let close = client.delete("/api/v1/internal/sessions/current").bearer(&opened.token);
        is_closed = close.try_send().await.is_some_and(|answer| answer.status == 204);
    }
    Some(Deed { opened, name: name.to_owned(), is_named, is_to_close, is_closed })
}
