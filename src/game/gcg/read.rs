//! Reads a GCG file line by line: pragmas, moves, and what belongs to which.

use crate::game::{Board, PLAYERS_MAX, RuleSet, Square};

use super::moves::{Said, Tiles};
use super::prose::number_after;
use super::source::split_word;
use super::{Action, Fault, Game, Keyword, Mistake, Move, Nickname, Player, Pragma, Prose, Source};

/// What is done with mistakes that leave the meaning clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The first ends the reading.
    Strict,
    /// They are handed back beside the game.
    Lenient,
}

/// A game, and what its file was like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The game.
    pub game: Game,
    /// The line of each of its moves, from 1.
    pub lines: Vec<usize>,
    /// What was forgiven.
    pub warnings: Vec<Mistake>,
}

impl Mode {
    /// Keeps what can be forgiven, if that is what is done.
    pub(super) fn forgive(
        self,
        mistake: Mistake,
        warnings: &mut Vec<Mistake>,
    ) -> Result<(), Mistake> {
        if self == Self::Strict || !mistake.fault.is_forgivable() {
            return Err(mistake);
        }
        warnings.push(mistake);
        Ok(())
    }
}

impl Game {
    /// Reads a game by a rule set's alphabet and rack.
    ///
    /// # Errors
    /// [`Mistake`]: the first that is not forgiven.
    pub fn read(source: &Source, rules: &RuleSet, mode: Mode) -> Result<Reading, Mistake> {
        let mut reader = Reader {
            tiles: Tiles::new(rules, source.has_brackets()),
            mode,
            warnings: source.warnings.clone(),
            players: Default::default(),
            pragmas: Vec::new(),
            moves: Vec::new(),
            lines: Vec::new(),
            board: Board::EMPTY,
            totals: [0; PLAYERS_MAX],
            open: None,
            rack_seats: 0,
            is_first: true,
        };
        let mut last = 1;
        for (number, line) in source.lines() {
            reader.line(number, line)?;
            if !line.is_empty() {
                last = number;
            }
        }
        reader.finish(last)
    }
}

/// A pragma that the next line may go on with.
struct Open {
    /// None for a note.
    keyword: Option<Keyword>,
    text: String,
}

struct Reader<'a> {
    tiles: Tiles<'a>,
    mode: Mode,
    warnings: Vec<Mistake>,
    players: [Option<Player>; PLAYERS_MAX],
    pragmas: Vec<Pragma>,
    moves: Vec<Move>,
    lines: Vec<usize>,
    /// What lies on the board after the last move, as far as it was told.
    board: Board,
    /// Each player's points after the last move.
    totals: [i32; PLAYERS_MAX],
    open: Option<Open>,
    /// How many seats `#rack1` to `#rack4` told of.
    rack_seats: usize,
    /// Whether no line with text came yet.
    is_first: bool,
}

impl Reader<'_> {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Mistake> {
        let Some(first) = line.chars().next() else {
            self.go_on("");
            return Ok(());
        };
        let is_first = std::mem::take(&mut self.is_first);
        let read = match first {
            '>' => {
                self.close();
                return self.read_move(number, &line[1..]);
            }
            '#' => self.pragma(&line[1..], is_first),
            // A line that is neither a move nor a pragma goes on with a note.
            _ if self.open.as_ref().is_some_and(|open| open.keyword.is_none()) => {
                self.go_on(line);
                Ok(())
            }
            _ => Err(Fault::Stray(line.to_owned())),
        };
        read.or_else(|fault| self.forgive(number, fault))
    }

    fn forgive(&mut self, line: usize, fault: Fault) -> Result<(), Mistake> {
        self.mode.forgive(Mistake { line, fault }, &mut self.warnings)
    }

    /// Adds a line to the text of the pragma before; whether there is one.
    fn go_on(&mut self, line: &str) -> bool {
        if let Some(open) = &mut self.open {
            open.text.push('\n');
            open.text.push_str(line);
        }
        self.open.is_some()
    }

    /// Keeps the pragma before, now that no line goes on with it.
    fn close(&mut self) {
        let Some(Open { keyword, text }) = self.open.take() else { return };
        let text = Prose::new(&text);
        self.add(match keyword {
            None => Pragma::Note(text),
            Some(keyword) => Pragma::Other { keyword, text },
        });
    }

    fn add(&mut self, pragma: Pragma) {
        self.moves.last_mut().map_or(&mut self.pragmas, |last| &mut last.pragmas).push(pragma);
    }

    fn pragma(&mut self, line: &str, is_first: bool) -> Result<(), Fault> {
        let (keyword, text) = split_word(line);
        if keyword == "-" {
            return if self.go_on(text) { Ok(()) } else { Err(Fault::NothingToContinue) };
        }
        self.close();
        let lower = keyword.to_ascii_lowercase();
        if lower == "character-encoding" {
            return if is_first { Ok(()) } else { Err(Fault::EncodingLate) };
        }
        if let Some(number) = number_after(&lower, "player") {
            return self.player(number, text);
        }
        if let Some(number) = number_after(&lower, "rack") {
            let seat = seat(number)?;
            self.rack_seats = self.rack_seats.max(seat + 1);
            let rack = self.tiles.rack(split_word(text).0)?;
            self.add(Pragma::Rack { seat, rack });
        } else if lower == "incomplete" {
            let rack = self.tiles.rack(split_word(text).0)?;
            self.add(Pragma::Incomplete(rack));
        } else {
            let is_note = lower == "note";
            let named = Keyword::new(keyword).filter(|_| !is_note);
            if named.is_none() && !is_note {
                return Err(Fault::NoKeyword(line.to_owned()));
            }
            self.open = Some(Open { keyword: named, text: text.to_owned() });
        }
        Ok(())
    }

    fn player(&mut self, number: &str, text: &str) -> Result<(), Fault> {
        let seat = seat(number)?;
        let (nickname, name) = split_word(text);
        let nickname = Nickname::new(nickname).ok_or(Fault::NoNickname(seat + 1))?;
        let is_late = !self.moves.is_empty();
        if let Some(there) = &self.players[seat] {
            // A player whom a move brought in is told of now.
            if !is_late || there.nickname != nickname || !there.name.as_str().is_empty() {
                return Err(Fault::PlayerTwice(seat + 1));
            }
        } else if self.seat_of(nickname.as_str()).is_some() {
            return Err(Fault::NicknameTwice(nickname.to_string()));
        }
        self.players[seat] = Some(Player { nickname, name: Prose::new(name) });
        if is_late { Err(Fault::PlayerLate(seat + 1)) } else { Ok(()) }
    }

    fn seat_of(&self, nickname: &str) -> Option<usize> {
        let is_it = |player: &Option<Player>| {
            player.as_ref().is_some_and(|player| player.nickname.as_str() == nickname)
        };
        self.players.iter().position(is_it)
    }

    fn read_move(&mut self, number: usize, line: &str) -> Result<(), Mistake> {
        let mistake = |fault| Mistake { line: number, fault };
        let (nickname, rest) = self.split_player(line).map_err(mistake)?;
        let seat = match self.seat_of(nickname.as_str()) {
            Some(seat) => seat,
            None => {
                let fault = Fault::UnknownPlayer(nickname.to_string());
                let free = self.players.iter().position(Option::is_none);
                let Some(seat) = free else { return Err(mistake(fault)) };
                self.forgive(number, fault)?;
                self.players[seat] = Some(Player { nickname, name: Prose::default() });
                seat
            }
        };
        let mut said = self.tiles.read(rest, &self.board).map_err(mistake)?;
        for fault in std::mem::take(&mut said.faults) {
            self.forgive(number, fault)?;
        }
        if said.action == Action::TakeBack && !self.take_back(seat) {
            return Err(mistake(Fault::NothingToTakeBack));
        }
        self.put(&said);
        let Said { rack, action, score, total, trailing, .. } = said;
        // What is more than a move has was somebody's note.
        let note = Some(Prose::new(&trailing)).filter(|text| !text.as_str().is_empty());
        let pragmas = note.map(Pragma::Note).into_iter().collect();
        let total = total.unwrap_or(self.totals[seat].saturating_add(score));
        self.totals[seat] = total;
        self.moves.push(Move { seat, rack, action, score, total, pragmas });
        self.lines.push(number);
        Ok(())
    }

    /// The player's nickname, and what comes after the colon.
    fn split_player<'t>(&self, line: &'t str) -> Result<(Nickname, &'t str), Fault> {
        let line = line.trim_start();
        // A nickname may have a colon of its own, so that the longest known one is meant.
        let known = self.players.iter().flatten().map(|player| &player.nickname);
        let known = known
            .filter_map(|nickname| {
                let rest = line.strip_prefix(nickname.as_str())?.strip_prefix(':')?;
                Some((nickname.clone(), rest))
            })
            .max_by_key(|(nickname, _)| nickname.as_str().len());
        known
            .or_else(|| {
                let (nickname, rest) = line.split_once(':')?;
                Some((Nickname::new(nickname.trim())?, rest))
            })
            .ok_or_else(|| Fault::NoPlayer(line.to_owned()))
    }

    /// Puts a play's tiles on the board, so that later ones can be held against them.
    fn put(&mut self, said: &Said) {
        if let Action::Play(placement) = &said.action {
            for (square, tile) in placement.placed() {
                self.board.set(square, Some(tile));
            }
        }
    }

    /// Takes the play just before off the board; whether it was the player's.
    fn take_back(&mut self, seat: usize) -> bool {
        match self.moves.last() {
            Some(Move { seat: of, action: Action::Play(placement), .. }) if *of == seat => {
                let squares: Vec<Square> = placement.placed().map(|(square, _)| square).collect();
                for square in squares {
                    self.board.set(square, None);
                }
                true
            }
            _ => false,
        }
    }

    fn finish(mut self, last: usize) -> Result<Reading, Mistake> {
        self.close();
        let is_some = |player: &Option<Player>| player.is_some();
        let told = self.players.iter().rposition(is_some).map_or(0, |seat| seat + 1);
        let needed = told.max(self.rack_seats).max(2);
        if !self.players[..needed].iter().all(is_some) {
            self.forgive(last, Fault::PlayersMissing(needed))?;
        }
        for seat in 0..needed {
            self.fill(seat);
        }
        let players = self.players.into_iter().flatten().collect();
        let game = Game { players, pragmas: self.pragmas, moves: self.moves };
        Ok(Reading { game, lines: self.lines, warnings: self.warnings })
    }

    /// Gives a seat of which nothing was told a player.
    fn fill(&mut self, seat: usize) {
        if self.players[seat].is_some() {
            return;
        }
        let mut nickname = format!("player{}", seat + 1);
        while self.seat_of(&nickname).is_some() {
            nickname.push('_');
        }
        let nickname = Nickname::new(&nickname).expect("it is one word");
        self.players[seat] = Some(Player { nickname, name: Prose::default() });
    }
}

/// A player's place, by a number from 1.
fn seat(number: &str) -> Result<usize, Fault> {
    let wrong = || Fault::PlayerNumber(number.to_owned());
    let number = number.parse::<usize>().map_err(|_| wrong())?;
    number.checked_sub(1).filter(|seat| *seat < PLAYERS_MAX).ok_or_else(wrong)
}
