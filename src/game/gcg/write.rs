//! Writes a game as GCG, in UTF-8, so that it is read as the same again.

use std::fmt;

use crate::game::tile_text::{write_line, write_tiles};
use crate::game::{Placement, Tile};
use crate::lexicon::Alphabet;

use super::{Action, Game, Move, Pragma};

impl Game {
    /// The game as text: always the same for the same game, with line feeds, one space between words,
    /// racks in the order of the alphabet, and `.` for what is played through.
    #[must_use]
    pub fn display<'a>(&'a self, alphabet: &'a Alphabet) -> impl fmt::Display + 'a {
        fmt::from_fn(move |formatter| {
            formatter.write_str("#character-encoding UTF-8\n")?;
            for (number, player) in (1..).zip(&self.players) {
                let text = format!("#player{number} {} {}", player.nickname, player.name.as_str());
                writeln!(formatter, "{}", text.trim_end())?;
            }
            for pragma in &self.pragmas {
                formatter.write_str(&pragma_lines(pragma, alphabet))?;
            }
            for one in &self.moves {
                self.write_move(one, alphabet, formatter)?;
                for pragma in &one.pragmas {
                    formatter.write_str(&pragma_lines(pragma, alphabet))?;
                }
            }
            Ok(())
        })
    }

    fn write_move(
        &self,
        one: &Move,
        alphabet: &Alphabet,
        formatter: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let nickname = self.players.get(one.seat).map_or("", |player| player.nickname.as_str());
        let mut rack = tiles(one.rack.tiles(), alphabet);
        // Others expect a rack, if an empty one, everywhere but here.
        if !matches!(one.action, Action::RackPoints(_)) || !rack.is_empty() {
            rack.push(' ');
        }
        let action = one.action.display(alphabet);
        let sign =
            if one.score < 0 || (one.score == 0 && one.action.is_loss()) { '-' } else { '+' };
        let (points, total) = (one.score.unsigned_abs(), one.total);
        writeln!(formatter, ">{nickname}: {rack}{action} {sign}{points} {total}")
    }
}

impl Action {
    /// What a move is, as it stands between rack and points: `8D EARTH`, `-`, `(challenge)`.
    #[must_use]
    pub fn display(&self, alphabet: &Alphabet) -> String {
        match self {
            Self::Play(placement) => {
                let coordinate = placement.start.coordinate(placement.direction);
                format!("{coordinate} {}", word(placement, alphabet))
            }
            Self::Pass => "-".to_owned(),
            Self::Exchange(rack) => format!("-{}", tiles(rack.tiles(), alphabet)),
            Self::ExchangeUnseen(count) => format!("-{count}"),
            Self::TakeBack => "--".to_owned(),
            Self::ChallengeBonus => "(challenge)".to_owned(),
            Self::TimePenalty => "(time)".to_owned(),
            Self::RackPoints(counts) | Self::RackPenalty(counts) => {
                let counted: Vec<Tile> = counts.tiles().collect();
                format!("({})", tiles(&counted, alphabet))
            }
        }
    }
}

fn word(placement: &Placement, alphabet: &Alphabet) -> String {
    let mut text = String::new();
    write_line(alphabet, placement.tiles(), &mut text);
    text
}

fn tiles(tiles: &[Tile], alphabet: &Alphabet) -> String {
    let mut text = String::new();
    write_tiles(alphabet, tiles, &mut text);
    text
}

fn pragma_lines(pragma: &Pragma, alphabet: &Alphabet) -> String {
    let (first, text, is_note) = match pragma {
        Pragma::Note(text) => ("#note".to_owned(), text.as_str(), true),
        Pragma::Rack { seat, rack } => {
            (format!("#rack{} {}", seat + 1, tiles(rack.tiles(), alphabet)), "", false)
        }
        Pragma::Incomplete(rack) => {
            (format!("#incomplete {}", tiles(rack.tiles(), alphabet)), "", false)
        }
        Pragma::Other { keyword, text } => (format!("#{}", keyword.as_str()), text.as_str(), false),
    };
    let mut lines = text.split('\n');
    let text = format!("{first} {}", lines.next().unwrap_or_default());
    let mut written = format!("{}\n", text.trim_end());
    for line in lines {
        let is_plain = line.is_empty() || (is_note && !line.starts_with(['#', '>']));
        written.push_str(if is_plain { "" } else { "#- " });
        written.push_str(line);
        written.push('\n');
    }
    written
}
