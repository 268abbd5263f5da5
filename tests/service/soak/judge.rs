//! What must hold at the end: of games, of those who found each other, and of ratings.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::desk::{Desk, Played};
use super::house::House;
use crate::support::{Database, Table};

/// What was found to be stored.
pub(super) struct Found {
    /// The games by their ids.
    pub(super) games: BTreeMap<String, Stands>,
    /// The seeks of which somebody was told that he has the last seat.
    pub(super) taken: BTreeSet<String>,
    /// How many commands of which nobody had told were taken, and were not.
    doubts: [usize; 2],
}

/// How a game stands.
pub(super) struct Stands {
    pub(super) version: u64,
    pub(super) is_over: bool,
    is_rated: bool,
}

/// Sees that what is stored is what the players were told.
pub(super) async fn hold(house: &House, database: &Database, desks: &[Desk]) -> Found {
    let (mut games, mut doubts) = (BTreeMap::new(), [0; 2]);
    for (desk, game) in desks.iter().flat_map(|desk| desk.played().iter().map(move |it| (desk, it)))
    {
        let steps = steps(house, &game.table).await;
        let landed = each_step_was_asked_for(game, &steps);
        doubts = [doubts[0] + landed, doubts[1] + game.doubtful.len() - landed];
        let stands = stands(house, desk, &game.table).await;
        assert_eq!(stands.version, steps.len() as u64);
        assert!(games.insert(game.table.game.clone(), stands).is_none(), "{}", game.table.game);
    }
    for desk in desks {
        each_result_is_rated_once(house, desk, &games).await;
    }
    // Of a seat that was given twice there would be a game that nobody was told of.
    let count = database.connect().await.query_one("select count(*) from game", &[]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), games.len() as i64);
    let taken = desks.iter().flat_map(|desk| desk.taken.iter().cloned()).collect();
    Found { games, taken, doubts }
}

/// All steps of a game.
async fn steps(house: &House, table: &Table) -> Vec<Value> {
    let mut steps: Vec<Value> = Vec::new();
    loop {
        let path = table.path(&format!("/steps?limit=100&after={}", steps.len()));
        let answer = house.ask(|at| at.get(&path).user(&table.players[0])).await;
        let page = answer.expect(200)["steps"].as_array().unwrap();
        steps.extend(page.iter().cloned());
        if page.len() < 100 {
            return steps;
        }
    }
}

/// Sees that each acknowledged command is in its place, by its player, and that whatever else there is may
/// be a command of which nobody told; gives how many those are.
fn each_step_was_asked_for(game: &Played, steps: &[Value]) -> usize {
    let mut landed = 0;
    for (number, step) in (1..).zip(steps) {
        let of = || format!("{} step {number}", game.table.game);
        assert_eq!(step["number"], number, "{}", of());
        match game.acknowledged.get(&number) {
            Some(seat) => assert_eq!(step["by"], *seat, "{}", of()),
            None if game.doubtful.contains(&number) => landed += 1,
            None => assert_eq!(number, 1, "{}: nobody has asked for it", of()),
        }
    }
    let last = game.acknowledged.keys().last().copied().unwrap_or(1);
    assert!(last <= steps.len() as u64, "{} has lost step {last}", game.table.game);
    landed
}

async fn stands(house: &House, desk: &Desk, table: &Table) -> Stands {
    let path = table.path("");
    let game = house.ask(|at| at.get(&path).user(&desk.accounts[0])).await;
    let game = game.expect(200);
    let is_over = game["status"] != "running";
    Stands {
        version: game["version"].as_u64().unwrap(),
        is_over,
        is_rated: game["status"] == "ended" && game["terms"]["rated"] == true,
    }
}

async fn each_result_is_rated_once(house: &House, desk: &Desk, games: &BTreeMap<String, Stands>) {
    for account in &desk.accounts {
        let path = format!("/api/v1/internal/accounts/{account}/ratings");
        let ratings = house.ask(|at| at.get(&path)).await;
        let ratings = ratings.expect(200)["ratings"].as_array().unwrap();
        let counted: u64 = ratings.iter().map(|rating| rating["games"].as_u64().unwrap()).sum();
        let own = desk.played().iter().filter(|it| it.table.players.contains(account));
        let rated = own.filter(|it| games[&it.table.game].is_rated).count() as u64;
        assert_eq!(counted, rated, "{account}");
    }
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { games, taken, doubts: [landed, lost] } = self;
        let over = games.values().filter(|game| game.is_over).count();
        let rated = games.values().filter(|game| game.is_rated).count();
        write!(
            formatter,
            "{landed} done and {lost} not of those in doubt; {} games, {over} over, {rated} rated, \
             {} begun by seeks",
            games.len(),
            taken.len(),
        )
    }
}
