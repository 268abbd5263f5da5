//! Reads what stands in a move after the player: rack, action, points and total.

use crate::game::tile_text::TileText;
use crate::game::{
    Board, Direction, PlacedTile, Placement, Rack, RuleSet, Square, Tile, write_placed,
};

use super::fault::InvalidWord;
use super::prose::is_space;
use super::{Action, Fault};

/// What a move says, but who made it and what comes after it.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) rack: Rack,
    pub(super) action: Action,
    pub(super) score: i32,
    /// Where it is told.
    pub(super) total: Option<i32>,
    /// What is wrong with it, but forgivable.
    pub(super) faults: Vec<Fault>,
    /// What comes after the total, which no move has.
    pub(super) trailing: String,
}

/// What moves are read by.
#[derive(Debug)]
pub(super) struct Tiles<'a> {
    text: TileText<'a>,
    rack_size: usize,
}

impl<'a> Tiles<'a> {
    pub(super) fn new(rules: &'a RuleSet, has_brackets: bool) -> Self {
        let rack_size = usize::from(rules.rack_size);
        Self { text: TileText::new(&rules.alphabet, has_brackets), rack_size }
    }

    /// A move after its player and colon, on a board as it is before.
    pub(super) fn read(&self, text: &str, board: &Board) -> Result<Said, Fault> {
        let mut rest = text;
        let mut faults = Vec::new();
        // Without a rack, the action comes first.
        let first = peek(rest);
        let has_no_rack =
            first.starts_with(['-', '(']) || Square::parse_coordinate(first).is_some();
        let rack = if has_no_rack { Rack::EMPTY } else { self.rack(take(&mut rest))? };
        let name = take(&mut rest);
        let action = match Square::parse_coordinate(name) {
            Some((start, direction)) => {
                let word = take(&mut rest);
                if word.is_empty() || signed(word).is_some() {
                    return Err(Fault::NoWord(name.to_owned()));
                }
                Some(Action::Play(self.word(word, start, direction, board, &mut faults)?))
            }
            None => self.other(name)?,
        };
        let (score, is_loss) = points(take(&mut rest), &mut faults)?;
        let action = match action {
            Some(action) => action,
            // Tiles in parentheses are one's own where points are lost.
            None => {
                let tiles = self.tiles(in_parentheses(name).unwrap_or_default())?;
                let tiles = tiles.into_iter().collect();
                if is_loss { Action::RackPenalty(tiles) } else { Action::RackPoints(tiles) }
            }
        };
        let (total, trailing) = total(rest, &mut faults)?;
        if !trailing.is_empty() {
            faults.push(Fault::Trailing(trailing.clone()));
        }
        Ok(Said { rack, action, score, total, faults, trailing })
    }

    /// A rack's tiles.
    pub(super) fn rack(&self, text: &str) -> Result<Rack, Fault> {
        let tiles = self.tiles(text)?;
        let (max, got) = (self.rack_size, tiles.len());
        Rack::new(tiles).filter(|_| got <= max).ok_or_else(|| Fault::TooManyTiles {
            tiles: text.to_owned(),
            max,
            got,
        })
    }

    fn tiles(&self, text: &str) -> Result<Vec<Tile>, Fault> {
        self.text.tiles(text).map_err(|fault| Fault::Tiles { tiles: text.to_owned(), fault })
    }

    /// Any action but a play; nothing for tiles in parentheses, whose points tell what they are.
    fn other(&self, name: &str) -> Result<Option<Action>, Fault> {
        let action = match name {
            "-" => Action::Pass,
            "--" => Action::TakeBack,
            _ if name.eq_ignore_ascii_case("(challenge)") => Action::ChallengeBonus,
            _ if name.eq_ignore_ascii_case("(time)") => Action::TimePenalty,
            _ if in_parentheses(name).is_some() => return Ok(None),
            _ => {
                let tiles = name.strip_prefix('-');
                self.exchange(tiles.ok_or_else(|| Fault::NoAction(name.to_owned()))?)?
            }
        };
        Ok(Some(action))
    }

    /// An exchange of these tiles, or of so many.
    fn exchange(&self, tiles: &str) -> Result<Action, Fault> {
        if !tiles.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Action::Exchange(self.rack(tiles)?));
        }
        let count = tiles.parse().ok().filter(|count| (1..=self.rack_size).contains(count));
        let max = self.rack_size;
        let count = count.ok_or_else(|| Fault::ExchangeCount { count: tiles.to_owned(), max })?;
        Ok(Action::ExchangeUnseen(count as u8))
    }

    fn word(
        &self,
        word: &str,
        start: Square,
        direction: Direction,
        board: &Board,
        faults: &mut Vec<Fault>,
    ) -> Result<Placement, Fault> {
        let invalid = |fault| Fault::Word { word: word.to_owned(), fault };
        let mut tiles = Vec::new();
        let mut is_dotless = false;
        let mut in_parentheses = false;
        let mut rest = word;
        while let Some(character) = rest.chars().next() {
            if let '.' | '(' | ')' = character {
                rest = &rest[1..];
                match character {
                    '.' => tiles.push(None),
                    _ if in_parentheses == (character == '(') => {
                        return Err(invalid(InvalidWord::Unclosed));
                    }
                    _ => in_parentheses = !in_parentheses,
                }
                continue;
            }
            let split = self.text.split_placed(rest);
            let (tile, after) = split.map_err(|fault| invalid(fault.into()))?;
            let square = start.step(direction, tiles.len());
            let there = square.and_then(|square| board.tile(square));
            let is_same = there.map(|there| there.letter()) == Some(tile.letter());
            match there {
                _ if in_parentheses => {
                    if !is_same {
                        let square = coordinate(square);
                        let expected = self.show(tile);
                        let word = word.to_owned();
                        faults.push(Fault::PlayedThrough { word, square, expected });
                    }
                    tiles.push(None);
                }
                Some(_) if is_same => {
                    is_dotless = true;
                    tiles.push(None);
                }
                Some(there) => {
                    let (there, placed) = (self.show(there), self.show(tile));
                    let (word, square) = (word.to_owned(), coordinate(square));
                    return Err(Fault::Occupied { word, square, there, placed });
                }
                None => tiles.push(Some(tile)),
            }
            rest = after;
        }
        if in_parentheses {
            return Err(invalid(InvalidWord::Unclosed));
        }
        if is_dotless {
            faults.push(Fault::LettersForDots(word.to_owned()));
        }
        Placement::new(start, direction, tiles).ok_or_else(|| invalid(InvalidWord::Length))
    }

    fn show(&self, tile: PlacedTile) -> String {
        let mut text = String::new();
        write_placed(self.text.alphabet(), &[tile], &mut text);
        text
    }
}

fn coordinate(square: Option<Square>) -> String {
    let off = || "a square off the board".to_owned();
    square.map_or_else(off, |square| square.coordinate(Direction::Across))
}

/// The next word.
fn peek(text: &str) -> &str {
    let text = text.trim_start_matches(is_space);
    &text[..text.find(is_space).unwrap_or(text.len())]
}

/// Takes the next word away.
fn take<'t>(text: &mut &'t str) -> &'t str {
    let trimmed = text.trim_start_matches(is_space);
    let (word, rest) = trimmed.split_at(trimmed.find(is_space).unwrap_or(trimmed.len()));
    *text = rest;
    word
}

/// The points, and whether a minus is before them.
fn points(text: &str, faults: &mut Vec<Fault>) -> Result<(i32, bool), Fault> {
    // Some programs write `+-10`.
    let digits = text.trim_start_matches(['+', '-']);
    let signs = &text[..text.len() - digits.len()];
    let value = number(digits).ok_or_else(|| Fault::NoScore(text.to_owned()))?;
    if signs.len() != 1 {
        faults.push(Fault::Sign(text.to_owned()));
    }
    let is_loss = signs.contains('-');
    Ok((if is_loss { -value } else { value }, is_loss))
}

/// The total, and what comes after it.
fn total(text: &str, faults: &mut Vec<Fault>) -> Result<(Option<i32>, String), Fault> {
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        faults.push(Fault::NoTotal);
        return Ok((None, String::new()));
    }
    let minus = usize::from(text.starts_with('-'));
    let digits = text[minus..].find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len() - minus);
    // Notes are found right after it.
    let (total, trailing) = text.split_at(minus + digits);
    let value = number(&total[minus..]).ok_or_else(|| Fault::Total(peek(text).to_owned()))?;
    let total = if minus == 1 { -value } else { value };
    Ok((Some(total), trailing.trim_start_matches(is_space).to_owned()))
}

fn in_parentheses(text: &str) -> Option<&str> {
    text.strip_prefix('(')?.strip_suffix(')')
}

fn signed(text: &str) -> Option<i32> {
    number(text.strip_prefix(['+', '-'])?)
}

/// A number of at most six digits, which is more than any game has points.
fn number(digits: &str) -> Option<i32> {
    let is_number = (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}
