//! Three players who find each other in the lobby, for one game after the other, and play.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use scrabble_backend::runtime::Terms;
use serde_json::{Value, json};

use super::dice::Dice;
use super::house::House;
use super::wish::wish;
use crate::support::{Answer, Table};

const SEEKS: &str = "/api/v1/user/seeks";

/// Players, and what they know.
pub(super) struct Desk {
    house: House,
    terms: Arc<Terms>,
    dice: Dice,
    pub(super) accounts: Vec<String>,
    played: Vec<Played>,
    /// The seeks that somebody was told to have joined as the last.
    pub(super) taken: BTreeSet<String>,
}

/// A game, and what its players were told of their commands.
pub(super) struct Played {
    pub(super) table: Table,
    /// Who had asked for the step of this number, whose command was acknowledged.
    pub(super) acknowledged: BTreeMap<u64, u64>,
    /// The numbers of the steps that commands may have come to, of which nobody has told.
    pub(super) doubtful: BTreeSet<u64>,
    is_over: bool,
}

impl Desk {
    pub(super) async fn open(house: House, terms: Arc<Terms>, number: u64) -> Self {
        let mut accounts = Vec::new();
        for player in 0..3 {
            let subject = format!("soak-{number}-{player}");
            let identity = json!({"kind": "platform", "provider": "telegram", "subject": subject});
            let body = json!({ "identity": identity });
            let open = house.ask(|at| at.post("/api/v1/internal/sessions").json(&body)).await;
            accounts.push(open.expect(201)["account"]["id"].as_str().unwrap().to_owned());
        }
        let (dice, played, taken) = (Dice::new(number), Vec::new(), BTreeSet::new());
        Self { house, terms, dice, accounts, played, taken }
    }

    /// The games, the last of which may go on.
    pub(super) fn played(&self) -> &[Played] {
        &self.played
    }

    /// Plays one game after the other until the house closes.
    pub(super) async fn play_on(mut self) -> Self {
        while !self.house.is_closed() {
            let over = self.played.last().filter(|_| self.dice.happens(300));
            let id = match over {
                Some(over) => rematch(&self.house, &over.table).await,
                None => self.find_each_other().await,
            };
            let mut game = Played {
                table: self.table(id).await,
                acknowledged: BTreeMap::new(),
                doubtful: BTreeSet::new(),
                is_over: false,
            };
            while !self.house.is_closed() && !game.is_over {
                self.take_turn(&mut game).await;
            }
            self.played.push(game);
        }
        self
    }

    /// One player looks for a game, and the others race for the seats; gives the game.
    async fn find_each_other(&mut self) -> String {
        let owner = self.dice.roll(3) as usize;
        let seek = self.seek(owner).await;
        let id = text(&seek["id"]);
        let joiners = (0..3).filter(|joiner| *joiner != owner).map(|joiner| &self.accounts[joiner]);
        let answers = post_all(&self.house, &format!("{SEEKS}/{id}/join"), joiners).await;
        let (joined, late): (Vec<Answer>, Vec<Answer>) =
            answers.into_iter().partition(|answer| answer.status == 200);
        late.iter().for_each(|answer| answer.expect_problem(409, "seek_taken"));
        assert_eq!(
            joined.len() as u64,
            seek["terms"]["players"].as_u64().unwrap() - 1,
            "{joined:?}"
        );
        let mut begun = joined.iter().filter(|answer| answer.body["game_id"].is_string());
        let game = text(&begun.next().expect("the last seat is taken").body["game_id"]);
        assert!(begun.all(|answer| answer.body["game_id"] == *game), "{joined:?}");
        assert!(self.taken.insert(id));
        game
    }

    /// An open seek of a player, which may be one of whose opening nobody has told.
    async fn seek(&mut self, owner: usize) -> Value {
        let body = json!({"terms": {
            "rules": "english",
            "lexicon": "Some English",
            "challenge": self.dice.one_of(&["void", "single", "double"]),
            "time_control": {"kind": "real_time", "initial_seconds": 3600},
            "rated": self.dice.happens(700),
            "players": self.dice.one_of(&[2, 2, 3]),
        }});
        let owner = &self.accounts[owner];
        loop {
            let own = format!("{SEEKS}?list=own");
            let own = self.house.ask(|at| at.get(&own).user(owner)).await;
            let open = own.expect(200)["seeks"].as_array().unwrap();
            if let Some(seek) = open.iter().find(|seek| seek["owner_id"] == **owner) {
                return seek.clone();
            }
            if let Some(seek) =
                self.house.try_ask(|at| at.post(SEEKS).user(owner).json(&body)).await
            {
                return seek.expect(201).clone();
            }
        }
    }

    async fn table(&self, game: String) -> Table {
        let path = format!("/api/v1/user/games/{game}");
        let seen = self.house.ask(|at| at.get(&path).user(&self.accounts[0])).await;
        let players = seen.expect(200)["players"].as_array().unwrap().iter();
        let players = players.map(|player| text(&player["account_id"])).collect();
        Table { game, players }
    }

    /// Somebody asks for something, mostly who is on turn.
    async fn take_turn(&mut self, game: &mut Played) {
        let first = self.seen(&game.table, 0).await;
        let Some(on_turn) = first["on_turn"].as_u64() else {
            game.is_over = true;
            return;
        };
        let players = game.table.players.len() as u64;
        let seat = if self.dice.happens(150) { self.dice.roll(players) } else { on_turn };
        let own = if seat == 0 { first } else { self.seen(&game.table, seat).await };
        let Some(body) = wish(&mut self.dice, &self.terms, &own, seat) else { return };
        let next = own["version"].as_u64().unwrap() + 1;
        let answer = if self.dice.happens(300) {
            self.ask_without_key(game, seat, &body).await
        } else {
            let key = format!("soak-{:032x}", u128::from_le_bytes(self.dice.bytes()));
            Some(self.house.ask(|at| game.table.asking(at, seat as usize, &key, &body)).await)
        };
        let Some(answer) = answer else {
            game.doubtful.insert(next);
            return;
        };
        let has_doubt = game.doubtful.contains(&next);
        match (answer.status, answer.code()) {
            (200, _) => {
                let number = answer.body["step"]["number"].as_u64().unwrap();
                assert!(number == next || (has_doubt && number == next + 1), "{answer:?}");
                assert_eq!(game.acknowledged.insert(number, seat), None, "{answer:?}");
                self.house.count();
            }
            (422, "offers_spent") => {}
            _ => assert!(has_doubt, "nobody else plays for them: {body} {answer:?}"),
        }
    }

    async fn ask_without_key(&self, game: &Played, seat: u64, body: &Value) -> Option<Answer> {
        let (path, player) = (game.table.path("/commands"), &game.table.players[seat as usize]);
        self.house.try_ask(|at| at.post(&path).user(player).json(body)).await
    }

    async fn seen(&self, table: &Table, seat: u64) -> Value {
        let (path, player) = (table.path(""), &table.players[seat as usize]);
        self.house.ask(|at| at.get(&path).user(player)).await.expect(200).clone()
    }
}

/// All players of a game that is over ask for another at once; gives it.
async fn rematch(house: &House, over: &Table) -> String {
    let path = over.path("/rematch");
    let asked = post_all(house, &path, &over.players).await;
    let once_more = post_all(house, &path, &over.players[..1]).await;
    let game = text(&once_more[0].expect(200)["game_id"]);
    for answer in asked {
        let begun = &answer.expect(200)["game_id"];
        assert!(begun.is_null() || *begun == *game, "{answer:?}");
    }
    game
}

/// All of them ask for the same at once.
async fn post_all<'p>(
    house: &'p House,
    path: &'p str,
    players: impl IntoIterator<Item = &'p String>,
) -> Vec<Answer> {
    let post = |player: &'p String| house.ask(move |at| at.post(path).user(player));
    join_all(players.into_iter().map(post)).await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
