//! Clocks and offers as the rules of the house have them, thought out anew and as plainly as can be:
//! what the runtime makes of a game is held to them.

use scrabble_backend::game::{self, PLAYERS_MAX};
use scrabble_backend::runtime::{Event, LiveGame, Offers, Outage, Proposal, Step, TimeControl};
use scrabble_backend::time::Timestamp;

const SECOND_US: i64 = 1_000_000;

/// Clocks that remember every span in which they stood.
#[derive(Debug)]
pub(crate) struct ClockModel {
    control: TimeControl,
    left_us: [i64; PLAYERS_MAX],
    turn_began_at: Timestamp,
    stood: Vec<Outage>,
}

impl ClockModel {
    pub(crate) const fn new(control: TimeControl, now: Timestamp) -> Self {
        let seconds = match control {
            TimeControl::RealTime { initial_seconds, .. } => initial_seconds,
            TimeControl::Correspondence { bank_seconds, .. } => bank_seconds,
        };
        let left_us = [seconds as i64 * SECOND_US; PLAYERS_MAX];
        Self { control, left_us, turn_began_at: now, stood: Vec::new() }
    }

    /// What the turn has for itself beside what is left, and what is left may fall to.
    const fn turn_us(&self) -> i64 {
        match self.control {
            TimeControl::RealTime { .. } => 0,
            TimeControl::Correspondence { turn_seconds, .. } => turn_seconds as i64 * SECOND_US,
        }
    }

    const fn floor_us(&self) -> i64 {
        match self.control {
            TimeControl::RealTime { overtime_minutes, .. } => {
                overtime_minutes as i64 * -60 * SECOND_US
            }
            TimeControl::Correspondence { .. } => 0,
        }
    }

    /// Time since the turn began in which the clock went: microsecond by microsecond it either did, or
    /// there was an outage, or the game was set aside.
    fn thought_us(&self, outages: &[Outage], at: Timestamp) -> i64 {
        let (from, to) = (self.turn_began_at.as_micros(), at.as_micros());
        let spans = outages.iter().chain(&self.stood);
        let clipped =
            |span: &Outage| (span.from.as_micros().max(from), span.to.as_micros().min(to));
        let mut spans: Vec<(i64, i64)> =
            spans.map(clipped).filter(|(from, to)| from < to).collect();
        spans.sort_unstable();
        let (mut reached, mut thought) = (from, 0);
        for (from, to) in spans {
            thought += (from - reached).max(0);
            reached = reached.max(to);
        }
        thought + (to - reached).max(0)
    }

    /// How long a player on turn may think still; nothing or less once the flag is to fall.
    pub(crate) fn allowed_us(&self, seat: u8, outages: &[Outage], at: Timestamp) -> i64 {
        let left_us = self.left_us[usize::from(seat)] - self.floor_us();
        left_us + self.turn_us() - self.thought_us(outages, at)
    }

    /// What is left for a player on turn.
    fn left_now_us(&self, seat: u8, outages: &[Outage], at: Timestamp) -> i64 {
        let left_us = self.left_us[usize::from(seat)];
        let beyond_us = (self.thought_us(outages, at) - self.turn_us()).max(0);
        (left_us - beyond_us).max(self.floor_us().min(left_us))
    }

    /// Follows a step between two states, and compares what the step has for clocks.
    pub(crate) fn follow(
        &mut self,
        (before, step, after): (&LiveGame, &Step, &LiveGame),
        stood_since: Option<Timestamp>,
        known: &[Outage],
    ) {
        let mover = before.on_turn().expect("nothing happens in a game that is over");
        let is_resumed = step.events == [Event::Resumed];
        assert_eq!(
            is_resumed,
            stood_since.is_some(),
            "what stands goes on first, and nothing else"
        );
        if let Some(stood_since) = stood_since {
            let from = stood_since.max(before.stepped_at());
            self.stood.push(Outage { from, to: step.at });
        }
        match step.cause {
            Some(cause) if cause.is_of_the_clock() => {
                let allowed_us = self.allowed_us(mover, known, step.at);
                assert!(allowed_us <= 0, "the flag fell {allowed_us} µs too early");
            }
            Some(_) => assert!(self.allowed_us(mover, known, step.at) > 0, "the flag had fallen"),
            None => {}
        }
        let mut ends_turn = false;
        for event in &step.events {
            match event {
                Event::TimeGiven => {
                    let more_us = self.turn_us().max(60 * SECOND_US);
                    self.left_us.iter_mut().for_each(|left_us| *left_us += more_us);
                }
                Event::Aborted | Event::Game(game::Event::Ended { .. }) => {
                    self.left_us[usize::from(mover)] = self.left_now_us(mover, known, step.at);
                }
                Event::Game(game::Event::TurnBegan { .. }) => {
                    self.left_us[usize::from(mover)] = self.left_now_us(mover, known, step.at);
                    ends_turn = true;
                }
                _ => {}
            }
        }
        if ends_turn {
            if let TimeControl::RealTime { increment_seconds, .. } = self.control
                && after.position().is_in(mover)
            {
                self.left_us[usize::from(mover)] += i64::from(increment_seconds) * SECOND_US;
            }
            (self.turn_began_at, self.stood) = (step.at, Vec::new());
        }
        self.compare(after, step, known);
    }

    fn compare(&self, after: &LiveGame, step: &Step, known: &[Outage]) {
        for (seat, left_us) in (0..).zip(self.left_us) {
            assert_eq!(step.clocks.left_us(seat), left_us, "what seat {seat} has left");
        }
        if let Some(seat) = after.on_turn() {
            let outages = scrabble_backend::runtime::Outages::new(known.to_vec());
            let told_us = step.clocks.left_now_us(self.control, seat, &outages, step.at);
            assert_eq!(told_us, self.left_now_us(seat, known, step.at), "what is left now");
        }
    }
}

/// The offers of a game, by a list of those that were made.
#[derive(Debug, Default)]
pub(crate) struct OfferModel {
    made: Vec<(u8, Proposal)>,
    agreed: Option<Vec<u8>>,
}

impl OfferModel {
    /// Follows a step, whose every event must be allowed, and compares what the game has for offers.
    pub(crate) fn follow(&mut self, before: &LiveGame, step: &Step, after: &LiveGame) {
        let is_in = |seat: &u8| before.position().is_in(*seat);
        for (index, event) in step.events.iter().enumerate() {
            let last = self.made.last().copied();
            match event {
                Event::Offered { seat, proposal } => {
                    assert!(self.agreed.is_none() && is_in(seat), "an offer beside another");
                    self.made.push((*seat, *proposal));
                    let same = self.made.iter().filter(|made| **made == (*seat, *proposal)).count();
                    assert!(same <= 2, "an offer too many");
                    self.agreed = Some(vec![*seat]);
                }
                Event::Accepted { seat } => {
                    let agreed = self.agreed.as_mut().expect("an offer stands");
                    assert!(!agreed.contains(seat) && is_in(seat), "accepted twice");
                    agreed.push(*seat);
                    let is_asked = |seat: &u8| is_in(seat) && !agreed.contains(seat);
                    let is_agreed = !(0..before.position().players()).any(|seat| is_asked(&seat));
                    let is_done = step.events.len() > index + 1;
                    assert_eq!(is_agreed, is_done, "done when all have agreed, and not before");
                }
                Event::Declined { seat } => {
                    assert!(self.agreed.is_some() && last.is_some_and(|(by, _)| by != *seat));
                    self.agreed = None;
                }
                Event::Withdrawn { seat } => {
                    assert!(self.agreed.is_some() && last.is_some_and(|(by, _)| by == *seat));
                    self.agreed = None;
                }
                Event::TimeGiven => self.is_done(Proposal::MoreTime),
                Event::Aborted => self.is_done(Proposal::Abort),
                Event::Game(
                    game::Event::TurnBegan { .. }
                    | game::Event::DroppedOut { .. }
                    | game::Event::Ended { .. },
                ) => self.agreed = None,
                Event::Game(_) | Event::Resumed => {}
            }
        }
        self.compare(after.offers());
    }

    fn is_done(&mut self, proposal: Proposal) {
        assert!(self.agreed.take().is_some(), "an offer stands");
        assert_eq!(self.made.last().map(|(_, made)| *made), Some(proposal));
    }

    fn compare(&self, offers: &Offers) {
        let standing = offers.standing();
        assert_eq!(standing.is_some(), self.agreed.is_some(), "whether an offer stands");
        if let (Some(standing), Some(agreed)) = (standing, &self.agreed) {
            assert_eq!(self.made.last(), Some(&(standing.seat, standing.proposal)));
            for seat in 0..PLAYERS_MAX as u8 {
                assert_eq!(standing.has_agreed(seat), agreed.contains(&seat), "who has agreed");
            }
        }
    }
}
