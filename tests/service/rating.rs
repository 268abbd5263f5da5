//! Ratings: what a rated game makes of them, in the transaction that ends it, and what becomes of them
//! when an account ends.
//!
//! Games are ended here as whoever runs them does it: through [`Ratings`], in a transaction.

use std::time::Duration;

use scrabble_backend::account::Accounts;
use scrabble_backend::id::AccountId;
use scrabble_backend::postgres::{self, Connector, Pool};
use scrabble_backend::rating::{Category, RatingChange, Ratings};
use scrabble_backend::time::{Clock, Timestamp};
use serde_json::{Value, json};

use crate::support::{Opened, TestApp, config};

const NOBODY: &str = "0190163d-8694-739b-aea5-966c26f8ad91";
const DAY: Duration = Duration::from_secs(86_400);

/// Ends games on the database of a service.
#[derive(Clone)]
struct Games {
    pool: Pool,
    ratings: Ratings,
    clock: Clock,
}

impl Games {
    fn on(app: &TestApp, clock: &Clock) -> Self {
        let config = config(&app.database.dsn()).postgres;
        let connector = Connector::new(&config.dsn, config.operation_timeout).unwrap();
        let pool = Pool::new(connector, &config);
        let accounts = Accounts::new(pool.clone(), clock.clone());
        let ratings = Ratings::new(pool.clone(), accounts, clock.clone());
        Self { pool, ratings, clock: clock.clone() }
    }

    /// A game of English Scrabble at a rapid pace is over.
    async fn end(&self, results: &[(&Opened, u8)]) -> Vec<RatingChange> {
        self.try_end("english.rapid", results).await.unwrap()
    }

    async fn try_end(
        &self,
        category: &str,
        results: &[(&Opened, u8)],
    ) -> Result<Vec<RatingChange>, postgres::Error> {
        let results: Vec<_> = results.iter().map(|(player, rank)| (id(player), *rank)).collect();
        let category: Category = category.parse().unwrap();
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        let now = self.clock.now();
        let changes = self.ratings.rate(&transaction, &category, &results, now).await?;
        transaction.commit().await?;
        Ok(changes)
    }
}

fn id(player: &Opened) -> AccountId {
    player.account_id.parse().unwrap()
}

async fn players<const N: usize>(app: &TestApp) -> [Opened; N] {
    let mut players = Vec::new();
    for number in 0..N {
        players.push(app.opened(&format!("player-{number}")).await);
    }
    players.try_into().unwrap()
}

async fn ratings_of(app: &TestApp, player: &Opened) -> Vec<Value> {
    let answer = app.client.get("/api/v1/user/ratings").user(&player.account_id).send().await;
    answer.expect(200)["ratings"].as_array().unwrap().clone()
}

async fn rows_of(app: &TestApp, player: &Opened) -> i64 {
    let count = format!("select count(*) from rating where account_id = '{}'", player.account_id);
    app.database.connect().await.query_one(&count, &[]).await.unwrap().get(0)
}

async fn merge(app: &TestApp, winner: &Opened, loser: &Opened) {
    let call = app.client.post("/api/v1/user/account/merge").user(&winner.account_id);
    call.json(&json!({"token": loser.token})).send().await.expect(200);
}

async fn erase(app: &TestApp, player: &Opened) {
    app.client.delete("/api/v1/user/account").user(&player.account_id).send().await.expect(204);
}

#[tokio::test]
async fn a_rated_game_is_in_the_ratings_of_both() {
    let clock = Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap());
    let app = TestApp::with().clock(&clock).start().await;
    let games = Games::on(&app, &clock);
    let [ann, bob] = players(&app).await;
    assert_eq!(ratings_of(&app, &ann).await, <[Value; 0]>::default());
    let changes = games.end(&[(&bob, 2), (&ann, 1)]).await;
    assert_eq!(
        changes.iter().map(|change| change.account_id).collect::<Vec<_>>(),
        [id(&bob), id(&ann)]
    );
    assert!(changes[1].after.value > changes[1].before.value);
    // The figures of Glicko-2 for a first game between strangers.
    let expected = |value: f64| {
        let category = "english.rapid";
        let rated_at = "2026-11-24T12:00:00Z";
        json!([{"category": category, "value": value, "deviation": 290.23, "games": 1, "rated_at": rated_at}])
    };
    assert_eq!(json!(ratings_of(&app, &ann).await), expected(1662.21));
    assert_eq!(json!(ratings_of(&app, &bob).await), expected(1337.79));
    let path = format!("/api/v1/internal/accounts/{}/ratings", ann.account_id);
    assert_eq!(app.client.get(&path).send().await.expect(200)["ratings"], expected(1662.21));
    // Nobody plays: what is known gets old, as far as to nothing.
    clock.advance(365 * DAY);
    assert_eq!(ratings_of(&app, &ann).await[0]["value"], 1662.21);
    assert!(ratings_of(&app, &ann).await[0]["deviation"].as_f64().unwrap() > 300.0);
    clock.advance(36_500 * DAY);
    assert_eq!(ratings_of(&app, &ann).await[0]["deviation"], 350.0);
    app.stop().await;
}

#[tokio::test]
async fn categories_are_rated_apart_and_found_together() {
    let (app, clock) = (TestApp::start().await, Clock::system());
    let games = Games::on(&app, &clock);
    let [ann, bob, eve] = players(&app).await;
    games.try_end("english.rapid", &[(&ann, 1), (&bob, 2)]).await.unwrap();
    games.try_end("erudit.correspondence", &[(&ann, 2), (&bob, 1)]).await.unwrap();
    games.try_end("english.rapid", &[(&ann, 1), (&bob, 2)]).await.unwrap();
    let told: Vec<_> = ratings_of(&app, &ann)
        .await
        .iter()
        .map(|rating| (rating["category"].clone(), rating["games"].clone()))
        .collect();
    let expected = [(json!("english.rapid"), json!(2)), (json!("erudit.correspondence"), json!(1))];
    assert_eq!(told, expected);
    // Who has not played, or is nobody, has the first rating; the order is the caller's.
    let ids = [id(&eve), id(&bob), NOBODY.parse().unwrap(), id(&ann)];
    let found = games.ratings.find(&ids, &"english.rapid".parse().unwrap()).await.unwrap();
    assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
    assert_eq!(found.iter().map(|(_, rating)| rating.games).collect::<Vec<_>>(), [0, 2, 0, 2]);
    assert!(found[0].1.value == 1500.0 && found[1].1.value < 1500.0 && found[3].1.value > 1500.0);
    let elsewhere = games.ratings.find(&ids, &"english.blitz".parse().unwrap()).await.unwrap();
    assert!(elsewhere.iter().all(|(_, rating)| rating.games == 0));
    let nobody = format!("/api/v1/internal/accounts/{NOBODY}/ratings");
    app.client.get(&nobody).send().await.expect_problem(404, "account_unknown");
    app.stop().await;
}

#[tokio::test]
async fn four_players_are_rated_by_where_they_came_in() {
    let (app, clock) = (TestApp::start().await, Clock::system());
    let games = Games::on(&app, &clock);
    let [a, b, c, d] = players(&app).await;
    let changes = games.end(&[(&c, 3), (&a, 1), (&d, 3), (&b, 2)]).await;
    let [third, first, last, second] = [0, 1, 2, 3].map(|place: usize| changes[place].after.value);
    assert!(first > second && second > third, "{changes:?}");
    assert_eq!(third.to_bits(), last.to_bits(), "they have drawn");
    for player in [&a, &b, &c, &d] {
        assert_eq!(ratings_of(&app, player).await[0]["games"], 1);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_game_that_is_not_ended_after_all_rates_nobody() {
    let (app, clock) = (TestApp::start().await, Clock::system());
    let games = Games::on(&app, &clock);
    let [ann, bob] = players(&app).await;
    let mut connection = games.pool.get().await.unwrap();
    let transaction = connection.begin().await.unwrap();
    let (category, results) = ("english.rapid".parse().unwrap(), [(id(&ann), 1), (id(&bob), 2)]);
    games.ratings.rate(&transaction, &category, &results, clock.now()).await.unwrap();
    drop(transaction);
    // Neither does one that somebody plays against himself.
    assert_eq!(games.end(&[(&ann, 1), (&ann, 2)]).await, []);
    for player in [&ann, &bob] {
        assert_eq!(rows_of(&app, player).await, 0);
    }
    app.stop().await;
}

#[tokio::test]
async fn games_that_end_at_the_same_time_neither_wait_for_each_other_nor_lose_a_change() {
    const GAMES: usize = 50;
    let (app, clock) = (TestApp::start().await, Clock::system());
    let games = Games::on(&app, &clock);
    let players: [Opened; 6] = players(&app).await;
    let ends = (0..GAMES).map(|game| {
        let (games, players) = (games.clone(), players.clone());
        tokio::spawn(async move {
            let (one, other) = (game % 6, (game + 1 + game / 6 % 5) % 6);
            let mut results = vec![(&players[one], 1), (&players[other], 2)];
            // Some of more players, and seats in every order.
            if game % 5 == 0 {
                let third = (0..6).rev().find(|it| ![one, other].contains(it)).unwrap();
                results.push((&players[third], 3));
            }
            results.rotate_left(game % 2);
            games.end(&results).await
        })
    });
    let mut changes = Vec::new();
    for end in futures_util::future::join_all(ends).await {
        changes.extend(end.unwrap());
    }
    assert_eq!(changes.len(), GAMES * 2 + GAMES / 5);
    for player in &players {
        let mut own: Vec<_> =
            changes.iter().filter(|change| change.account_id == id(player)).collect();
        own.sort_by_key(|change| change.before.games);
        assert!(own.len() > 10);
        assert_eq!(own[0].before.games, 0);
        for pair in own.windows(2) {
            assert_eq!(pair[0].after, pair[1].before, "each game begins where one before ended");
        }
        let category = "english.rapid".parse().unwrap();
        let found = games.ratings.find(&[id(player)], &category).await.unwrap();
        assert_eq!(found[0].1, own.last().unwrap().after);
    }
    app.stop().await;
}

#[tokio::test]
async fn who_is_merged_brings_the_ratings_that_the_other_does_not_have() {
    let (app, clock) = (TestApp::start().await, Clock::system());
    let games = Games::on(&app, &clock);
    let [winner, loser, bob] = players(&app).await;
    games.try_end("english.rapid", &[(&winner, 1), (&bob, 2)]).await.unwrap();
    games.try_end("english.rapid", &[(&loser, 2), (&bob, 1)]).await.unwrap();
    games.try_end("german.blitz", &[(&loser, 1), (&bob, 2)]).await.unwrap();
    let (own, brought) = (ratings_of(&app, &winner).await, ratings_of(&app, &loser).await);
    merge(&app, &winner, &loser).await;
    assert_eq!(ratings_of(&app, &winner).await, [own[0].clone(), brought[1].clone()]);
    assert_eq!(rows_of(&app, &loser).await, 0);
    // A game that goes on after that rates the one who is left.
    let changes = games.end(&[(&loser, 1), (&bob, 2)]).await;
    assert_eq!(changes[0].before.games, 0);
    assert_eq!(rows_of(&app, &loser).await, 0);
    assert_eq!(ratings_of(&app, &bob).await[0]["games"], 3);
    app.stop().await;
}

#[tokio::test]
async fn of_an_account_that_ends_while_its_game_does_no_rating_is_left() {
    let (app, clock) = (TestApp::start().await, Clock::system());
    let games = Games::on(&app, &clock);
    let winner = app.opened("winner").await;
    for round in 0..8 {
        let gone = app.opened(&format!("gone-{round}")).await;
        let loser = app.opened(&format!("loser-{round}")).await;
        let bob = app.opened(&format!("bob-{round}")).await;
        let one = [(&gone, 1), (&bob, 2), (&loser, 3)];
        let other = [(&loser, 1), (&winner, 2)];
        tokio::join!(
            games.end(&one),
            games.end(&other),
            erase(&app, &gone),
            merge(&app, &winner, &loser),
        );
        for over in [&gone, &loser] {
            assert_eq!(rows_of(&app, over).await, 0, "round {round}");
            assert_eq!(ratings_of(&app, over).await, <[Value; 0]>::default());
        }
        assert_eq!(ratings_of(&app, &bob).await[0]["games"], 1);
        assert_eq!(ratings_of(&app, &winner).await.len(), 1);
    }
    app.stop().await;
}

#[tokio::test]
async fn no_figure_that_is_no_number_gets_into_the_table() {
    let app = TestApp::start().await;
    let [ann] = players(&app).await;
    let client = app.database.connect().await;
    let insert = |category: &str, value: &str, deviation: &str, volatility: &str| {
        format!(
            "insert into rating values ('{}', '{category}', '{value}', '{deviation}', '{volatility}', 1, now())",
            ann.account_id
        )
    };
    for (statement, constraint) in [
        (insert("english.rapid", "NaN", "350", "0.06"), "rating_value_is_bounded"),
        (insert("english.rapid", "Infinity", "350", "0.06"), "rating_value_is_bounded"),
        (insert("english.rapid", "1500", "NaN", "0.06"), "rating_deviation_is_bounded"),
        (insert("english.rapid", "1500", "0", "0.06"), "rating_deviation_is_bounded"),
        (insert("english.rapid", "1500", "350", "NaN"), "rating_volatility_is_bounded"),
        (insert("english", "1500", "350", "0.06"), "rating_category_is_well_formed"),
        (insert("English.rapid", "1500", "350", "0.06"), "rating_category_is_well_formed"),
    ] {
        let refused = client.batch_execute(&statement).await.unwrap_err();
        let refused = refused.as_db_error().unwrap().constraint().map(str::to_owned);
        assert_eq!(refused.as_deref(), Some(constraint), "{statement}");
    }
    client.batch_execute(&insert("english.rapid", "1500", "350", "0.06")).await.unwrap();
    app.stop().await;
}
