//! Games while everything breaks: two replicas, of which one after the other is killed, and a database
//! that is.
//!
//! Players find each other in the lobby and ask for anything that a game knows, with keys and without;
//! a gateway reads what is told. What was acknowledged is in each game once, in its place, and was told
//! in order; every game is what its steps make of it, and every result is rated once.
//! `SOAK_FAULTS=1000 cargo test --test service soak` goes on for longer.

mod desk;
#[path = "../../chance/dice.rs"]
mod dice;
mod gateway;
mod house;
mod judge;
mod wish;

use std::sync::Arc;

use scrabble_backend::lexicon::Lexicon;
use scrabble_backend::library::default_english;
use scrabble_backend::runtime::Terms;
use tokio::task::JoinSet;

use self::desk::Desk;
use self::gateway::Gateway;
use self::house::House;
use crate::support::{Database, OwnPostgres, Process, terms};

/// How many games are played at a time.
const DESKS: u64 = 12;
/// How many commands are acknowledged between two faults.
const BETWEEN: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_or_untold_whatever_is_killed() {
    let faults: usize = std::env::var("SOAK_FAULTS").map_or(6, |count| count.parse().unwrap());
    let postgres = OwnPostgres::start().await;
    let database = postgres.database().await;
    let folder = tempfile::tempdir().unwrap();
    let lexicon = Arc::new(some_words());
    std::fs::write(folder.path().join("some.lex"), lexicon.to_bytes()).unwrap();
    let variables = [("BACKEND_LEXICON_DIR", folder.path().to_str().unwrap())];
    let start = async || Process::start(&database.dsn(), &variables).await;
    let mut replicas = [Some(start().await), Some(start().await)];
    let house = House::of(&replicas);
    let gateway = Gateway::listen(&house).await;
    let desks = sit_down(&house, Arc::new(Terms { lexicon, ..terms() }));
    for fault in 0..faults {
        house.go_on(BETWEEN).await;
        if fault % 3 == 2 {
            postgres.kill().await;
            continue;
        }
        // Without a word; the other goes on alone for a while.
        replicas[fault % 3].take().unwrap().kill();
        house.go_on(BETWEEN / 2).await;
        replicas[fault % 3] = Some(start().await);
        house.move_to(&replicas);
    }
    house.go_on(BETWEEN).await;
    house.close();
    let desks: Vec<Desk> = desks.join_all().await;
    let acknowledged: usize =
        desks.iter().flat_map(Desk::played).map(|game| game.acknowledged.len()).sum();
    assert!(acknowledged >= faults * BETWEEN);
    let found = judge::hold(&house, &database, &desks).await;
    println!("{faults} faults, {acknowledged} commands acknowledged, {found}");
    println!("{}", gateway.has_heard_of(&found).await);
    for replica in replicas.into_iter().flatten() {
        assert_eq!(replica.end().await.0, Some(0));
    }
    verify(&database, variables[0]);
}

/// Has players play at every desk until the end; gives what they know then.
fn sit_down(house: &House, terms: Arc<Terms>) -> JoinSet<Desk> {
    let mut desks = JoinSet::new();
    for number in 0..DESKS {
        let (house, terms) = (house.clone(), Arc::clone(&terms));
        desks.spawn(async move { Desk::open(house, terms, number).await.play_on().await });
    }
    desks
}

/// A tenth of the English words: players who choose their plays in this build find them sooner.
fn some_words() -> Lexicon {
    let english = default_english();
    let words = english.words().step_by(10).collect();
    Lexicon::build("Some English", english.alphabet().clone(), words, |_| ()).unwrap()
}

/// Sees that every game is what its steps make of it.
fn verify(database: &Database, lexicons: (&str, &str)) {
    let dsn = database.dsn();
    let mut verify = crate::cli::program(&["verify"], &[("BACKEND_POSTGRES_DSN", &dsn), lexicons]);
    let verified = verify.output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
