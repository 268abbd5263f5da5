//! A record played again by the rules: what each move counts, and where the record differs.
//!
//! A record tells less than a game knows: of the tiles drawn nothing, of racks and exchanged tiles
//! perhaps a part, of challenges only their outcome. So this does not run a
//! [`GameState`](crate::game::GameState), which knows all of that; it follows, beside the board, how
//! many tiles everybody has and which of them are known, and holds every move against that and the
//! rule set. It takes a record's word for what it cannot know: the draws, and which rule gave points
//! for a challenge.

mod difference;
mod racks;
mod settling;

use std::collections::HashSet;

use crate::game::{Board, ChallengeRule, PLAYERS_MAX, Placement, RuleSet, ScoredPlay};
use crate::lexicon::{Lexicon, Word};

use super::{Action, Game, Mode, Move};
use racks::{RackFault, Racks};

pub use difference::Difference;

/// A record that is played again, a move at a time.
///
/// Whoever makes the first turn begins; the order of seats is kept from then on. After the first
/// difference there are no more moves.
#[derive(Debug)]
pub struct Replay<'a> {
    game: &'a Game,
    rules: &'a RuleSet,
    lexicon: Option<&'a Lexicon>,
    mode: Mode,
    next: usize,
    board: Board,
    racks: Racks,
    totals: [i32; PLAYERS_MAX],
    on_turn: Option<usize>,
    /// Turns without points in succession.
    scoreless: usize,
    end: Option<End>,
    /// The play just before, until the next turn.
    last_play: Option<LastPlay>,
    /// All words that were made and stayed.
    made: HashSet<Word>,
}

/// What is found of a move that is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Words of a play that the lexicon does not have.
    pub invalid: Vec<String>,
    /// What was forgiven, in [`Mode::Lenient`].
    pub warnings: Vec<Difference>,
}

/// How far a record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The game is over, and the tiles that were left are counted.
    Settled,
    /// The game is over, but nothing tells of the tiles that were left.
    Unsettled,
    /// The game goes on.
    Unfinished,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// This player has no tiles left, and the bag neither.
    Out(usize),
    Scoreless,
}

/// What it takes to take a play back.
#[derive(Debug, Clone)]
struct LastPlay {
    seat: usize,
    placement: Placement,
    score: i32,
    words: Vec<String>,
    /// Those that were made for the first time.
    made: Vec<Word>,
    invalid: Vec<String>,
    racks: Racks,
    scoreless: usize,
}

impl Iterator for Replay<'_> {
    type Item = Result<Turn, Difference>;

    fn next(&mut self) -> Option<Self::Item> {
        let one = self.game.moves.get(self.next)?;
        self.next += 1;
        let turn = self.play(one);
        if turn.is_err() {
            self.next = self.game.moves.len();
        }
        Some(turn)
    }
}

impl<'a> Replay<'a> {
    /// Of a game, by rules, with words checked if there is a lexicon for the rules' letters.
    #[must_use]
    pub fn new(
        game: &'a Game,
        rules: &'a RuleSet,
        lexicon: Option<&'a Lexicon>,
        mode: Mode,
    ) -> Self {
        Self {
            game,
            rules,
            lexicon,
            mode,
            next: 0,
            board: Board::EMPTY,
            racks: Racks::deal(rules, game.players.len()),
            totals: [0; PLAYERS_MAX],
            on_turn: None,
            scoreless: 0,
            end: None,
            last_play: None,
            made: HashSet::new(),
        }
    }

    fn play(&mut self, one: &Move) -> Result<Turn, Difference> {
        let mut turn = Turn { invalid: Vec::new(), warnings: Vec::new() };
        let expected = self.action(one, &mut turn)?;
        if one.score != expected {
            return Err(Difference::Score { expected, got: one.score });
        }
        let total = self.totals[one.seat].saturating_add(expected);
        self.totals[one.seat] = total;
        if one.total != total {
            return Err(Difference::Total { expected: total, got: one.total });
        }
        Ok(turn)
    }

    /// Does what a move does, and counts its points.
    fn action(&mut self, one: &Move, turn: &mut Turn) -> Result<i32, Difference> {
        match &one.action {
            Action::Play(placement) => {
                self.take_turn(one, turn)?;
                self.place(one.seat, placement, turn)
            }
            Action::Pass => self.pass(one, turn),
            Action::Exchange(tiles) => {
                self.take_turn(one, turn)?;
                self.exchange(tiles.len(), |racks| racks.exchange(one.seat, tiles))
            }
            Action::ExchangeUnseen(count) => {
                self.take_turn(one, turn)?;
                let count = usize::from(*count);
                self.exchange(count, |racks| racks.exchange_unseen(one.seat, count))
            }
            Action::TakeBack => self.take_back(one.seat, turn),
            Action::ChallengeBonus => self.challenge_bonus(one),
            Action::TimePenalty => self.time_penalty(one.score),
            Action::RackPoints(tiles) => self.rack_points(one, tiles, turn),
            Action::RackPenalty(tiles) => self.rack_penalty(one, tiles, turn),
        }
    }

    /// What every turn is held against: the end, the order of seats, and the rack.
    fn take_turn(&mut self, one: &Move, turn: &mut Turn) -> Result<(), Difference> {
        if self.end.is_some() {
            return Err(Difference::AfterEnd);
        }
        let expected = self.on_turn.unwrap_or(one.seat);
        if let Some(player) = self.game.players.get(expected).filter(|_| expected != one.seat) {
            return Err(Difference::OffTurn(player.nickname.clone()));
        }
        self.on_turn = Some((one.seat + 1) % self.game.players.len().max(1));
        self.last_play = None;
        let learnt = self.racks.learn(one.seat, &one.rack);
        self.check_rack(learnt, turn)
    }

    /// Keeps what can be forgiven as a warning, if that is what is done.
    fn forgive(&self, difference: Difference, turn: &mut Turn) -> Result<(), Difference> {
        if self.mode == Mode::Strict || !difference.is_forgivable() {
            return Err(difference);
        }
        turn.warnings.push(difference);
        Ok(())
    }

    fn check_rack(&self, learnt: Result<(), RackFault>, turn: &mut Turn) -> Result<(), Difference> {
        learnt.or_else(|fault| self.forgive(Difference::of(fault, &self.rules.alphabet), turn))
    }

    fn place(
        &mut self,
        seat: usize,
        placement: &Placement,
        turn: &mut Turn,
    ) -> Result<i32, Difference> {
        let play = ScoredPlay::of(&self.board, self.rules, placement)?;
        let spell = |word| self.rules.alphabet.spell(word);
        let words = || play.words().iter().map(|formed| &formed.word);
        let invalid: Vec<String> = match self.lexicon {
            Some(lexicon) => words().filter(|word| !lexicon.contains(word)).map(spell).collect(),
            None => Vec::new(),
        };
        let next = self.game.moves.get(self.next).map(|next| next.action);
        let is_void = self.rules.challenge == ChallengeRule::Void;
        if is_void && !invalid.is_empty() && next != Some(Action::TakeBack) {
            return Err(Difference::InvalidWords(invalid));
        }
        let repeated: Vec<Word> =
            words().filter(|word| self.made.contains(word)).copied().collect();
        if !self.rules.words_repeat && !repeated.is_empty() {
            return Err(Difference::WordsRepeated(repeated.iter().map(spell).collect()));
        }
        turn.invalid.clone_from(&invalid);
        // A word that was there before stays when this play is taken back.
        let made = words().filter(|word| self.made.insert(**word)).copied().collect();
        self.last_play = Some(LastPlay {
            seat,
            placement: *placement,
            score: play.score(),
            words: words().map(spell).collect(),
            made,
            invalid,
            racks: self.racks,
            scoreless: self.scoreless,
        });
        let tiles = placement.placed().map(|(_, tile)| tile.tile()).collect();
        let taken = self.racks.play(seat, &tiles);
        self.check_rack(taken, turn)?;
        for (square, tile) in placement.placed() {
            self.board.set(square, Some(tile));
        }
        self.scoreless = 0;
        if self.racks.size(seat) == 0 {
            self.end = Some(End::Out(seat));
        }
        Ok(play.score())
    }

    fn pass(&mut self, one: &Move, turn: &mut Turn) -> Result<i32, Difference> {
        match self.end {
            // Once somebody is out, who does not challenge passes.
            Some(End::Out(seat)) if seat != one.seat => {
                let learnt = self.racks.learn(one.seat, &one.rack);
                self.check_rack(learnt, turn)?;
            }
            _ => {
                self.take_turn(one, turn)?;
                // A file does not tell a pass from a turn that a wrong challenge cost.
                self.count_scoreless(true);
            }
        }
        Ok(0)
    }

    fn exchange(
        &mut self,
        tiles: usize,
        change: impl FnOnce(&mut Racks) -> Result<(), RackFault>,
    ) -> Result<i32, Difference> {
        let (needed, bag) = (self.rules.exchange_needs(tiles), self.racks.bag());
        if bag < usize::from(needed) {
            return Err(Difference::BagTooSmall { needed, bag });
        }
        change(&mut self.racks).map_err(|fault| Difference::of(fault, &self.rules.alphabet))?;
        self.count_scoreless(self.rules.scoreless.counts_exchanges);
        Ok(0)
    }

    /// A turn without points, which is counted or begins the count anew.
    fn count_scoreless(&mut self, is_counted: bool) {
        if !is_counted {
            self.scoreless = 0;
            return;
        }
        self.scoreless += 1;
        if self.scoreless >= usize::from(self.rules.scoreless.turns_each) * self.game.players.len()
        {
            self.end = Some(End::Scoreless);
        }
    }

    fn take_back(&mut self, seat: usize, turn: &mut Turn) -> Result<i32, Difference> {
        let last = self.last_play.take().filter(|last| last.seat == seat);
        let last = last.ok_or(Difference::NothingChallenged)?;
        if self.lexicon.is_some() && last.invalid.is_empty() {
            return Err(Difference::ValidWords(last.words));
        }
        for (square, _) in last.placement.placed() {
            self.board.set(square, None);
        }
        for word in &last.made {
            self.made.remove(word);
        }
        turn.invalid = last.invalid;
        self.racks = last.racks;
        self.scoreless = last.scoreless;
        self.end = None;
        self.count_scoreless(self.rules.scoreless.counts_lost_turns);
        Ok(-last.score)
    }

    /// Which rule gave the points, the record does not tell: 5 or 10, for a play or for each word that
    /// was challenged.
    fn challenge_bonus(&self, one: &Move) -> Result<i32, Difference> {
        let last = self.last_play.as_ref().filter(|last| last.seat == one.seat);
        let last = last.ok_or(Difference::NothingChallenged)?;
        if !last.invalid.is_empty() {
            return Err(Difference::InvalidWords(last.invalid.clone()));
        }
        let (words, got) = (last.words.len(), one.score);
        let is_due = |points| (1..).zip(&last.words).any(|(count, _)| got == points * count);
        if is_due(5) || is_due(10) {
            Ok(got)
        } else {
            Err(Difference::ChallengeBonus { words, got })
        }
    }

    /// Whole minutes, of which only the record knows how many.
    fn time_penalty(&self, got: i32) -> Result<i32, Difference> {
        let per_minute = self.rules.overtime_points;
        let is_due = got <= 0 && (per_minute == 0 || got % i32::from(per_minute) == 0);
        if is_due { Ok(got) } else { Err(Difference::TimePenalty { per_minute, got }) }
    }
}

#[cfg(test)]
mod tests;
