//! What has happened in runs, so that it is seen that everything has.

use std::collections::BTreeMap;
use std::fmt;

use scrabble_backend::runtime::{Ending, LiveGame};

/// Everything that is to come about in runs enough.
const EXPECTED: &[&str] = &[
    // Of a game.
    "played",
    "exchanged",
    "passed",
    "play_taken_back",
    "challenge_failed",
    "dropped_out",
    "turn_began",
    "adjusted",
    "ended",
    "offered",
    "accepted",
    "declined",
    "withdrawn",
    "time_given",
    "aborted",
    "resumed",
    // Of its end.
    "end: out",
    "end: scoreless",
    "end: resigned",
    "end: timed_out",
    "end: triple_challenge",
    "end: aborted",
    // Of requests.
    "taken",
    "repeated",
    "set_aside",
    "stranger",
    "unparsable",
    "game_over",
    "stale_turn",
    "illegal",
    "offer_stands",
    "nothing_to_answer",
    "nothing_to_withdraw",
    "offers_spent",
    "who_dropped_out",
    "key_reused",
    "unsure",
    "answer_unreadable",
    "storage",
    // Of the house.
    "crash",
    "behind a game set aside",
    "outage",
    "outage in correspondence",
    "outage in real time",
    "outage in real time with increment",
    "outage in real time with overtime",
];

/// How often what has happened.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) games: u64,
    pub(crate) steps: u64,
    pub(crate) answers_lost: u64,
    counts: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_insert(0) += 1;
    }

    pub(crate) fn count_ending(&mut self, game: &LiveGame) {
        self.count(match game.ending() {
            None => "end: none",
            Some(Ending::Aborted) => "end: aborted",
            Some(Ending::Played(reason)) => match reason.as_str() {
                "out" => "end: out",
                "scoreless" => "end: scoreless",
                "resigned" => "end: resigned",
                "timed_out" => "end: timed_out",
                _ => "end: triple_challenge",
            },
        });
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.games += other.games;
        self.steps += other.steps;
        self.answers_lost += other.answers_lost;
        for (what, count) in other.counts {
            *self.counts.entry(what).or_insert(0) += count;
        }
    }

    /// What has never happened and should have.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        EXPECTED.iter().copied().filter(|what| !self.counts.contains_key(what)).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { games, steps, answers_lost, counts } = self;
        write!(formatter, "{games} games, {steps} steps, {answers_lost} answers lost; {counts:?}")
    }
}
