//! Games while everything breaks: two replicas, of which one after the other is killed, and a database
//! that is.
//!
//! What was acknowledged is in each game once, in its place, and every game is what its steps make of it.
//! `SOAK_FAULTS=1000 cargo test --test service soak` goes on for longer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use scrabble_backend::lexicon::Lexicon;
use scrabble_backend::runtime::Terms;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::{Client, OwnPostgres, Process, Table, TestApp, best_play, eventually, terms};

/// How many games are played at a time.
const TABLES: usize = 12;
/// How many commands are acknowledged between two faults.
const BETWEEN: usize = 40;

/// Where replicas are at the moment.
type Replicas = Arc<Mutex<Vec<Client>>>;

/// A command that was acknowledged.
struct Acknowledged {
    table: usize,
    number: u64,
    seat: usize,
}

/// What players do, and what they were told.
struct Players {
    replicas: Replicas,
    tables: Arc<Vec<Table>>,
    terms: Arc<Terms>,
    count: Arc<AtomicUsize>,
    end: CancellationToken,
}

impl Players {
    /// Plays at a table until the game is over or all is.
    async fn play(self, at: usize) -> Vec<Acknowledged> {
        let table = &self.tables[at];
        let mut acknowledged = Vec::new();
        let mut attempt = 0;
        'turns: while !self.end.is_cancelled() {
            let Some(game) = self.seen(table, 0, attempt).await else {
                attempt += 1;
                continue;
            };
            let Some(seat) = game["on_turn"].as_u64() else { break };
            let seat = seat as usize;
            let Some(own) = self.seen(table, seat, attempt).await else { continue };
            let body = self.wish(&own);
            let key = format!("soak-{at:04}-{:08}", own["version"].as_u64().unwrap());
            // The same again, at whichever replica, until somebody tells what has become of it.
            loop {
                attempt += 1;
                let Some(client) = self.replica(attempt) else { continue 'turns };
                let answer = table.asking(&client, seat, &key, &body).try_send().await;
                match answer.map(|answer| (answer.status, answer)) {
                    Some((200, answer)) => {
                        let number = answer.body["step"]["number"].as_u64().unwrap();
                        acknowledged.push(Acknowledged { table: at, number, seat });
                        self.count.fetch_add(1, Ordering::Relaxed);
                        break;
                    }
                    None | Some((503, _)) => tokio::task::yield_now().await,
                    Some((_, answer)) => panic!("nobody else plays for them: {answer:?}"),
                }
            }
        }
        acknowledged
    }

    fn replica(&self, attempt: usize) -> Option<Client> {
        let replicas = self.replicas.lock().unwrap();
        replicas.get(attempt % replicas.len().max(1)).cloned()
    }

    async fn seen(&self, table: &Table, seat: usize, attempt: usize) -> Option<Value> {
        let client = self.replica(attempt)?;
        let answer = client.get(&table.path("")).user(&table.players[seat]).try_send().await?;
        (answer.status == 200).then_some(answer.body)
    }

    /// Mostly the best play; an exchange at times.
    fn wish(&self, own: &Value) -> Value {
        let turn = own["turn"].as_u64().unwrap();
        if turn % 5 == 4 && own["bag_tiles"].as_u64().unwrap() >= 7 {
            let first = own["rack"].as_str().unwrap().chars().next().unwrap().to_string();
            return json!({"turn": turn, "action": "exchange", "tiles": first});
        }
        best_play(&self.terms, own)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_whatever_is_killed() {
    let faults: usize = std::env::var("SOAK_FAULTS").map_or(6, |count| count.parse().unwrap());
    let postgres = OwnPostgres::start().await;
    let database = postgres.database().await;
    let folder = tempfile::tempdir().unwrap();
    let lexicon = Arc::new(some_words());
    std::fs::write(folder.path().join("some.lex"), lexicon.to_bytes()).unwrap();
    let folder = folder.path().to_str().unwrap();
    let with_words = || TestApp::with().set("BACKEND_LEXICON_DIR", folder);
    let creator = with_words().database(&database).start().await;
    let terms = Terms { lexicon, ..terms() };
    // As many as are played to their ends while things break, and some.
    let mut tables = Vec::new();
    for number in 0..TABLES + faults * BETWEEN / 20 {
        tables.push(Table::of(&creator, &format!("soak-{number}"), &terms).await);
    }
    creator.stop().await;

    let variables = [("BACKEND_LEXICON_DIR", folder)];
    let start = async || Process::start(&database.dsn(), &variables).await;
    let mut replicas = [Some(start().await), Some(start().await)];
    let clients = |replicas: &[Option<Process>; 2]| {
        replicas.iter().flatten().map(|it| it.client.clone()).collect::<Vec<Client>>()
    };
    let known: Replicas = Arc::new(Mutex::new(clients(&replicas)));
    let (count, end) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
    let (tables, terms) = (Arc::new(tables), Arc::new(terms));
    let next = Arc::new(AtomicUsize::new(0));
    let mut players = JoinSet::new();
    for _ in 0..TABLES {
        let (known, tables, terms) = (Arc::clone(&known), Arc::clone(&tables), Arc::clone(&terms));
        let (count, end, next) = (Arc::clone(&count), end.clone(), Arc::clone(&next));
        players.spawn(async move {
            let mut acknowledged = Vec::new();
            while !end.is_cancelled() {
                let at = next.fetch_add(1, Ordering::Relaxed);
                assert!(at < tables.len(), "there are more games than are played");
                let players = Players {
                    replicas: Arc::clone(&known),
                    tables: Arc::clone(&tables),
                    terms: Arc::clone(&terms),
                    count: Arc::clone(&count),
                    end: end.clone(),
                };
                acknowledged.extend(players.play(at).await);
            }
            acknowledged
        });
    }
    let grow = async |by: usize| {
        let goal = count.load(Ordering::Relaxed) + by;
        eventually("players are answered", async || {
            (count.load(Ordering::Relaxed) >= goal).then_some(())
        })
        .await;
    };
    for fault in 0..faults {
        grow(BETWEEN).await;
        if fault % 3 == 2 {
            postgres.kill().await;
            continue;
        }
        // Without a word; the other goes on alone for a while.
        replicas[fault % 3].take().unwrap().kill();
        grow(BETWEEN / 2).await;
        replicas[fault % 3] = Some(start().await);
        *known.lock().unwrap() = clients(&replicas);
    }
    grow(BETWEEN).await;
    end.cancel();
    let acknowledged = players.join_all().await.into_iter().flatten().collect::<Vec<_>>();
    assert!(acknowledged.len() >= faults * BETWEEN);
    let [one, other] = replicas.map(Option::unwrap);
    holds(&one, &tables, &acknowledged).await;
    for replica in [one, other] {
        assert_eq!(replica.end().await.0, Some(0));
    }
    let verified = crate::cli::program(
        &["verify"],
        &[("BACKEND_POSTGRES_DSN", &database.dsn()), variables[0]],
    )
    .output()
    .unwrap();
    let told = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{told}");
}

/// A tenth of the English words: each process that starts has to have them at once.
fn some_words() -> Lexicon {
    let english = Lexicon::default_english();
    let words = english.words().step_by(10).collect();
    Lexicon::build("Some English", english.alphabet().clone(), words, |_| ()).unwrap()
}

/// Sees that each command is in its game, by its player, and no turn is there twice.
async fn holds(replica: &Process, tables: &[Table], acknowledged: &[Acknowledged]) {
    let mut count = 0;
    for (at, table) in tables.iter().enumerate() {
        let path = table.path("/steps?limit=100");
        let answer = replica.client.get(&path).user(&table.players[0]).send().await;
        let steps = answer.expect(200)["steps"].as_array().unwrap().clone();
        for (index, step) in steps.iter().enumerate() {
            assert_eq!(step["number"], index as u64 + 1);
        }
        let of_table = acknowledged.iter().filter(|it| it.table == at);
        for Acknowledged { number, seat, .. } in of_table.clone() {
            assert_eq!(steps[*number as usize - 1]["by"], *seat, "{} step {number}", table.game);
        }
        // One more than the start may be of the command that was under way at the end.
        let told = of_table.count();
        assert!((told + 1..=told + 2).contains(&steps.len()), "{told} of {}", steps.len());
        count += told;
    }
    assert_eq!(count, acknowledged.len());
}
