//! What must hold after each change of what is stored, and of each answer.
//!
//! A book is kept of each game: the steps, folded one by one as they come to be stored, and models of
//! the clock and the offers that follow the same steps. What was answered is looked up in it.

use std::collections::BTreeMap;

use scrabble_backend::id::GameId;
use scrabble_backend::runtime::{
    Checked, Event, LiveGame, Offer, Outage, Refusal, Refused, RequestKey, Taken,
};
use scrabble_backend::time::Timestamp;

use crate::models::{ClockModel, OfferModel};
use crate::player::Wish;
use crate::storage::{Lost, Memory, Row};
use crate::tally::Tally;

/// An act that nobody could mean, as if its text were none.
#[derive(Debug)]
pub(crate) struct Unmeant;

/// A request, which may be sent more than once.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) game: GameId,
    pub(crate) wish: Wish,
    pub(crate) key: Option<RequestKey>,
    /// Whether its act can be read.
    pub(crate) is_meant: bool,
    /// The number of its step, once somebody has heard of it.
    acknowledged: Option<u32>,
}

/// How things stood when a call was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before {
    version: u32,
    was_acknowledged: bool,
    /// Whether the flag was to fall.
    is_due: bool,
    /// How many outages were known.
    outages: usize,
}

/// What is known of a game.
struct Book {
    folded: LiveGame,
    clock: ClockModel,
    offers: OfferModel,
    /// Position and progress after each step.
    states: Vec<(Vec<u8>, String)>,
}

pub(crate) struct Judge {
    memory: Memory,
    books: BTreeMap<GameId, Book>,
    pub(crate) outages: Vec<Outage>,
    pub(crate) tally: Tally,
}

impl Request {
    pub(crate) const fn new(
        game: GameId,
        wish: Wish,
        key: Option<RequestKey>,
        is_meant: bool,
    ) -> Self {
        Self { game, wish, key, is_meant, acknowledged: None }
    }

    /// Whether it would be done twice if it came twice.
    pub(crate) const fn is_repeatable(&self) -> bool {
        self.key.is_some()
    }
}

impl Book {
    fn new(game: &LiveGame) -> Self {
        let clock = ClockModel::new(game.terms().time_control, game.stepped_at());
        let states = vec![state(game)];
        Self { folded: game.clone(), clock, offers: OfferModel::default(), states }
    }
}

/// What a game comes to, byte for byte.
fn state(game: &LiveGame) -> (Vec<u8>, String) {
    (game.position().to_bytes(), game.progress_text())
}

impl Judge {
    pub(crate) fn new(memory: Memory) -> Self {
        let (books, outages, tally) = (BTreeMap::new(), Vec::new(), Tally::default());
        Self { memory, books, outages, tally }
    }

    pub(crate) fn begin(&mut self, game: &LiveGame) {
        self.books.insert(game.id(), Book::new(game));
        self.tally.games += 1;
    }

    /// Looks at everything that has changed.
    pub(crate) fn look(&mut self) {
        let memory = self.memory.clone();
        let mut tables = memory.tables();
        if !std::mem::take(&mut tables.has_changed) {
            return;
        }
        for (id, row) in &tables.games {
            let book = self.books.get_mut(id).unwrap();
            for number in book.folded.version()..row.steps.len() as u32 {
                follow(book, row, number + 1, &self.outages, &mut self.tally);
            }
            compare(book, row, &self.outages);
        }
    }

    /// A game as it stands.
    pub(crate) fn game(&self, id: GameId) -> &LiveGame {
        &self.books[&id].folded
    }

    /// Whether the player on turn is out of time by now, by a clock that nobody but the judge has.
    pub(crate) fn is_due(&self, id: GameId, at: Timestamp) -> bool {
        let book = &self.books[&id];
        let on_turn = book.folded.on_turn();
        on_turn.is_some_and(|seat| book.clock.allowed_us(seat, &self.outages, at) <= 0)
    }

    /// How things stand as a call is made, by the caller's replica's clock.
    pub(crate) fn before(&self, id: GameId, request: Option<&Request>, now: Timestamp) -> Before {
        let version = self.books[&id].folded.version();
        let was_acknowledged = request
            .is_some_and(|request| request.is_repeatable() && request.acknowledged.is_some());
        let outages = self.outages.len();
        Before { version, was_acknowledged, is_due: self.is_due(id, now), outages }
    }

    /// Hears the answer to a request.
    pub(crate) fn answered(
        &mut self,
        request: &mut Request,
        before: Before,
        answer: Result<Taken, Refused<Lost, Unmeant>>,
    ) {
        match answer {
            Ok(taken) => self.taken(request, &taken),
            Err(refused) => self.refused(request, before, &refused),
        }
    }

    fn taken(&mut self, request: &mut Request, taken: &Taken) {
        let number = taken.step.number;
        assert_eq!(taken.game.version(), number, "the game is answered as it is after the step");
        self.is_known(request.game, &taken.game);
        let known = request.acknowledged.filter(|_| request.is_repeatable());
        assert!(known.is_none_or(|first| first == number), "another step than at first: {known:?}");
        request.acknowledged = Some(number);
        let tables = self.memory.tables();
        let row = &tables.games[&request.game];
        let step = &row.steps[number as usize - 1];
        assert_eq!(taken.step.to_text(row.terms.rules), step.text, "it is stored as answered");
        assert_eq!(step.request, request.key, "it is stored for the request");
        let cause = taken.step.cause.unwrap();
        assert_eq!((cause.seat, cause.act), (request.wish.seat, request.wish.act));
        assert!(request.is_meant);
        self.tally.count(if taken.is_new { "taken" } else { "repeated" });
    }

    fn refused(&mut self, request: &Request, before: Before, refused: &Refused<Lost, Unmeant>) {
        let is_final = match refused {
            Refused::Refusal(refusal, game) => {
                self.is_known(request.game, game);
                assert!(game.version() >= before.version, "refused by what is long over");
                if let Refusal::StaleTurn(turn) = refusal {
                    assert_eq!(*turn, game.position().turn());
                }
                true
            }
            Refused::Stranger => {
                assert!(
                    self.books[&request.game].folded.players().len() <= request.wish.seat.into()
                );
                true
            }
            Refused::Unparsable(Unmeant) => {
                assert!(!request.is_meant);
                true
            }
            Refused::KeyReused => true,
            Refused::Unknown => panic!("the game is there"),
            Refused::SetAside(_)
            | Refused::AnswerUnreadable(_)
            | Refused::Unsure(_)
            | Refused::Contended
            | Refused::Storage(_) => false,
        };
        let name = name(refused);
        assert!(!(is_final && before.was_acknowledged), "refused after it was taken: {name}");
        self.tally.count(name);
    }

    /// Hears what the clock has done.
    pub(crate) fn checked(
        &mut self,
        id: GameId,
        before: Before,
        answer: &Result<Checked, Refused<Lost, ()>>,
    ) {
        match answer {
            Ok(Checked::Running(game)) => {
                self.is_known(id, game);
                let is_same = game.version() == before.version;
                let is_missed = before.is_due && is_same && self.outages.len() == before.outages;
                assert!(!is_missed, "a flag that was to fall did not");
            }
            Ok(Checked::Fallen(game)) => self.is_known(id, game),
            Ok(Checked::SetAside(_)) => {}
            Ok(Checked::Unknown) => panic!("the game is there"),
            Err(_) => {}
        }
    }

    /// A game that somebody was shown is one that was stored.
    fn is_known(&self, id: GameId, game: &LiveGame) {
        let known = &self.books[&id].states[game.version() as usize - 1];
        assert_eq!(*known, state(game), "what is shown was stored");
    }

    /// Looks at all games from their beginnings once more, and at what was acknowledged.
    pub(crate) fn finish(&mut self, requests: &[Request]) {
        let memory = self.memory.clone();
        let tables = memory.tables();
        self.tally.answers_lost += tables.answers_lost;
        for _ in 0..tables.set_aside_unknown {
            self.tally.count("behind a game set aside");
        }
        for (id, row) in &tables.games {
            assert!(row.is_over, "the flag falls in the end");
            let mut game = row.start(*id, *self.books[id].folded.position().bag().seed());
            for (number, step) in (1..).zip(&row.steps).skip(1) {
                game.fold_text(number, step.at, &step.text).unwrap();
            }
            assert_eq!(state(&game), (row.position.clone(), row.progress.clone()));
            self.tally.count_ending(&game);
        }
        for request in requests {
            let row = &tables.games[&request.game];
            let steps = (1..).zip(&row.steps).filter(|(_, step)| step.request.is_some());
            let own =
                steps.filter(|(_, step)| step.request == request.key).map(|(number, _)| number);
            let own: Vec<u32> = own.collect();
            assert!(own.len() <= 1, "a request was done {} times", own.len());
            if request.is_repeatable() && request.acknowledged.is_some() {
                assert_eq!(
                    own.first().copied(),
                    request.acknowledged,
                    "what was acknowledged is there"
                );
            }
        }
    }
}

/// Follows a step that has come to be stored.
fn follow(book: &mut Book, row: &Row, number: u32, outages: &[Outage], tally: &mut Tally) {
    let stored = &row.steps[number as usize - 1];
    let before = book.folded.clone();
    assert!(before.ending().is_none(), "a game that is over does not change");
    assert!(stored.at >= before.stepped_at(), "time does not go back in a game");
    let step = book.folded.fold_text(number, stored.at, &stored.text).unwrap();
    assert_eq!(step.to_text(row.terms.rules), stored.text, "a step reads back");
    if let Some(cause) = step.cause
        && !cause.is_of_the_clock()
    {
        assert!(before.position().is_in(cause.seat), "who is out asks for nothing");
    }
    book.clock.follow((&before, &step, &book.folded), stored.stood_since, outages);
    book.offers.follow(&before, &step, &book.folded);
    assert_eq!(book.folded.position().tiles(), row.terms.rules.counts, "tiles are conserved");
    book.states.push(state(&book.folded));
    tally.steps += 1;
    for event in &step.events {
        tally.count(match event {
            Event::Game(event) => event.name(),
            Event::Offered { .. } => "offered",
            Event::Accepted { .. } => "accepted",
            Event::Declined { .. } => "declined",
            Event::Withdrawn { .. } => "withdrawn",
            Event::TimeGiven => "time_given",
            Event::Aborted => "aborted",
            Event::Resumed => "resumed",
        });
    }
}

/// What is stored of a game is what its steps come to, and its clock is looked at in time.
fn compare(book: &Book, row: &Row, outages: &[Outage]) {
    let folded = &book.folded;
    assert_eq!(row.version, folded.version(), "versions have no holes");
    assert_eq!(row.version as usize, row.steps.len(), "a version is a step");
    assert_eq!((&row.position, &row.progress), {
        let (position, progress) = &book.states[row.version as usize - 1];
        (position, progress)
    });
    assert_eq!(row.stepped_at, folded.stepped_at());
    assert_eq!(row.is_over, folded.ending().is_some());
    let is_watched = !row.is_over && row.set_aside_at.is_none();
    assert_eq!(row.check_at.is_some(), is_watched, "the clock of a game that goes is watched");
    if let (Some(check_at), Some(seat)) = (row.check_at, folded.on_turn()) {
        // A flag that was due when the game was set aside is due at once when it goes on.
        let allowed_us = book.clock.allowed_us(seat, outages, check_at.max(row.stepped_at));
        let is_in_time = allowed_us >= 0 || check_at <= row.stepped_at;
        assert!(is_in_time, "the clock is looked at {} µs late", -allowed_us);
    }
    let agreed = folded.offers().standing().map(|offer: &Offer| offer.has_agreed(offer.seat));
    assert!(agreed != Some(false), "who proposes agrees");
}

const fn name(refused: &Refused<Lost, Unmeant>) -> &'static str {
    match refused {
        Refused::Unknown => "unknown",
        Refused::SetAside(_) => "set_aside",
        Refused::Stranger => "stranger",
        Refused::Unparsable(_) => "unparsable",
        Refused::Refusal(refusal, _) => match refusal {
            Refusal::GameOver => "game_over",
            Refusal::StaleTurn(_) => "stale_turn",
            Refusal::Illegal(_) => "illegal",
            Refusal::OfferStands => "offer_stands",
            Refusal::NothingToAnswer => "nothing_to_answer",
            Refusal::NothingToWithdraw => "nothing_to_withdraw",
            Refusal::OffersSpent => "offers_spent",
            Refusal::DroppedOut => "who_dropped_out",
        },
        Refused::KeyReused => "key_reused",
        Refused::AnswerUnreadable(_) => "answer_unreadable",
        Refused::Unsure(_) => "unsure",
        Refused::Contended => "contended",
        Refused::Storage(_) => "storage",
    }
}
