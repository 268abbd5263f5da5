//! Players at a table, who play through the front door.

use scrabble_backend::game::told::{board, rack};
use scrabble_backend::game::{ChallengeRule, Evaluation, Generator, Play, RuleSet, write_line};
use scrabble_backend::id::{AccountId, GameId};
use scrabble_backend::library::default_english;
use scrabble_backend::runtime::{Terms, TimeControl};
use serde_json::{Value, json};

use super::client::{Answer, Call, Client};
use super::{Process, TestApp};

/// A service that can be called.
pub(crate) trait Service {
    fn client(&self) -> &Client;
}

impl Service for TestApp {
    fn client(&self) -> &Client {
        &self.client
    }
}

impl Service for Process {
    fn client(&self) -> &Client {
        &self.client
    }
}

impl Service for Client {
    fn client(&self) -> &Client {
        self
    }
}

/// A game and those who play it.
pub(crate) struct Table {
    pub(crate) game: String,
    /// Account ids, by seat.
    pub(crate) players: Vec<String>,
}

/// English, words checked at once, an hour each, for two.
pub(crate) fn terms() -> Terms {
    Terms {
        rules: RuleSet::named("english").unwrap(),
        lexicon: default_english(),
        challenge: ChallengeRule::Void,
        time_control: TimeControl::RealTime {
            initial_seconds: 3600,
            increment_seconds: 0,
            overtime_minutes: 0,
        },
        is_rated: true,
        players: 2,
    }
}

impl Table {
    /// A new game by these terms, of new players.
    pub(crate) async fn of(app: &TestApp, name: &str, terms: &Terms) -> Self {
        let mut players = Vec::new();
        for seat in 0..terms.players {
            players.push(app.opened(&format!("{name}-{seat}")).await.account_id);
        }
        let accounts: Vec<AccountId> = players.iter().map(|id| id.parse().unwrap()).collect();
        let game: GameId = app.games.start_now(terms, accounts).await.unwrap();
        Self { game: game.to_string(), players }
    }

    /// The path of the game, with what comes after it.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/user/games/{}{rest}", self.game)
    }

    /// The game as a seat sees it.
    pub(crate) async fn seen_by(&self, at: &impl Service, seat: usize) -> Value {
        let answer = at.client().get(&self.path("")).user(&self.players[seat]).send().await;
        answer.expect(200).clone()
    }

    /// Asks for something, without a key.
    pub(crate) async fn ask(&self, at: &impl Service, seat: usize, body: &Value) -> Answer {
        at.client().post(&self.path("/commands")).user(&self.players[seat]).json(body).send().await
    }

    /// Asks for something, with a key.
    pub(crate) async fn ask_once(
        &self,
        at: &impl Service,
        seat: usize,
        key: &str,
        body: &Value,
    ) -> Answer {
        self.asking(at, seat, key, body).send().await
    }

    /// A request with a key, which is still to be sent.
    pub(crate) fn asking(&self, at: &impl Service, seat: usize, key: &str, body: &Value) -> Call {
        let call = at.client().post(&self.path("/commands")).user(&self.players[seat]);
        call.header("idempotency-key", key).json(body)
    }
}

/// The best play of whoever is on turn and sees the game so, as a command; a pass where there is none.
pub(crate) fn best_play(terms: &Terms, game: &Value) -> Value {
    let turn = &game["turn"];
    let rows: Vec<&str> =
        game["board"].as_array().unwrap().iter().map(|row| row.as_str().unwrap()).collect();
    let board = board(terms.rules, &rows).unwrap();
    let rack = rack(terms.rules, "rack", game["rack"].as_str().unwrap()).unwrap();
    let mut generator = Generator::new(terms.rules, terms.lexicon.graph(), None, &board);
    let evaluation = Evaluation { leaves: None, racks_against: None };
    let Some(Play { placement, .. }) = generator.best(&rack, &evaluation) else {
        return json!({"turn": turn, "action": "pass"});
    };
    let at = placement.start.coordinate(placement.direction);
    let mut tiles = String::new();
    write_line(&terms.rules.alphabet, placement.tiles(), &mut tiles);
    json!({"turn": turn, "action": "play", "at": at, "tiles": tiles})
}
