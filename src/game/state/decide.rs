//! What follows from a command: the events, each folded as soon as it is decided.

use crate::game::{
    ChallengeRule, PLAYERS_MAX, Placement, Rack, RuleSet, ScoredPlay, Tile, TileCounts,
};
use crate::lexicon::Graph;

use super::{Action, DropReason, Event, GameState, Illegal};

/// A game after the events that are decided so far.
pub(super) struct Draft<'a> {
    pub(super) state: GameState,
    pub(super) rules: &'a RuleSet,
    pub(super) words: &'a Graph,
    pub(super) overtime_minutes: [u8; PLAYERS_MAX],
    events: Vec<Event>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        state: &GameState,
        rules: &'a RuleSet,
        words: &'a Graph,
        overtime_minutes: [u8; PLAYERS_MAX],
    ) -> Self {
        Self { state: state.clone(), rules, words, overtime_minutes, events: Vec::new() }
    }

    pub(super) fn finished(self) -> (GameState, Vec<Event>) {
        (self.state, self.events)
    }

    /// Everything that follows from a player's action.
    pub(super) fn decide(&mut self, seat: u8, action: &Action) -> Result<(), Illegal> {
        let state = &self.state;
        if state.end_reason().is_some() {
            return Err(Illegal::GameOver);
        }
        if seat >= state.players {
            return Err(Illegal::NoSuchSeat(seat));
        }
        if !state.is_in(seat) {
            return Err(Illegal::DroppedOut(seat));
        }
        if seat != state.on_turn && *action != Action::Resign {
            return Err(Illegal::NotYourTurn { on_turn: state.on_turn });
        }
        match action {
            Action::Play(_) | Action::Exchange(_) if state.has_final_say() => {
                Err(Illegal::FinalSayOnly)
            }
            Action::Play(placement) => self.play(seat, placement),
            Action::Exchange(tiles) => self.exchange(seat, tiles),
            Action::Challenge => self.challenge(seat),
            Action::Pass => {
                self.pass(seat);
                Ok(())
            }
            Action::TimeOut if state.has_final_say() => {
                self.pass(seat);
                Ok(())
            }
            Action::TimeOut => {
                self.drop_out(seat, DropReason::TimedOut);
                Ok(())
            }
            Action::Resign => {
                self.drop_out(seat, DropReason::Resigned);
                Ok(())
            }
        }
    }

    /// An event that the rules make of the state before it.
    pub(super) fn emit(&mut self, event: Event) {
        let folded = self.state.fold(self.rules, &event);
        folded.expect("an event that is decided from a state follows it");
        self.events.push(event);
    }

    /// After what may have been the last of the game: ends it, or the turn if that is over.
    pub(super) fn go_on(&mut self, is_turn_over: bool) {
        if let Some(reason) = self.state.end_due(self.rules) {
            self.end(reason);
        } else if is_turn_over {
            let (seat, turn, has_final_say) = self.state.next_turn();
            self.emit(Event::TurnBegan { seat, turn, has_final_say });
        }
    }

    /// A player leaves; whatever was theirs to do falls to the next.
    fn drop_out(&mut self, seat: u8, reason: DropReason) {
        self.emit(Event::DroppedOut { seat, reason });
        self.go_on(seat == self.state.on_turn);
    }

    fn play(&mut self, seat: u8, told: &Placement) -> Result<(), Illegal> {
        let state = &self.state;
        let tiles = told.tiles().flatten().map(|tile| tile.tile());
        check_tiles(&state.rack(seat), tiles)?;
        let play = ScoredPlay::of(&state.board, self.rules, told)?;
        if state.challenge == ChallengeRule::Void {
            let invalid = self.invalid_words(&play);
            if !invalid.is_empty() {
                return Err(Illegal::InvalidWords(invalid));
            }
        }
        if !self.rules.words_repeat {
            let repeated = state.repeated(self.rules, &play);
            if !repeated.is_empty() {
                return Err(Illegal::WordsRepeated(repeated));
            }
        }
        let mut rest = state.rack(seat);
        for (_, tile) in play.placement().placed() {
            let _ = rest.remove(tile.tile());
        }
        let room = usize::from(self.rules.rack_size).saturating_sub(rest.len());
        let mut bag = state.bag.clone();
        let drawn = bag.draw_rack(room);
        let total = state.total(seat).saturating_add(play.score());
        self.emit(Event::Played { seat, play, drawn, bag_tiles: bag.len() as u8, total });
        self.go_on(true);
        Ok(())
    }

    fn exchange(&mut self, seat: u8, returned: &Rack) -> Result<(), Illegal> {
        let state = &self.state;
        check_tiles(&state.rack(seat), returned.tiles().iter().copied())?;
        if returned.is_empty() {
            return Err(Illegal::NoTilesToExchange);
        }
        let needed = self.rules.exchange_needs(returned.len());
        let bag_tiles = state.bag.len() as u8;
        if bag_tiles < needed {
            return Err(Illegal::TooFewTilesInBag { bag_tiles, needed });
        }
        let drawn = state.bag.clone().draw_rack(returned.len());
        self.emit(Event::Exchanged { seat, returned: *returned, drawn });
        self.go_on(true);
        Ok(())
    }

    fn pass(&mut self, seat: u8) {
        self.emit(Event::Passed { seat });
        self.go_on(true);
    }
}

/// Whether a rack has all of these tiles.
fn check_tiles(rack: &Rack, tiles: impl Iterator<Item = Tile>) -> Result<(), Illegal> {
    let mut rest = *rack;
    let missing: TileCounts = tiles.filter(|tile| !rest.remove(*tile)).collect();
    let missing: Vec<Tile> = missing.tiles().collect();
    if missing.is_empty() { Ok(()) } else { Err(Illegal::TilesNotInRack { missing }) }
}
