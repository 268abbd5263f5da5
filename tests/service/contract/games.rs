//! Codes that hang on the state of games.

use scrabble_backend::game::{ChallengeRule, RuleSet};
use scrabble_backend::lexicon::Lexicon;
use scrabble_backend::runtime::Terms;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{KEY, NOBODY};
use crate::support::{Table, TestApp, best_play, terms};

const GAMES: &str = "/api/v1/user/games";

pub(super) async fn provoke(app: &TestApp) {
    let terms = terms();
    provoke_unknown(app).await;
    provoke_illegal(app, &terms).await;
    provoke_placements(app, &terms).await;
    provoke_offers(app, &terms).await;
    provoke_last_words(app, &terms).await;
    provoke_repeated_words(app, &terms).await;
    provoke_set_aside(app, &terms).await;
    provoke_unreadable_answer(app, &terms).await;
}

async fn provoke_unknown(app: &TestApp) {
    let pass = json!({"turn": 1, "action": "pass"});
    for path in ["", "/steps"] {
        app.client.get(&format!("{GAMES}/{NOBODY}{path}")).user(NOBODY).send().await;
    }
    let command = app.client.post(&format!("{GAMES}/{NOBODY}/commands")).user(NOBODY);
    command.json(&pass).send().await;
}

/// Whatever is refused before any tile lies on the board.
async fn provoke_illegal(app: &TestApp, terms: &Terms) {
    let table = Table::of(app, "illegal", terms).await;
    let own = table.seen_by(app, 0).await;
    let rack = own["rack"].as_str().unwrap();
    let natural: String = rack.replace('?', "a");
    let missing = ('A'..='Z').find(|letter| !rack.contains(*letter)).unwrap();
    let play =
        |at: &str, tiles: &str| json!({"turn": 1, "action": "play", "at": at, "tiles": tiles});
    let act = |action: &str| json!({"turn": 1, "action": action});
    app.client.get(&table.path("?turn=9")).user(&table.players[0]).send().await;
    app.client.post(&table.path("/commands")).user(NOBODY).json(&act("pass")).send().await;
    table.ask(app, 1, &act("pass")).await;
    for body in [
        json!({"turn": 2, "action": "pass"}),
        act("challenge"),
        json!({"turn": 1, "action": "exchange", "tiles": ""}),
        play("8H", &missing.to_string()),
        play("8H", &natural[..1]),
        play("1A", &natural[..2]),
        play("8O", &natural[..2]),
        play("8G", &format!("{}.{}", &natural[..1], &natural[1..2])),
        play("8C", &natural),
    ] {
        table.ask(app, 0, &body).await;
    }
    table.ask_once(app, 0, KEY, &act("pass")).await;
    table.ask_once(app, 0, KEY, &act("resign")).await;
}

/// Whatever is refused for the tiles on the board.
async fn provoke_placements(app: &TestApp, terms: &Terms) {
    let table = Table::of(app, "placements", terms).await;
    let play = best_play(terms, &table.seen_by(app, 0).await);
    table.ask(app, 0, &play).await.expect(200);
    let rack = table.seen_by(app, 1).await["rack"].as_str().unwrap().replace('?', "a");
    for (at, tiles) in [("8H", &rack[..2]), ("1A", &rack[..2])] {
        let body = json!({"turn": 2, "action": "play", "at": at, "tiles": tiles});
        table.ask(app, 1, &body).await;
    }
}

async fn provoke_offers(app: &TestApp, terms: &Terms) {
    let table = Table::of(app, "offers", &Terms { players: 3, ..terms.clone() }).await;
    let ask = async |seat: usize, body: Value| table.ask(app, seat, &body).await;
    let act = |action: &str| json!({"turn": 1, "action": action});
    let offer = || json!({"turn": 1, "action": "offer", "proposal": "abort"});
    for (seat, body) in [
        (0, act("accept")),
        (0, act("withdraw")),
        (0, offer()),
        (1, offer()),
        (1, act("decline")),
        (0, offer()),
        (1, act("decline")),
        (0, offer()),
        (2, act("resign")),
        (2, act("pass")),
        (1, act("resign")),
        (0, act("pass")),
    ] {
        ask(seat, body).await;
    }
}

/// Plays a game to where somebody has gone out, and only a challenge or a pass is left; on the way the
/// bag gets too small for an exchange.
async fn provoke_last_words(app: &TestApp, terms: &Terms) {
    let terms = Terms { challenge: ChallengeRule::Double, ..terms.clone() };
    let table = Table::of(app, "last-words", &terms).await;
    loop {
        let seat = table.seen_by(app, 0).await["on_turn"].as_u64().unwrap() as usize;
        let own = table.seen_by(app, seat).await;
        let rack = own["rack"].as_str().unwrap();
        let exchange = json!({"turn": own["turn"], "action": "exchange", "tiles": &rack[..1]});
        let is_small = own["bag_tiles"].as_u64().unwrap() < 7;
        if own["has_final_say"] == true {
            table.ask(app, seat, &exchange).await.expect_problem(422, "final_say_only");
            return;
        }
        if is_small {
            table.ask(app, seat, &exchange).await.expect_problem(422, "too_few_tiles_in_bag");
        }
        table.ask(app, seat, &best_play(&terms, &own)).await.expect(200);
    }
}

/// A folder with a lexicon for Erudit, the rules by which no word is made twice.
pub(super) fn lexicons() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let alphabet = &RuleSet::named("erudit").unwrap().alphabet;
    let words = vec![alphabet.parse("АД").unwrap()];
    let lexicon = Lexicon::build("Slova", alphabet.clone(), words, |_| ()).unwrap();
    std::fs::write(folder.path().join("slova.lex"), lexicon.to_bytes()).unwrap();
    folder
}

/// Has two of a letter played, and the same below the first of them by whoever has a third.
async fn provoke_repeated_words(app: &TestApp, english: &Terms) {
    let rules = RuleSet::named("erudit").unwrap();
    let lexicon = app.games.library().fitting(rules).next().cloned().unwrap();
    let terms = Terms { rules, lexicon, challenge: ChallengeRule::Double, ..english.clone() };
    // Of two racks not all have three of a letter: hardly one game in three.
    for number in 0..200 {
        let table = Table::of(app, &format!("repeated-{number}"), &terms).await;
        let rack = |seen: &Value| seen["rack"].as_str().unwrap().chars().collect::<Vec<char>>();
        let [own, other] = [rack(&table.seen_by(app, 0).await), rack(&table.seen_by(app, 1).await)];
        let count = |rack: &[char], letter| rack.iter().filter(|tile| **tile == letter).count();
        let twice = own
            .iter()
            .find(|tile| **tile != '?' && count(&own, **tile) == 2 && count(&other, **tile) > 0);
        let Some(letter) = twice else { continue };
        let play = |turn: u32, at: &str, tiles: &str| json!({"turn": turn, "action": "play", "at": at, "tiles": tiles});
        table.ask(app, 0, &play(1, "8H", &letter.to_string().repeat(2))).await.expect(200);
        let again = table.ask(app, 1, &play(2, "H8", &format!(".{letter}"))).await;
        return again.expect_problem(422, "word_repeated");
    }
    panic!("no game in two hundred has three of a letter on its first racks");
}

async fn provoke_set_aside(app: &TestApp, terms: &Terms) {
    let table = Table::of(app, "set-aside", terms).await;
    let breaking = format!("update game set progress = '' where game_id = '{}'", table.game);
    app.database.connect().await.execute(&breaking, &[]).await.unwrap();
    for path in ["", "/steps"] {
        app.client.get(&table.path(path)).user(&table.players[0]).send().await;
    }
    table.ask(app, 0, &json!({"turn": 1, "action": "pass"})).await;
}

async fn provoke_unreadable_answer(app: &TestApp, terms: &Terms) {
    let table = Table::of(app, "unreadable", terms).await;
    let pass = json!({"turn": 1, "action": "pass"});
    table.ask_once(app, 0, "1f0e4c1e-unreadable", &pass).await.expect(200);
    let breaking = format!("update game_step set told = '' where game_id = '{}'", table.game);
    app.database.connect().await.execute(&breaking, &[]).await.unwrap();
    table.ask_once(app, 0, "1f0e4c1e-unreadable", &pass).await;
}
