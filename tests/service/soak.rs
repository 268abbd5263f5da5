//! Games while everything breaks: two replicas, of which one after the other is killed, and a database
//! that is.
//!
//! What was acknowledged is in each game once, in its place, and every game is what its steps make of it.
//! `SOAK_FAULTS=1000 cargo test --test service soak` goes on for longer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use scrabble_backend::lexicon::Lexicon;
use scrabble_backend::library::default_english;
use scrabble_backend::runtime::Terms;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::{Client, OwnPostgres, Process, Table, TestApp, best_play, eventually, terms};

/// How many games are played at a time.
const TABLES: usize = 12;
/// How many commands are acknowledged between two faults.
const BETWEEN: usize = 40;

/// A command that was acknowledged.
struct Acknowledged {
    table: usize,
    number: u64,
    seat: usize,
}

/// What players know. A clone is the same for another of them.
#[derive(Clone)]
struct Players {
    /// Where replicas are at the moment.
    replicas: Arc<Mutex<Vec<Client>>>,
    tables: Arc<Vec<Table>>,
    terms: Arc<Terms>,
    /// How many commands were acknowledged.
    count: Arc<AtomicUsize>,
    end: CancellationToken,
}

impl Players {
    /// Plays at a table until the game is over or all is.
    async fn play(&self, at: usize) -> Vec<Acknowledged> {
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

    /// Waits until so many more commands are acknowledged.
    async fn go_on(&self, by: usize) {
        let goal = self.count.load(Ordering::Relaxed) + by;
        eventually("players are answered", async || {
            (self.count.load(Ordering::Relaxed) >= goal).then_some(())
        })
        .await;
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

/// Has players sit down at one table after the other until the end; gives what they were told.
fn sit_down(players: &Players) -> JoinSet<Vec<Acknowledged>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut seats = JoinSet::new();
    for _ in 0..TABLES {
        let (players, next) = (players.clone(), Arc::clone(&next));
        seats.spawn(async move {
            let mut acknowledged = Vec::new();
            while !players.end.is_cancelled() {
                let at = next.fetch_add(1, Ordering::Relaxed);
                assert!(at < players.tables.len(), "there are more games than are played");
                acknowledged.extend(players.play(at).await);
            }
            acknowledged
        });
    }
    seats
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_whatever_is_killed() {
    let faults: usize = std::env::var("SOAK_FAULTS").map_or(6, |count| count.parse().unwrap());
    let postgres = OwnPostgres::start().await;
    let database = postgres.database().await;
    let folder = tempfile::tempdir().unwrap();
    let lexicon = Arc::new(some_words());
    std::fs::write(folder.path().join("some.lex"), lexicon.to_bytes()).unwrap();
    let variables = [("BACKEND_LEXICON_DIR", folder.path().to_str().unwrap())];
    let terms = Terms { lexicon, ..terms() };
    let creator = TestApp::with().set(variables[0].0, variables[0].1).database(&database);
    let creator = creator.start().await;
    let mut tables = Vec::new();
    for number in 0..TABLES + faults * BETWEEN / 20 {
        tables.push(Table::of(&creator, &format!("soak-{number}"), &terms).await);
    }
    creator.stop().await;

    let start = async || Process::start(&database.dsn(), &variables).await;
    let mut replicas = [Some(start().await), Some(start().await)];
    let players = Players {
        replicas: Arc::new(Mutex::new(clients(&replicas))),
        tables: Arc::new(tables),
        terms: Arc::new(terms),
        count: Arc::default(),
        end: CancellationToken::new(),
    };
    let seats = sit_down(&players);
    for fault in 0..faults {
        players.go_on(BETWEEN).await;
        if fault % 3 == 2 {
            postgres.kill().await;
            continue;
        }
        // Without a word; the other goes on alone for a while.
        replicas[fault % 3].take().unwrap().kill();
        players.go_on(BETWEEN / 2).await;
        replicas[fault % 3] = Some(start().await);
        *players.replicas.lock().unwrap() = clients(&replicas);
    }
    players.go_on(BETWEEN).await;
    players.end.cancel();
    let acknowledged: Vec<Acknowledged> = seats.join_all().await.into_iter().flatten().collect();
    assert!(acknowledged.len() >= faults * BETWEEN);
    let [one, other] = replicas.map(Option::unwrap);
    holds(&one, &players.tables, &acknowledged).await;
    for replica in [one, other] {
        assert_eq!(replica.end().await.0, Some(0));
    }
    let dsn = database.dsn();
    let mut verify =
        crate::cli::program(&["verify"], &[("BACKEND_POSTGRES_DSN", &dsn), variables[0]]);
    let verified = verify.output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

fn clients(replicas: &[Option<Process>; 2]) -> Vec<Client> {
    replicas.iter().flatten().map(|replica| replica.client.clone()).collect()
}

/// A tenth of the English words: each process that starts has to have them at once.
fn some_words() -> Lexicon {
    let english = default_english();
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
