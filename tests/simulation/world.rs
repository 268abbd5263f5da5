//! A run: some games, replicas that come and go, players who ask for anything, and time.
//!
//! One thing happens at a time, by chance: a call of a replica goes on as far as to where it waits for
//! the storage, a player asks, a replica dies. So calls interleave in every way.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use scrabble_backend::game::{RuleSet, Seed};
use scrabble_backend::id::{AccountId, GameId};
use scrabble_backend::runtime::{Asked, Checked, LiveGame, Outages, Refused, RequestKey, Taken};
use scrabble_backend::time::{Clock, Timestamp};
use uuid::Builder;

use crate::dice::Dice;
use crate::judge::{Before, Judge, Request, Unmeant};
use crate::player::wish;
use crate::replica::{Replica, Signs, outage_in};
use crate::storage::{Faults, Lost, Memory, Row};
use crate::tally::Tally;
use crate::terms;

/// A run that has not come to its end after so many things is left to the clocks.
const TICKS_MAX: u64 = 2_500;

/// By then every game is over, if flags fall.
const SWEEPS_MAX: u64 = 500;

/// How many calls are under way at the same time.
const CALLS_MAX: usize = 8;

/// Replicas' clocks differ by no more than this.
const SKEW_MAX_US: u64 = 200_000;

/// A call of a replica that has not been answered.
struct Call {
    replica: usize,
    before: Before,
    asked: What,
    work: Pin<Box<dyn Future<Output = Answer>>>,
}

#[derive(Clone, Copy)]
enum What {
    /// A request, by its place.
    Request(usize),
    /// To have the clock looked at.
    Check(GameId),
}

enum Answer {
    Request(Result<Taken, Refused<Lost, Unmeant>>),
    Check(Result<Checked, Refused<Lost, ()>>),
}

pub(crate) struct World {
    dice: Dice,
    memory: Memory,
    judge: Judge,
    clock: Clock,
    replicas: Vec<Replica>,
    signs: Signs,
    calls: Vec<Call>,
    requests: Vec<Request>,
    games: Vec<GameId>,
    /// The usual length of a pause, in microseconds.
    pause_us: u64,
}

/// Plays a run, and says what has happened.
pub(crate) fn run(seed: u64) -> Tally {
    let mut world = World::new(seed);
    for _ in 0..TICKS_MAX {
        world.tick();
        world.judge.look();
        if world.is_over() {
            break;
        }
    }
    world.settle();
    world.judge.finish(&world.requests);
    world.judge.tally
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let faults = match dice.roll(3) {
            0 => Faults::default(),
            1 => Faults { fails_before: 10, fails_after: 10, is_stale: 10 },
            _ => Faults { fails_before: 80, fails_after: 80, is_stale: 80 },
        };
        let memory = Memory::new(Dice::new(dice.roll(u64::MAX)), faults);
        let now = Timestamp::from_micros(1_764_000_000_000_000);
        let is_real_time = dice.happens(700);
        let mut world = Self {
            judge: Judge::new(memory.clone()),
            memory,
            clock: Clock::manual(now),
            replicas: Vec::new(),
            signs: Signs::new(now),
            calls: Vec::new(),
            requests: Vec::new(),
            games: Vec::new(),
            pause_us: if is_real_time { 200_000 } else { 100_000_000 },
            dice,
        };
        for _ in 0..1 + world.dice.roll(3) {
            let terms = terms::draw(&mut world.dice, is_real_time);
            let players = (0..terms.players).map(|_| AccountId::from(world.uuid())).collect();
            let (id, seed) = (GameId::from(world.uuid()), Seed::new(world.dice.bytes()));
            let (game, step) = LiveGame::start(id, terms, players, seed, now).unwrap();
            world.memory.insert(&game, &step);
            world.judge.begin(&game);
            world.games.push(id);
        }
        for _ in 0..1 + world.dice.roll(3) {
            world.start();
        }
        world.speak();
        world
    }

    fn uuid(&mut self) -> uuid::Uuid {
        Builder::from_random_bytes(self.dice.bytes()).into_uuid()
    }

    /// A replica starts, which has given no sign of life.
    fn start(&mut self) {
        let skew = Duration::from_micros(self.dice.roll(SKEW_MAX_US));
        self.replicas.push(Replica::new(self.memory.clone(), self.clock.now() + skew));
    }

    fn is_over(&self) -> bool {
        self.calls.is_empty() && self.memory.tables().games.values().all(|row| row.is_over)
    }

    fn tick(&mut self) {
        match self.dice.roll(1000) {
            0..600 => self.go_on(),
            600..800 => self.ask(),
            800..850 => self.repeat(),
            850..900 => self.sweep(),
            900..970 => self.pass_time(),
            970..978 => self.restart(),
            978..980 => self.fail(),
            980..988 => self.speak(),
            988..990 => self.fall_silent(),
            990..991 => self.make_unreadable(|row| row.is_unreadable = true),
            991..992 => self.make_unreadable(|row| row.are_steps_unreadable = true),
            _ => self.make_readable(),
        }
    }

    /// A call goes on as far as it can.
    fn go_on(&mut self) {
        if self.calls.is_empty() {
            return;
        }
        let index = self.dice.roll(self.calls.len() as u64) as usize;
        let call = &mut self.calls[index];
        let polled = call.work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        self.judge.look();
        let Poll::Ready(answer) = polled else { return };
        let Call { before, asked, replica, .. } = self.calls.swap_remove(index);
        match (asked, answer) {
            (What::Request(request), Answer::Request(answer)) => {
                // Whoever meets a game first that can't be read stops its clock.
                if let Err(Refused::SetAside(_)) = &answer {
                    let now = self.replicas[replica].clock.now();
                    self.memory.tables().set_aside(self.requests[request].game, now);
                }
                self.judge.answered(&mut self.requests[request], before, answer);
            }
            (What::Check(id), Answer::Check(answer)) => {
                self.judge.checked(id, before, &answer);
                self.follow_up(id, replica, &answer);
            }
            _ => unreachable!("an answer is to what was asked"),
        }
    }

    /// What the sweep does after it has had a clock looked at.
    fn follow_up(
        &mut self,
        id: GameId,
        replica: usize,
        answer: &Result<Checked, Refused<Lost, ()>>,
    ) {
        let now = self.replicas[replica].clock.now();
        match answer {
            Ok(Checked::Running(game)) => {
                if let Some(flag_at) = game.flag_at(&Outages::new(self.judge.outages.clone()), now)
                {
                    self.memory.tables().look_later(id, game.version(), flag_at);
                }
            }
            Ok(Checked::SetAside(_)) => self.memory.tables().set_aside(id, now),
            _ => {}
        }
    }

    fn call(&mut self, asked: What) {
        let replica = self.dice.roll(self.replicas.len() as u64) as usize;
        let Replica { referee, clock, .. } = &self.replicas[replica];
        let (referee, now) = (Arc::clone(referee), clock.now());
        let (before, work): (_, Pin<Box<dyn Future<Output = Answer>>>) = match asked {
            What::Check(id) => {
                let work = async move { Answer::Check(referee.check(id).await) };
                (self.judge.before(id, None, now), Box::pin(work))
            }
            What::Request(index) => {
                let request = &self.requests[index];
                let before = self.judge.before(request.game, Some(request), now);
                let (wish, game, key) = (request.wish, request.game, request.key);
                let player = self.player(game, wish.seat);
                let is_meant = request.is_meant;
                let act = move |_: &RuleSet| if is_meant { Ok(wish.act) } else { Err(Unmeant) };
                let work = async move {
                    let request = key.as_ref();
                    let asked = Asked { game, player, turn: wish.turn, act, request };
                    Answer::Request(referee.take(asked).await)
                };
                (before, Box::pin(work))
            }
        };
        self.calls.push(Call { replica, before, asked, work });
    }

    /// Who has a seat; a stranger where nobody does.
    fn player(&self, game: GameId, seat: u8) -> AccountId {
        let players = self.judge.game(game).players();
        players.get(usize::from(seat)).copied().unwrap_or(AccountId::MAX)
    }

    /// Somebody asks something of some game.
    fn ask(&mut self) {
        if self.calls.len() >= CALLS_MAX {
            return;
        }
        let id = self.dice.one_of(&self.games);
        let game = self.judge.game(id);
        if game.ending().is_some() && !self.dice.happens(100) {
            return;
        }
        let wish = wish(&mut self.dice, game);
        let is_meant = !self.dice.happens(10);
        let key = match self.dice.roll(20) {
            0 => None,
            // A key that was used for something else.
            1 if !self.requests.is_empty() => {
                let other = self.dice.roll(self.requests.len() as u64) as usize;
                let body_hash = self.dice.bytes();
                self.requests[other].key.map(|key| RequestKey { body_hash, ..key })
            }
            _ => Some(RequestKey { key_hash: self.dice.bytes(), body_hash: self.dice.bytes() }),
        };
        self.requests.push(Request::new(id, wish, key, is_meant));
        self.call(What::Request(self.requests.len() - 1));
    }

    /// Somebody has heard nothing, or asks once more anyway.
    fn repeat(&mut self) {
        if self.requests.is_empty() || self.calls.len() >= CALLS_MAX {
            return;
        }
        // One of the last, mostly.
        let back = if self.dice.happens(800) { 4 } else { self.requests.len() as u64 };
        let index = self.requests.len().saturating_sub(1 + self.dice.roll(back) as usize);
        if self.requests[index].is_repeatable() {
            self.call(What::Request(index));
        }
    }

    /// A replica looks at the clocks that may have run out.
    fn sweep(&mut self) {
        let now = self.replicas[self.dice.roll(self.replicas.len() as u64) as usize].clock.now();
        for id in self.due(now) {
            self.call(What::Check(id));
        }
    }

    fn due(&self, now: Timestamp) -> Vec<GameId> {
        let tables = self.memory.tables();
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        tables.games.iter().filter(|(_, row)| is_due(row.check_at)).map(|(id, _)| *id).collect()
    }

    fn pass_time(&mut self) {
        let factor = self.dice.one_of(&[1, 1, 3, 30]);
        let micros = self.dice.roll(self.pause_us * factor);
        self.advance(Duration::from_micros(micros));
    }

    /// Time passes; replicas give signs of life meanwhile.
    fn advance(&mut self, time: Duration) {
        self.clock.advance(time);
        let now = self.clock.now();
        for replica in &mut self.replicas {
            replica.clock.advance(time);
            match replica.is_silent {
                true => replica.was_silent(now),
                false => self.signs.go_on(replica, &self.judge.outages, &mut self.dice, now),
            }
        }
    }

    /// A replica dies with all that it was about, and another takes its place.
    fn restart(&mut self) {
        let index = self.dice.roll(self.replicas.len() as u64) as usize;
        self.calls.retain(|call| call.replica != index);
        self.start();
        self.replicas.swap_remove(index);
        if self.is_alone(index) || self.dice.happens(900) {
            self.speak();
        }
        self.judge.tally.count("crash");
    }

    /// Whether no other replica gives signs of life.
    fn is_alone(&self, index: usize) -> bool {
        let mut others = self.replicas.iter().enumerate().filter(|(other, _)| *other != index);
        others.all(|(_, replica)| replica.is_silent)
    }

    /// A replica gives no more signs of life, while another does: an outage finds nobody at work.
    fn fall_silent(&mut self) {
        let index = self.dice.roll(self.replicas.len() as u64) as usize;
        self.replicas[index].is_silent |= !self.is_alone(index);
    }

    /// All replicas give signs of life, and know of all outages then.
    fn speak(&mut self) {
        let now = self.clock.now();
        for replica in self.replicas.iter_mut().filter(|replica| replica.is_silent) {
            if self.signs.begin(replica, &mut self.judge.outages, now) {
                self.judge.tally.count("outage");
                for row in self.memory.tables().games.values().filter(|row| !row.is_over) {
                    self.judge.tally.count(outage_in(row.terms.time_control));
                }
            }
        }
    }

    /// All replicas die, and for a while there is none.
    fn fail(&mut self) {
        self.calls.clear();
        // Of the half second before a crash it is not known whether the clock of a game stood that was set
        // aside: none goes on in it.
        for step in self.memory.tables().games.values().flat_map(|row| &row.steps) {
            if step.stood_since.is_some() {
                self.signs.alive_at = self.signs.alive_at.max(step.at);
            }
        }
        let count = std::mem::take(&mut self.replicas).len();
        let micros = self.dice.roll(self.pause_us * 30);
        self.advance(Duration::from_micros(micros));
        for _ in 0..count {
            self.start();
        }
        // Else they can't give signs for a while, though they are up.
        if self.dice.happens(900) {
            self.speak();
        }
    }

    fn make_unreadable(&mut self, make: impl Fn(&mut Row)) {
        let id = self.dice.one_of(&self.games);
        let mut tables = self.memory.tables();
        make(tables.games.get_mut(&id).unwrap());
    }

    /// All games can be read again, and those that were set aside are tried.
    fn make_readable(&mut self) {
        for row in self.memory.tables().games.values_mut() {
            (row.is_unreadable, row.are_steps_unreadable) = (false, false);
        }
        let tables = self.memory.tables();
        let set_aside = tables.games.iter().filter(|(_, row)| row.set_aside_at.is_some());
        let set_aside: Vec<GameId> = set_aside.map(|(id, _)| *id).collect();
        drop(tables);
        for id in set_aside {
            self.call(What::Check(id));
        }
    }

    /// Nothing fails any more, and nobody asks: every game comes to its end by the clock alone.
    fn settle(&mut self) {
        self.memory.tables().faults = Faults::default();
        self.speak();
        for _ in 0..SWEEPS_MAX {
            while !self.calls.is_empty() {
                self.go_on();
            }
            if self.is_over() {
                return;
            }
            self.make_readable();
            let watched = self.memory.tables().games.values().filter_map(|row| row.check_at).min();
            let wait_us = watched.map_or(0, |at| at.as_micros() - self.clock.now().as_micros());
            self.advance(Duration::from_micros(wait_us.max(1).unsigned_abs()));
            for id in self.due(self.clock.now()) {
                self.call(What::Check(id));
            }
        }
    }
}
