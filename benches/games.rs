//! Games: commands a second through HTTP, durable, and what many running games cost.
//!
//! This program runs itself once more, as the service with everything on (exporters `none`), and has
//! players play: 64 games at a time, each command when the one before is answered, best plays that were
//! found before. In turns with pgbench, which runs the statement that stores a command, with parameters
//! of the same size, for 64 games. Then it keeps games in memory, and has 100,000 of them running while
//! their clocks are looked at and while the service starts. `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/costs.rs"]
mod costs;
#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;
#[path = "support/pgbench.rs"]
mod pgbench;
#[path = "support/process.rs"]
mod process;
#[path = "support/wire.rs"]
mod wire;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use costs::{Figures, Meter};
use database::Database;
use figures::{median, median_ratio, quantile};
use pgbench::{Pgbench, Run};
use process::{Process, on_one_worker};
use scrabble_backend::app::App;
use scrabble_backend::dev::{Binaries, Durability};
use scrabble_backend::game::{
    Action, ChallengeRule, Choice, Command, Evaluation, Generator, RuleSet, Seed, write_line,
    write_tiles,
};
use scrabble_backend::id::{AccountId, GameId};
use scrabble_backend::lexicon::Anagrams;
use scrabble_backend::library::default_english;
use scrabble_backend::runtime::{BEAT_INTERVAL, Games, LiveGame, Terms, TimeControl};
use scrabble_backend::task::sweep;
use scrabble_backend::telemetry::Metrics;
use scrabble_backend::time::Clock;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_postgres::Client;
use wire::{Wire, with_body};

const ROUNDS: usize = 5;
const SLICE: Duration = Duration::from_secs(3);
/// How long pgbench runs: its connections are new each time, and the first statements of each are planned.
const PGBENCH_SLICE: Duration = Duration::from_secs(12);
/// How many games are played at a time.
const TABLES: usize = 64;
/// How many games are prepared for a slice: more than can be played in it.
const PREPARED: usize = 1_500;
/// How many games are kept in memory.
const REMEMBERED: usize = 20_000;
/// How many games run, and of how many clocks are looked at.
const RUNNING: usize = 100_000;
const LOOKED_AT: usize = 10_000;

/// The statement that stores a command alone, as `src/runtime/advance_store.rs` has it, for the game of each
/// client. Every run has games of its own, which begin at version 1: with a version that is not the game's next
/// nothing would be written.
const ADVANCE: &str = r"
\set version :version + 1
with moved as (
    update game set version = :version::int4, position = decode(:position::text, 'hex'),
        progress = :progress::text, stepped_at = now(), on_turn = 1::int2, check_at = :check_at::timestamptz,
        set_aside_at = null, set_aside_reason = null, ended_at = null::timestamptz
        where game_id = ('00000000-0000-7000-8000-' || lpad(:run::text, 6, '0') || lpad(:client_id::text, 6, '0'))::uuid
            and version = :version::int4 - 1 and players = :players::uuid[]
            and set_aside_at is not distinct from null::timestamptz
        returning game_id, ended_at
), stepped as (
    insert into game_step (game_id, number, at, told, key_hash, body_hash)
        select game_id, :version::int4, now(), :step::text, null::bytea, null::bytea from moved
), ended as (
    update game_player as p set ended_at = moved.ended_at from moved
        where p.game_id = moved.game_id and moved.ended_at is not null
), told as (
    insert into event (at, told) select now(), :told::text from moved
)
select game_id from moved;
";

fn main() {
    let role = std::env::args().nth(1).unwrap_or_default();
    match role.as_str() {
        "service" => {
            // As `serve` runs it: with as many workers as there are cores.
            let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
            runtime.block_on(process::serve_app(database::config_of_parent()));
        }
        _ => on_one_worker(compare()),
    }
}

async fn compare() {
    let database = Database::start(Durability::Durable).await;
    let app = App::build(database.config(), &Metrics::none(), Clock::system()).await;
    let app = app.expect("it is built");
    let bench = Bench::new(app.games(), &database).await;
    let this = std::env::current_exe().expect("this program has a path");
    let (name, dsn) = database.for_child();
    let environment = [(name, dsn)];
    start(&this, &environment, "without a game");
    let service = Process::start(&this, "service", &environment);
    bench.in_turns(&service, &database).await;
    drop(service);
    bench.remember();
    bench.run_many(&database).await;
    start(&this, &environment, "with 100,000 running games");
    drop((bench, app));
    database.stop().await;
}

/// Tells how long the service takes until it is ready.
fn start(program: &Path, environment: &[(&str, String)], how: &str) {
    let started = Instant::now();
    let service = Process::start(program, "service", environment);
    println!("ready {how}: {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
    drop(service);
}

/// What players play by.
struct Bench {
    games: Games,
    terms: Terms,
    anagrams: Anagrams,
    players: Vec<AccountId>,
}

impl Bench {
    async fn new(games: &Games, database: &Database) -> Self {
        // It makes the accounts, too, of which each may play two hundred games at a time.
        database.fill(1).await;
        let rows = database.connect().await;
        let rows = rows.query("select account_id from backend.account", &[]).await;
        let rows = rows.expect("there are accounts");
        let players = rows.iter().map(|row| row.get::<_, uuid::Uuid>(0).into()).collect();
        let rules = RuleSet::named("english").expect("the rules come along");
        let lexicon = default_english();
        let anagrams = Anagrams::of_graph(lexicon.graph());
        let time_control = TimeControl::RealTime {
            initial_seconds: 1500,
            increment_seconds: 0,
            overtime_minutes: 1,
        };
        let challenge = ChallengeRule::Void;
        let terms = Terms { rules, lexicon, challenge, time_control, is_rated: true, players: 2 };
        Self { games: games.clone(), terms, anagrams, players }
    }

    /// Starts a game, and finds all of its commands, each as a request.
    async fn prepare(&self, number: usize) -> Vec<String> {
        let count = self.players.len();
        let seats = vec![self.players[number * 2 % count], self.players[(number * 2 + 1) % count]];
        let id = self.games.start_now(&self.terms, seats.clone()).await.expect("it begins");
        let game = self.games.show(id, seats[0]).await.expect("it is there").game;
        self.requests(&game, &seats)
    }

    fn requests(&self, game: &LiveGame, seats: &[AccountId]) -> Vec<String> {
        let (rules, graph) = (self.terms.rules, self.terms.lexicon.graph());
        let mut position = game.position().clone();
        let mut generator = Generator::new(rules, graph, Some(&self.anagrams), position.board());
        let evaluation = Evaluation { leaves: None, racks_against: None };
        let mut requests = Vec::new();
        while let Some(seat) = position.on_turn() {
            let (turn, rack) = (position.turn(), position.rack(seat));
            let bag = position.bag().len();
            let exchangeable = if bag >= usize::from(rules.exchange_minimum) { bag } else { 0 };
            let mut tiles = String::new();
            let (action, rest) = match generator.choose(&rack, &evaluation, exchangeable, |_| true)
            {
                Choice::Play(play) => {
                    let placement = play.placement;
                    let at = placement.start.coordinate(placement.direction);
                    write_line(&rules.alphabet, placement.tiles(), &mut tiles);
                    generator.place(&placement);
                    let rest = format!(r#""play","at":"{at}","tiles":"{tiles}""#);
                    (Action::Play(placement), rest)
                }
                Choice::Exchange(given) => {
                    write_tiles(&rules.alphabet, given.tiles(), &mut tiles);
                    (Action::Exchange(given), format!(r#""exchange","tiles":"{tiles}""#))
                }
                Choice::Pass => (Action::Pass, r#""pass""#.to_owned()),
            };
            let (player, id) = (seats[usize::from(seat)], game.id());
            let head =
                format!("POST /api/v1/user/games/{id}/commands HTTP/1.1\r\nX-User-ID: {player}");
            requests.push(with_body(&head, &format!(r#"{{"turn":{turn},"action":{rest}}}"#)));
            let command = Command::new(seat, action);
            position.apply(rules, graph, &command).expect("what is found is legal");
        }
        requests
    }

    /// Plays and pgbench, slice by slice.
    async fn in_turns(&self, service: &Process, database: &Database) {
        let client = database.connect().await;
        client.batch_execute("set search_path = backend").await.expect("it is set");
        let pgbench = self.pgbench(&client, database).await;
        let mut wires = Vec::new();
        for _ in 0..TABLES {
            wires.push(Wire::connect(service.addr).await);
        }
        let (mut figures, mut waits_ms) = (Figures::default(), Vec::new());
        let (mut bare, mut bare_ms) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let mut prepared = VecDeque::new();
            for number in 0..PREPARED {
                prepared.push_back(self.prepare(round * PREPARED + number).await);
            }
            // Neither always has what the other leaves behind.
            let early =
                if round % 2 == 1 { Some(run(&pgbench, &client, round).await) } else { None };
            let meter = Meter::start(service);
            let slice_ms = play(&mut wires, prepared).await;
            let mut warm_up = Figures::default();
            let figures = if round > 0 { &mut figures } else { &mut warm_up };
            meter.stop(service, slice_ms.len() as u32, figures);
            let run = match early {
                Some(run) => run,
                None => run(&pgbench, &client, round).await,
            };
            // The first round only wakes everything up.
            if round > 0 {
                waits_ms.extend(slice_ms);
                bare.push(run.per_second);
                bare_ms.push(run.mean_ms);
            }
        }
        println!("{}\n{}", Figures::HEADING, figures.line("commands"));
        let mean = waits_ms.iter().sum::<f64>() / waits_ms.len() as f64;
        println!(
            "p50 {:.2}, p99 {:.2}, mean {mean:.2} ms; pgbench {:.0}/s, mean {:.2} ms; {:.2} x pgbench",
            median(&waits_ms),
            quantile(&waits_ms, 0.99),
            median(&bare),
            median(&bare_ms),
            median_ratio(&figures.per_second, &bare),
        );
    }

    /// The statement of a command, with parameters as long as those of a play in the middle of a game.
    async fn pgbench(&self, client: &Client, database: &Database) -> Pgbench {
        let id = self.games.start_now(&self.terms, self.players[..2].to_vec()).await;
        let id = id.expect("it begins");
        let copy = format!(
            "insert into game (game_id, terms, started_at, version, position, progress, stepped_at, on_turn, check_at, players)
                select ('00000000-0000-7000-8000-' || lpad(run::text, 6, '0') || lpad(i::text, 6, '0'))::uuid,
                    terms, started_at, 1, position, progress, stepped_at, on_turn, '2100-01-01', players
                from game, generate_series(0, {ROUNDS}) as run, generate_series(0, {TABLES} - 1) as i
                where game_id = '{id}'"
        );
        client.batch_execute(&copy).await.expect("the games are made");
        let position = "select encode(position, 'hex'), progress, players::text from game limit 1";
        let row = client.query_one(position, &[]).await.expect("there is a game");
        let variables = vec![
            ("version", "1".to_owned()),
            ("position", row.get(0)),
            ("progress", row.get(1)),
            ("players", row.get(2)),
            ("check_at", "2100-01-01".to_owned()),
            ("step", "x".repeat(430)),
            ("told", "x".repeat(1150)),
        ];
        let binaries = Binaries::find(|name| std::env::var_os(name)).expect("PostgreSQL is there");
        let program = binaries.preferred().directory().join("pgbench");
        Pgbench::new(program, database.url(), ADVANCE, variables)
    }

    /// What a game takes that is remembered.
    fn remember(&self) {
        let clock = Clock::system();
        let before = resident_bytes();
        let remembered = (0..REMEMBERED).map(|number| {
            let (now, players) = (clock.now(), self.players[..2].to_vec());
            let seed = Seed::new([number as u8; 32]);
            let started = LiveGame::start(GameId::new(now), self.terms.clone(), players, seed, now);
            Arc::new(started.expect("it begins").0)
        });
        let games: Vec<Arc<LiveGame>> = remembered.collect();
        let bytes = resident_bytes().saturating_sub(before) / games.len();
        println!("a remembered game: {bytes} bytes");
    }

    /// Has many games run, and their clocks looked at: none that is due, some that have time left, and
    /// some that have none.
    async fn run_many(&self, database: &Database) {
        let client = database.connect().await;
        let clear = "set search_path = backend;
            truncate game, game_step, event cascade";
        client.batch_execute(clear).await.expect("the games of before go");
        let id = self.games.start_now(&self.terms, self.players[..2].to_vec()).await;
        let id = id.expect("it begins");
        let copy = format!(
            "create temporary table numbered as
                select account_id, row_number() over () - 1 as n, count(*) over () as count from account;
            create temporary table copied as
                select gen_random_uuid() as game_id, i, array[one.account_id, other.account_id] as players
                from generate_series(1, {RUNNING}) as i
                    join numbered as one on one.n = i * 2 % one.count
                    join numbered as other on other.n = (i * 2 + 1) % other.count;
            insert into game (game_id, terms, started_at, version, position, progress, stepped_at, on_turn, check_at, players)
                select c.game_id, terms, started_at, version, position, progress, stepped_at, on_turn,
                    check_at + c.i * interval '1 ms', c.players
                from game as g, copied as c where g.game_id = '{id}';
            insert into game_player (game_id, seat, account_id)
                select game_id, seat, players[seat + 1] from copied, generate_series(0, 1) as seat;
            insert into game_step (game_id, number, at, told)
                select c.game_id, number, at, told from game_step as s, copied as c where s.game_id = '{id}';
            vacuum analyze game; vacuum analyze game_player; vacuum analyze game_step"
        );
        for statement in copy.split(';') {
            client.batch_execute(statement).await.expect("the games are made");
        }
        self.sweep("none is due").await;
        for (what, progress) in [
            ("time is left", "progress"),
            ("flags fall", "replace(progress, '1500000000', '-60000000')"),
        ] {
            let due = format!(
                "update game set check_at = now(), progress = {progress}
                    where game_id in (select game_id from copied order by i limit {LOOKED_AT})"
            );
            client.batch_execute(&due).await.expect("they are due");
            self.sweep(what).await;
        }
    }

    /// Looks at the clocks that are due, and tells how long that took. Signs of life are given meanwhile, as
    /// the service does.
    async fn sweep(&self, what: &str) {
        let alive = sweep("signs of life", BEAT_INTERVAL, || self.games.give_sign_of_life());
        self.games.give_sign_of_life().await.expect("the database answers");
        let started = Instant::now();
        let swept = tokio::select! {
            swept = self.games.sweep() => swept.expect("the database answers"),
            () = alive => unreachable!("it never ends"),
        };
        let took_ms = started.elapsed().as_secs_f64() * 1e3;
        println!("a sweep of {RUNNING} games, {what}: {took_ms:.1} ms, {swept:?}");
    }
}

/// Has games played for a slice, each by a caller of its own; how long each answer took.
async fn play(wires: &mut Vec<Wire>, prepared: VecDeque<Vec<String>>) -> Vec<f64> {
    let prepared = Arc::new(Mutex::new(prepared));
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for mut wire in wires.drain(..) {
        let prepared = Arc::clone(&prepared);
        callers.spawn(async move {
            let mut waits_ms = Vec::new();
            while started.elapsed() < SLICE {
                let game = prepared.lock().expect("nobody panics with it").pop_front();
                for request in game.expect("there are more games than can be played") {
                    let answered = wire.ask(&request, Instant::now()).await;
                    assert_eq!(answered.status, 200, "{request}\n{}", wire.received());
                    waits_ms.push(answered.took_ms);
                    if started.elapsed() >= SLICE {
                        break;
                    }
                }
            }
            (wire, waits_ms)
        });
    }
    let mut waits_ms = Vec::new();
    while let Some(caller) = callers.join_next().await {
        let (wire, of_caller) = caller.expect("a caller does not fail");
        wires.push(wire);
        waits_ms.extend(of_caller);
    }
    waits_ms
}

/// Runs pgbench for games of its own.
async fn run(pgbench: &Pgbench, client: &Client, number: usize) -> Run {
    let before = count_steps(client).await;
    let run = pgbench.run(TABLES, PGBENCH_SLICE, number);
    let stored = count_steps(client).await - before;
    assert_eq!(stored, run.transactions, "each transaction of pgbench stores a step");
    run
}

/// How many steps are stored, of all games.
async fn count_steps(client: &Client) -> u64 {
    let row = client.query_one("select count(*) from game_step", &[]).await.expect("it answers");
    row.get::<_, i64>(0).unsigned_abs()
}

/// What this process has in memory.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("it is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<usize>().ok());
    kilobytes.expect("the kernel tells it") * 1024
}
