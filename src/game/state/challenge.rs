//! Challenges: what becomes of a play that is questioned, and of who questioned it.
//!
//! Sources: NASPA 4.G (double), WESPA v3 3.10 (five points), Collins tournament practice (ten points, a
//! word), and Woogles for five and ten points a play and for the triple rule. All words of the play are
//! questioned at once, so that points *per word* count each of them.

use crate::game::{ChallengeRule, ScoredPlay};
use crate::lexicon::Word;

use super::decide::Draft;
use super::{DropReason, Event, GameState, Illegal};

impl GameState {
    /// What a wrong challenge of a play gives the one who made it, and whether it costs the turn.
    pub(super) fn wrong_challenge(&self, play: &ScoredPlay) -> (i32, bool) {
        let points = match self.challenge {
            ChallengeRule::PointsPerPlay(points) => i32::from(points),
            ChallengeRule::PointsPerWord(points) => i32::from(points) * play.words().len() as i32,
            _ => 0,
        };
        (points, self.challenge == ChallengeRule::Double)
    }
}

impl Draft<'_> {
    /// The words of a play that are none.
    pub(super) fn invalid_words(&self, play: &ScoredPlay) -> Vec<Word> {
        let words = play.words().iter().map(|formed| formed.word);
        words.filter(|word| !self.words.contains(word.places())).collect()
    }

    pub(super) fn challenge(&mut self, challenger: u8) -> Result<(), Illegal> {
        let (seat, play) =
            self.state.challengeable(self.rules).ok_or(Illegal::NothingToChallenge)?;
        let invalid = self.invalid_words(&play);
        if invalid.is_empty() {
            self.challenge_failed(challenger, seat, &play);
        } else {
            self.take_back(challenger, seat, &play, invalid);
        }
        Ok(())
    }

    fn take_back(&mut self, challenger: u8, seat: u8, play: &ScoredPlay, invalid: Vec<Word>) {
        let state = &self.state;
        let Some(window) = state.window else { return };
        self.emit(Event::PlayTakenBack {
            seat,
            challenger,
            placement: *play.placement(),
            invalid,
            returned: window.drawn,
            bag_tiles: (state.bag.len() + window.drawn.len()) as u8,
            score: play.score(),
            total: state.total(seat).saturating_sub(play.score()),
        });
        if self.state.challenge == ChallengeRule::Triple {
            self.emit(Event::DroppedOut { seat, reason: DropReason::TripleChallenge });
        }
        // The challenger, who is on turn, plays.
        self.go_on(false);
    }

    fn challenge_failed(&mut self, challenger: u8, seat: u8, play: &ScoredPlay) {
        let (points, costs_turn) = self.state.wrong_challenge(play);
        let total = self.state.total(seat).saturating_add(points);
        self.emit(Event::ChallengeFailed { seat, challenger, points, total, costs_turn });
        let is_triple = self.state.challenge == ChallengeRule::Triple;
        if is_triple {
            let reason = DropReason::TripleChallenge;
            self.emit(Event::DroppedOut { seat: challenger, reason });
        }
        self.go_on(costs_turn || is_triple);
    }
}
