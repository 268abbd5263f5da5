//! A game as bytes, for storage: equal games have equal bytes, and bytes that are no game are refused.
//!
//! ```text
//! version     1
//! players     how many; challenge rule: kind, points; seat on turn; turn (4)
//! phase       0 a turn, 1 a final say, 2 and more: over, by the order of EndReason::ALL
//! each player 0, or the order of leaving and 16 × the place in DropReason::ALL; total (4);
//!             scoreless turns; tiles of the rack, as many as come first
//! bag         seed (32); shuffles (4); how many tiles; tiles
//! board       how many tiles; each: square (2: 21 × row + column, highest bit: first of its play), tile
//! window      0, or 1: seat; direction; tiles drawn, their number first; each player's scoreless turns
//! ```
//!
//! Numbers of several bytes are big-endian. The bytes have the bag's secret.

use crate::game::{
    BOARD_SIDE_MAX, Bag, Board, ChallengeRule, Direction, PLAYERS_MAX, PlacedTile, RACK_TILES_MAX,
    Rack, RuleSet, SEED_BYTES, SET_TILES_MAX, ScoredPlay, Seed, Square, Tile, TileCounts,
};

use super::history::History;
use super::{DropReason, EndReason, GameState, Phase, Presence, Window};

const VERSION: u8 = 1;
const IS_FIRST: u16 = 1 << 15;

/// Why bytes are no game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidState {
    /// They end too early.
    #[error("a game's bytes end at {0}, too early")]
    Truncated(usize),
    /// They go on too long.
    #[error("a game's bytes should end at {0}")]
    TooLong(usize),
    /// A value that is none of those that are possible.
    #[error("a game's bytes have a wrong {field} before {at}")]
    Field {
        /// What.
        field: &'static str,
        /// Where it ends.
        at: usize,
    },
    /// Values that do not fit one another, or the rules.
    #[error("a game's {0} does not fit the rest of it")]
    Contradiction(&'static str),
}

impl GameState {
    /// Itself as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        let (kind, points) = challenge_bytes(self.challenge);
        bytes.extend([VERSION, self.players, kind, points, self.on_turn]);
        bytes.extend(self.turn.to_be_bytes());
        bytes.push(match self.phase {
            Phase::Turn => 0,
            Phase::FinalSay => 1,
            Phase::Over(reason) => 2 + place(&EndReason::ALL, &reason),
        });
        for seat in 0..usize::from(self.players) {
            bytes.push(match self.presence[seat] {
                Presence::In => 0,
                Presence::Out(order, reason) => order | place(&DropReason::ALL, &reason) << 4,
            });
            bytes.extend(self.totals[seat].to_be_bytes());
            bytes.push(self.scoreless[seat]);
            push_tiles(&mut bytes, self.racks[seat].tiles());
        }
        bytes.extend(self.bag.seed().expose());
        bytes.extend(self.bag.shuffles().to_be_bytes());
        push_tiles(&mut bytes, self.bag.tiles());
        bytes.push(self.history.len() as u8);
        for (square, is_first) in (0..self.history.len()).map(|index| self.history.at(index)) {
            let place = u16::from(square.row) * BOARD_SIDE_MAX as u16 + u16::from(square.column);
            bytes.extend((place | if is_first { IS_FIRST } else { 0 }).to_be_bytes());
            bytes.push(self.board.tile(square).map_or(0, PlacedTile::byte));
        }
        let Some(window) = &self.window else {
            bytes.push(0);
            return bytes;
        };
        bytes.extend([1, window.seat, u8::from(window.direction == Direction::Down)]);
        push_tiles(&mut bytes, window.drawn.tiles());
        bytes.extend(&window.scoreless_before[..usize::from(self.players)]);
        bytes
    }

    /// A game from bytes that [`to_bytes`](Self::to_bytes) gave, under its rule set. Whatever is
    /// accepted is a game that can be played on. Totals, the number of the turn and the bag's secret are
    /// believed: nothing else in a game tells them.
    ///
    /// # Errors
    /// [`InvalidState`] says what is wrong first.
    pub fn from_bytes(rules: &RuleSet, bytes: &[u8]) -> Result<Self, InvalidState> {
        let mut reader = Reader { bytes, at: 0, tiles: rules.alphabet.len() };
        let state = reader.state()?;
        if reader.at < bytes.len() {
            return Err(InvalidState::TooLong(reader.at));
        }
        state.check(rules)?;
        Ok(state)
    }

    /// Whether everything fits together.
    fn check(&self, rules: &RuleSet) -> Result<(), InvalidState> {
        let (min, max) = rules.players;
        let rack_size = usize::from(rules.rack_size);
        let seats = usize::from(self.players);
        let has_seat = |seat: u8| seat < self.players;
        contradiction("number of players", (min..=max).contains(&self.players))?;
        contradiction("seat on turn", has_seat(self.on_turn))?;
        contradiction("number of the turn", self.turn >= 1)?;
        contradiction("racks", self.racks.iter().all(|rack| rack.len() <= rack_size))?;
        let racks = self.racks.iter().flat_map(Rack::tiles).chain(self.bag.tiles()).copied();
        let board = self.board.tiles().map(|(_, tile)| tile.tile());
        let all: TileCounts = racks.chain(board).collect();
        contradiction("set of tiles", all == rules.counts)?;
        contradiction("board", self.history.len() == self.board.tiles().count())?;
        self.check_plays(rules)?;
        let mut orders: Vec<u8> = self.presence[..seats].iter().filter_map(order).collect();
        orders.sort_unstable();
        contradiction("order of leaving", orders.iter().copied().eq(1..=orders.len() as u8))?;
        contradiction("number of players who are in", orders.len() < seats)?;
        let is_over = self.end_reason().is_some();
        contradiction("player on turn", is_over || self.is_in(self.on_turn))?;
        contradiction("end", is_over || seats == 1 || orders.len() + 1 < seats)?;
        contradiction("end", !is_over || self.window.is_none())?;
        contradiction("end", is_over || self.end_due(rules).is_none())?;
        contradiction("final say", !self.has_final_say() || self.window.is_some())?;
        self.window.map_or(Ok(()), |window| self.check_window(rules, &window))?;
        // The window's seat is known to be one of the game's by now.
        self.check_scoreless(rules)
    }

    /// Whether turns without points were had in turn, none since a play that may yet be challenged, and
    /// no more than end a game.
    fn check_scoreless(&self, rules: &RuleSet) -> Result<(), InvalidState> {
        // Whoever is on turn has had the fewest, and nobody more than one more.
        let in_turn = |counts: &[u8; PLAYERS_MAX], on_turn: u8| {
            let seats = (0..self.players).map(|steps| (on_turn + steps) % self.players);
            let counts: Vec<u8> = seats
                .filter(|seat| self.is_in(*seat))
                .map(|seat| counts[usize::from(seat)])
                .collect();
            let (first, last) = (counts.first().copied(), counts.last().copied());
            counts.is_sorted()
                && last <= first.map(|first| first.saturating_add(1))
                && first.is_none_or(|first| first < rules.scoreless.turns_each)
        };
        let is_over = self.end_reason().is_some();
        let fits = is_over || in_turn(&self.scoreless, self.on_turn);
        let before_fits = self.window.is_none_or(|window| {
            self.scoreless == [0; _] && in_turn(&window.scoreless_before, window.seat)
        });
        contradiction("number of scoreless turns", fits && before_fits)
    }

    /// Whether the plays may lie where they lie.
    fn check_plays(&self, rules: &RuleSet) -> Result<(), InvalidState> {
        let mut board = Board::EMPTY;
        let starts_with_play = self.history.len() == 0 || self.history.at(0).1;
        contradiction("board", starts_with_play)?;
        for placement in self.history.placements(&self.board) {
            let placement = placement.ok_or(InvalidState::Contradiction("board"))?;
            let play = ScoredPlay::of(&board, rules, &placement);
            contradiction("board", play.is_ok())?;
            for (square, tile) in placement.placed() {
                board.set(square, Some(tile));
            }
        }
        Ok(())
    }

    /// Whether the last play can be taken back.
    fn check_window(&self, rules: &RuleSet, window: &Window) -> Result<(), InvalidState> {
        let is_other = self.is_in(window.seat) && window.seat != self.on_turn;
        contradiction("play to challenge", is_other && self.challenge != ChallengeRule::Void)?;
        let play = self.last_play(rules, window.direction);
        let play = play.ok_or(InvalidState::Contradiction("play to challenge"))?;
        contradiction("direction", play.placement().direction == window.direction)?;
        let mut rack = self.rack(window.seat);
        let has_drawn = window.drawn.tiles().iter().all(|tile| rack.remove(*tile));
        let fits = rack.len() + play.tiles_count() <= usize::from(rules.rack_size);
        contradiction("draw", has_drawn && fits)?;
        let is_out = self.bag.is_empty() && self.rack(window.seat).is_empty();
        contradiction("final say", is_out == self.has_final_say())
    }
}

fn contradiction(field: &'static str, fits: bool) -> Result<(), InvalidState> {
    if fits { Ok(()) } else { Err(InvalidState::Contradiction(field)) }
}

fn order(presence: &Presence) -> Option<u8> {
    match presence {
        Presence::In => None,
        Presence::Out(order, _) => Some(*order),
    }
}

fn place<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|other| other == one).unwrap_or(0) as u8
}

fn push_tiles(bytes: &mut Vec<u8>, tiles: &[Tile]) {
    bytes.push(tiles.len() as u8);
    bytes.extend(tiles.iter().map(|tile| tile.index() as u8));
}

const fn challenge_bytes(rule: ChallengeRule) -> (u8, u8) {
    match rule {
        ChallengeRule::Void => (0, 0),
        ChallengeRule::Single => (1, 0),
        ChallengeRule::Double => (2, 0),
        ChallengeRule::PointsPerPlay(points) => (3, points),
        ChallengeRule::PointsPerWord(points) => (4, points),
        ChallengeRule::Triple => (5, 0),
    }
}

const fn challenge_rule(kind: u8, points: u8) -> Option<ChallengeRule> {
    match (kind, points) {
        (0, 0) => Some(ChallengeRule::Void),
        (1, 0) => Some(ChallengeRule::Single),
        (2, 0) => Some(ChallengeRule::Double),
        (3, _) => Some(ChallengeRule::PointsPerPlay(points)),
        (4, _) => Some(ChallengeRule::PointsPerWord(points)),
        (5, 0) => Some(ChallengeRule::Triple),
        _ => None,
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// How many tiles there are besides the blank.
    tiles: usize,
}

impl Reader<'_> {
    fn state(&mut self) -> Result<GameState, InvalidState> {
        let [version, players, kind, points, on_turn] = self.take()?;
        self.require("version", version == VERSION)?;
        self.require("number of players", (1..=PLAYERS_MAX as u8).contains(&players))?;
        let challenge = self.found("challenge rule", challenge_rule(kind, points))?;
        let turn = u32::from_be_bytes(self.take()?);
        let phase = match self.byte()? {
            0 => Phase::Turn,
            1 => Phase::FinalSay,
            over => {
                let reason = EndReason::ALL.get(usize::from(over - 2)).copied();
                Phase::Over(self.found("phase", reason)?)
            }
        };
        let mut presence = [Presence::In; PLAYERS_MAX];
        let mut totals = [0; PLAYERS_MAX];
        let mut scoreless = [0; PLAYERS_MAX];
        let mut racks = [Rack::EMPTY; PLAYERS_MAX];
        for seat in 0..usize::from(players) {
            presence[seat] = self.presence()?;
            totals[seat] = i32::from_be_bytes(self.take()?);
            scoreless[seat] = self.byte()?;
            racks[seat] = self.rack()?;
        }
        let bag = self.bag()?;
        let (board, history) = self.board()?;
        let window = self.window(players)?;
        Ok(GameState {
            board,
            history,
            bag,
            racks,
            totals,
            scoreless,
            presence,
            players,
            on_turn,
            turn,
            challenge,
            phase,
            window,
        })
    }

    fn presence(&mut self) -> Result<Presence, InvalidState> {
        let byte = self.byte()?;
        if byte == 0 {
            return Ok(Presence::In);
        }
        let (order, reason) = (byte & 15, DropReason::ALL.get(usize::from(byte >> 4)));
        self.require("order of leaving", (1..PLAYERS_MAX as u8).contains(&order))?;
        Ok(Presence::Out(order, *self.found("reason for leaving", reason)?))
    }

    fn bag(&mut self) -> Result<Bag, InvalidState> {
        let seed = Seed::new(self.take::<SEED_BYTES>()?);
        let shuffles = u32::from_be_bytes(self.take()?);
        let tiles = self.tiles(SET_TILES_MAX)?;
        self.found("bag", Bag::from_parts(seed, shuffles, tiles.into_iter()))
    }

    fn board(&mut self) -> Result<(Board, History), InvalidState> {
        let (mut board, mut history) = (Board::EMPTY, History::EMPTY);
        for _ in 0..self.byte()? {
            let [high, low, tile] = self.take()?;
            let told = u16::from_be_bytes([high, low]);
            let (place, is_first) = (told & !IS_FIRST, told & IS_FIRST != 0);
            let (row, column) = (place / BOARD_SIDE_MAX as u16, place % BOARD_SIDE_MAX as u16);
            let row = self.found("square", u8::try_from(row).ok())?;
            let square = Square { row, column: column as u8 };
            let tile = PlacedTile::from_byte(tile);
            let tile = tile.filter(|tile| tile.letter().index() <= self.tiles);
            self.require("tile on the board", tile.is_some())?;
            self.require("square", board.tile(square).is_none() && history.push(square, is_first))?;
            board.set(square, tile);
        }
        Ok((board, history))
    }

    fn window(&mut self, players: u8) -> Result<Option<Window>, InvalidState> {
        let has_window = self.flag()?;
        if !has_window {
            return Ok(None);
        }
        let seat = self.byte()?;
        let direction = if self.flag()? { Direction::Down } else { Direction::Across };
        let drawn = self.rack()?;
        let mut scoreless_before = [0; PLAYERS_MAX];
        for turns in &mut scoreless_before[..usize::from(players)] {
            *turns = self.byte()?;
        }
        Ok(Some(Window { seat, direction, drawn, scoreless_before }))
    }

    fn flag(&mut self) -> Result<bool, InvalidState> {
        let byte = self.byte()?;
        self.require("flag", byte <= 1)?;
        Ok(byte == 1)
    }

    fn rack(&mut self) -> Result<Rack, InvalidState> {
        let tiles = self.tiles(RACK_TILES_MAX)?;
        self.require("order of a rack", tiles.is_sorted())?;
        self.found("rack", Rack::new(tiles))
    }

    /// Tiles, at most so many.
    fn tiles(&mut self, most: usize) -> Result<Vec<Tile>, InvalidState> {
        let count = usize::from(self.byte()?);
        self.require("number of tiles", count <= most)?;
        (0..count)
            .map(|_| {
                let byte = self.byte()?;
                let is_known = usize::from(byte) <= self.tiles;
                self.found("tile", Tile::from_index(byte).filter(|_| is_known))
            })
            .collect()
    }

    fn byte(&mut self) -> Result<u8, InvalidState> {
        let [byte] = self.take()?;
        Ok(byte)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], InvalidState> {
        let (taken, _) = self.bytes[self.at..]
            .split_first_chunk()
            .ok_or(InvalidState::Truncated(self.bytes.len()))?;
        self.at += N;
        Ok(*taken)
    }

    fn require(&self, field: &'static str, is_right: bool) -> Result<(), InvalidState> {
        if is_right { Ok(()) } else { Err(InvalidState::Field { field, at: self.at }) }
    }

    fn found<T>(&self, field: &'static str, value: Option<T>) -> Result<T, InvalidState> {
        value.ok_or(InvalidState::Field { field, at: self.at })
    }
}
