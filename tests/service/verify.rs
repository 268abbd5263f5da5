//! `verify`: games that are whole are told to be, and whatever was altered in them is told.

use std::fmt::Display;
use std::sync::Arc;

use scrabble_backend::game::ChallengeRule;
use scrabble_backend::lexicon::Lexicon;
use scrabble_backend::library::default_english;
use scrabble_backend::runtime::Terms;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{Said, program};
use crate::support::{Table, TestApp, best_play, terms};

const NO_GAME: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

/// What is changed in which table, and what is said of it: nothing where it is only a name.
const ALTERATIONS: &[(&str, &str, &str)] = &[
    ("game", "version = 5", "version is 5, and its steps come to 3"),
    ("game", "on_turn = 1", "on_turn is 1, and its steps come to 0"),
    (
        "game",
        "position = set_byte(position, 14, 1)",
        "position differs from what its steps come to, from byte 14 on",
    ),
    (
        "game",
        "position = substring(position for 30)",
        "its row can't be read: the game's position can't be read: a game's bytes end at 30, too early",
    ),
    (
        "game",
        "progress = replace(progress, '\"is_aborted\":false', '\"is_aborted\":true')",
        "progress is {",
    ),
    ("game", "started_at = started_at - interval '1 s'", "started_at is 2"),
    ("game", "ended_at = now(), on_turn = null, check_at = null", "ended_at is 2"),
    ("game", "check_at = check_at + interval '1 day'", "check_at is 2"),
    ("game", "check_at = null", "check_at is none, and the flag falls at 2"),
    ("game_player", "ended_at = now()", "it has ended at another time in a player's list"),
    ("game", "terms = replace(terms, 'Small', 'Other')", ""),
    (
        "game",
        "terms = regexp_replace(terms, '(Small\",\"hash\":\").', '\\1g')",
        "its row can't be read: this service does not have the lexicon \"Small\"",
    ),
    (
        "game_step",
        "told = replace(told, '\"action\":\"pass\"', '\"action\":\"resign\"')",
        "step 2 does not follow from what was asked",
    ),
    ("game_step", "number = number + 10", "its steps can't be folded: "),
    (
        "game_step",
        "at = at - make_interval(secs => number - 1)",
        "step 2 was taken before the one before it",
    ),
];

/// A service with a small lexicon, whose name and hash are altered, too.
struct House {
    app: TestApp,
    folder: TempDir,
    terms: Terms,
}

impl House {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let english = default_english();
        let words = english.words().filter(|word| word.len() <= 3).collect();
        let small = Lexicon::build("Small", english.alphabet().clone(), words, |_| ()).unwrap();
        std::fs::write(folder.path().join("small.lex"), small.to_bytes()).unwrap();
        let path = folder.path().to_str().unwrap();
        let app = TestApp::with().set("BACKEND_LEXICON_DIR", path).start().await;
        let terms = Terms { lexicon: Arc::new(small), ..terms() };
        Self { app, folder, terms }
    }

    /// Runs the real program on the database of the service, which goes on serving.
    async fn verify(&self, options: &[&str]) -> Said {
        self.verify_by(&self.app.database.dsn(), options).await
    }

    async fn verify_by(&self, dsn: &str, options: &[&str]) -> Said {
        let folder = self.folder.path().to_str().unwrap();
        let variables = [("BACKEND_POSTGRES_DSN", dsn), ("BACKEND_LEXICON_DIR", folder)];
        let mut program = program(&[&["verify"], options].concat(), &variables);
        tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap().into()
    }
}

/// Does something to rows of a game in some tables, behind the service's back.
async fn tamper<const N: usize>(
    app: &TestApp,
    game: impl Display,
    tables: [&str; N],
    what: impl Fn(&str) -> String,
) {
    let client = app.database.connect().await;
    for table in tables {
        let statement = format!("{} where game_id = '{game}'", what(table));
        assert!(client.execute(&statement, &[]).await.unwrap() > 0, "{statement}");
    }
}

fn delete(table: &str) -> String {
    format!("delete from {table}")
}

/// Plays best plays, so many turns, or to the end.
async fn play(app: &TestApp, table: &Table, terms: &Terms, turns: usize) {
    for _ in 0..turns {
        let game = table.seen_by(app, 0).await;
        let Some(seat) = game["on_turn"].as_u64() else { return };
        let game = table.seen_by(app, seat as usize).await;
        table.ask(app, seat as usize, &best_play(terms, &game)).await.expect(200);
    }
}

async fn ask(app: &TestApp, table: &Table, seat: usize, body: Value) {
    table.ask(app, seat, &body).await.expect(200);
}

/// A finished game, one that goes on, and one that its players have given up.
async fn tables(House { app, terms, .. }: &House) -> [Table; 3] {
    let challenged = Terms { challenge: ChallengeRule::Double, players: 3, ..terms.clone() };
    let [finished, running, aborted] = [
        Table::of(app, "finished", terms).await,
        Table::of(app, "running", &challenged).await,
        Table::of(app, "aborted", terms).await,
    ];
    play(app, &finished, terms, 200).await;
    play(app, &running, &challenged, 3).await;
    let mut game = running.seen_by(app, 0).await;
    // With some racks there is nothing to play, and then nothing to challenge.
    while game["challengeable"].is_null() {
        assert_eq!(game["status"], "running", "nobody has had anything to play");
        play(app, &running, &challenged, 1).await;
        game = running.seen_by(app, 0).await;
    }
    let (turn, seat) = (game["turn"].as_u64().unwrap(), game["on_turn"].as_u64().unwrap());
    ask(app, &running, seat as usize, json!({"turn": turn, "action": "challenge"})).await;
    let offer = json!({"turn": turn + 1, "action": "offer", "proposal": "more_time"});
    ask(app, &running, 1, offer).await;
    ask(app, &aborted, 0, json!({"turn": 1, "action": "offer", "proposal": "abort"})).await;
    ask(app, &aborted, 1, json!({"turn": 1, "action": "accept"})).await;
    [finished, running, aborted]
}

#[tokio::test]
async fn games_that_are_whole_are_told_to_be() {
    let house = House::start().await;
    let tables = tables(&house).await;
    let said = house.verify(&[]).await;
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.starts_with("3 games, "), "{}", said.out);
    let said = house.verify(&["--game", &tables[2].game]).await;
    assert!(said.out.starts_with("1 games, 3 steps, "), "{} {}", said.out, said.err);
    let said = house.verify(&["--game", NO_GAME]).await;
    let expected = format!("scrabble-backend: there is no game {NO_GAME}\n");
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (Some(1), "", &*expected));
    house.app.stop().await;
}

#[tokio::test]
async fn whatever_is_altered_in_a_game_is_told() {
    let house = House::start().await;
    let House { app, terms, .. } = &house;
    let whole = Table::of(app, "whole", terms).await;
    for (number, (table, change, expected)) in ALTERATIONS.iter().enumerate() {
        let name = format!("altered-{number}");
        let altered = Table::of(app, &name, terms).await;
        for turn in 1..=2 {
            ask(app, &altered, turn - 1, json!({"turn": turn, "action": "pass"})).await;
        }
        tamper(app, &altered.game, [*table], |table| format!("update {table} set {change}")).await;
        let said = house.verify(&["--game", &altered.game]).await;
        let line = format!("game {}: {expected}", altered.game);
        let is_told = said.out.lines().any(|told| told.starts_with(&line));
        assert_eq!(is_told, !expected.is_empty(), "{change}: {} {}", said.out, said.err);
        assert_eq!(said.code, Some(i32::from(is_told)), "{change}: {} {}", said.out, said.err);
        // Each alone, so that one does not hide another.
        tamper(app, &altered.game, ["game_step", "game_player", "game"], delete).await;
    }
    let said = house.verify(&["--game", &whole.game]).await;
    assert_eq!(said.code, Some(0), "{} {}", said.out, said.err);
    house.app.stop().await;
}

/// Has the database let no transaction look at more than so many games, as if it took too long.
async fn allow_games(app: &TestApp, games_max: usize) {
    let limit = format!(
        "alter table game rename to every_game;
        create function is_allowed(uuid) returns bool language plpgsql stable cost 100000 as $$
            begin
                perform set_config('test.games', (coalesce(nullif(
                    current_setting('test.games', true), ''), '0')::int + 1)::text, true);
                if current_setting('test.games')::int > {games_max} then
                    raise query_canceled;
                end if;
                return true;
            end $$;
        create view game as select * from every_game where is_allowed(game_id);"
    );
    app.database.connect().await.batch_execute(&limit).await.unwrap();
}

#[tokio::test]
async fn no_statement_of_it_looks_at_all_games() {
    let house = House::start().await;
    let House { app, terms, .. } = &house;
    let first = Table::of(app, "player", terms).await;
    let players: Vec<_> = first.players.iter().map(|id| id.parse().unwrap()).collect();
    for _ in 0..199 {
        app.games.start_now(terms, players.clone()).await.unwrap();
    }
    allow_games(app, 190).await;
    // The planner is to go by indexes, as it does where there are many.
    let by_index = "options=-c%20enable_hashjoin%3Doff%20-c%20enable_mergejoin%3Doff";
    let said = house.verify_by(&format!("{}&{by_index}", app.database.dsn()), &[]).await;
    assert!(said.out.starts_with("200 games, 200 steps, "), "{} {}", said.out, said.err);
    house.app.stop().await;
}

#[tokio::test]
async fn steps_without_a_game_and_a_game_without_steps_are_found_among_many() {
    let house = House::start().await;
    let House { app, terms, .. } = &house;
    let mut tables = Vec::new();
    let first = Table::of(app, "player", terms).await;
    let players: Vec<_> = first.players.iter().map(|id| id.parse().unwrap()).collect();
    // More than a portion of them.
    for _ in 0..140 {
        tables.push(app.games.start_now(terms, players.clone()).await.unwrap());
    }
    let said = house.verify(&[]).await;
    assert!(said.out.starts_with("141 games, 141 steps, "), "{} {}", said.out, said.err);
    let (without_game, without_steps) = (tables[3], tables[130]);
    tamper(app, without_game, ["game_player", "game"], delete).await;
    tamper(app, without_steps, ["game_step"], delete).await;
    let said = house.verify(&[]).await;
    let lines: Vec<&str> = said.out.lines().collect();
    let expected = [
        format!("game {without_game}: it has steps and no row"),
        format!("game {without_steps}: its steps can't be folded: the game has no steps"),
    ];
    assert_eq!(lines[..2], expected, "{}", said.out);
    assert!(lines[2].starts_with("140 games, 139 steps, "), "{}", said.out);
    assert_eq!(said.code, Some(1));
    assert!(said.err.ends_with("scrabble-backend: 2 differences\n"), "{}", said.err);
    house.app.stop().await;
}
