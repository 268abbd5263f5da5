//! Reads a rule set from its file, and checks everything that can be checked without playing.
//!
//! Owns the form of the file. Ignores whether the rules are those of any edition: that is the file's
//! affair, which names its sources.

use std::ops::RangeInclusive;

use oxilangtag::LanguageTag;
use serde::Deserialize;
use toml::Spanned;

use crate::game::{PLAYERS_MAX, RACK_TILES_MAX, SET_TILES_MAX, Tile, TileCounts};
use crate::lexicon::{Alphabet, InvalidAlphabet, LETTERS_MAX};

use super::{
    ChallengeRule, InvalidRules, RULES_NAME_MAX, RuleSet, RulesMistake, Scoreless, Settlement,
    TILE_VALUE_MAX, WordPremiums, built_in,
};

/// The most bytes of a file of rules; the built-in ones have two thousand or so.
pub const RULES_BYTES_MAX: usize = 65_536;

/// The most characters of a title.
const TITLE_MAX: usize = 80;

/// The keys of a file. Those whose values are checked here know where they stand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    name: Spanned<String>,
    title: Spanned<String>,
    language: Spanned<String>,
    board: Spanned<String>,
    players: Spanned<(u8, u8)>,
    rack_size: Spanned<u8>,
    bingo_bonus: u8,
    word_premiums: WordPremiums,
    words_repeat: bool,
    exchange_minimum: Spanned<u8>,
    scoreless: Spanned<Scoreless>,
    settlement: Settlement,
    challenge: Spanned<ChallengeRule>,
    overtime_points: Spanned<u8>,
    overtime_minutes_max: Option<Spanned<u8>>,
    blanks: u8,
    tile_total: Spanned<usize>,
    points_total: Spanned<usize>,
    tiles: Spanned<Vec<Spanned<TileRow>>>,
    folds: Spanned<Vec<Spanned<Fold>>>,
}

/// A letter, how many tiles it has, and what each of them counts.
#[derive(Deserialize)]
#[serde(expecting = "a letter, how many tiles and the points of each, such as [\"A\", 9, 1]")]
struct TileRow(String, u8, u8);

/// Characters, and what each of them is played as.
#[derive(Deserialize)]
#[serde(expecting = "characters and what each is played as, such as [\"ÈÉ\", \"E\"]")]
struct Fold(String, String);

/// What is wrong, and at which byte of the text.
struct Wrong {
    at: usize,
    mistake: RulesMistake,
}

impl RulesMistake {
    fn at<T>(self, place: &Spanned<T>) -> Wrong {
        Wrong { at: place.span().start, mistake: self }
    }
}

/// As [`RuleSet::parse`].
pub(super) fn parse(text: &str, file_name: &str) -> Result<RuleSet, InvalidRules> {
    read(text).and_then(check).map_err(|Wrong { at, mistake }| {
        let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        InvalidRules { file: file_name.to_owned(), line, mistake }
    })
}

fn read(text: &str) -> Result<RulesFile, Wrong> {
    if text.len() > RULES_BYTES_MAX {
        return Err(Wrong { at: 0, mistake: RulesMistake::TooLarge(text.len()) });
    }
    toml::from_str(text).map_err(|error| Wrong {
        at: error.span().map_or(0, |span| span.start),
        mistake: RulesMistake::Form(plain(error.message())),
    })
}

/// What is said of a file's form, without the names that Rust has for its types.
fn plain(message: &str) -> String {
    message
        .replace("expected u8", "expected a whole number from 0 to 255")
        .replace("expected usize", "expected a whole number, 0 or more")
        .replace("a tuple of size 2", "two numbers, such as [2, 4]")
}

fn check(file: RulesFile) -> Result<RuleSet, Wrong> {
    let name = name(&file.name)?;
    let title = title(&file.title)?;
    let language = language(&file.language)?;
    let layout = built_in::board(file.board.get_ref())
        .ok_or_else(|| RulesMistake::Board { got: file.board.get_ref().clone() }.at(&file.board))?;
    check_numbers(&file)?;
    let alphabet = alphabet(&file)?;
    let (counts, values) = tiles(&file)?;
    check_totals(&file, &counts, &values)?;
    Ok(RuleSet {
        name,
        title,
        language,
        alphabet,
        counts,
        values,
        layout,
        rack_size: file.rack_size.into_inner(),
        bingo_bonus: file.bingo_bonus,
        exchange_minimum: file.exchange_minimum.into_inner(),
        scoreless: file.scoreless.into_inner(),
        settlement: file.settlement,
        word_premiums: file.word_premiums,
        words_repeat: file.words_repeat,
        challenge: file.challenge.into_inner(),
        overtime_points: file.overtime_points.into_inner(),
        overtime_minutes_max: file.overtime_minutes_max.map(Spanned::into_inner),
        players: file.players.into_inner(),
    })
}

fn name(name: &Spanned<String>) -> Result<Box<str>, Wrong> {
    let text = name.get_ref().as_str();
    let is_name = text.len() <= RULES_NAME_MAX
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if is_name { Ok(text.into()) } else { Err(RulesMistake::Name(text.into()).at(name)) }
}

fn title(title: &Spanned<String>) -> Result<Box<str>, Wrong> {
    let text = title.get_ref().as_str();
    let is_title = !text.trim().is_empty()
        && text.chars().count() <= TITLE_MAX
        && !text.chars().any(char::is_control);
    if is_title { Ok(text.into()) } else { Err(RulesMistake::Title(text.into()).at(title)) }
}

fn language(language: &Spanned<String>) -> Result<Box<str>, Wrong> {
    let text = language.get_ref().as_str();
    match LanguageTag::parse(text) {
        Ok(_) => Ok(text.into()),
        Err(_) => Err(RulesMistake::Language(text.into()).at(language)),
    }
}

/// How many tiles there are of each, and what they count, by [`Tile::index`].
fn tiles(file: &RulesFile) -> Result<(TileCounts, [u8; LETTERS_MAX + 1]), Wrong> {
    let mut of_each = vec![(Tile::BLANK, file.blanks)];
    let mut values = [0; LETTERS_MAX + 1];
    // An alphabet has no more letters than there are places after the blank's.
    let tiles = (1..).filter_map(Tile::from_index);
    for (tile, row) in tiles.zip(file.tiles.get_ref()) {
        let TileRow(letter, count, value) = row.get_ref();
        if *value > TILE_VALUE_MAX {
            return Err(RulesMistake::Value { letter: letter.clone(), got: *value }.at(row));
        }
        values[tile.index()] = *value;
        of_each.push((tile, *count));
    }
    let counts = (of_each.into_iter())
        .flat_map(|(tile, count)| std::iter::repeat_n(tile, usize::from(count)))
        .collect();
    Ok((counts, values))
}

fn alphabet(file: &RulesFile) -> Result<Alphabet, Wrong> {
    let (rows, all_folds) = (file.tiles.get_ref(), file.folds.get_ref());
    let folds = folds(all_folds)?;
    let letters = rows.iter().map(|row| row.get_ref().0.as_str());
    let folds = folds.iter().map(|(from, to)| (from.as_str(), *to));
    Alphabet::new(letters, folds).map_err(|invalid| {
        // The last row with a letter is the one that repeats it.
        let row = |letter: &str| rows.iter().rev().find(|row| row.get_ref().0 == letter);
        let fold = |from: &str| all_folds.iter().find(|fold| fold.get_ref().0.contains(from));
        let place = match &invalid {
            InvalidAlphabet::Count(_) => None,
            InvalidAlphabet::Letter(letter)
            | InvalidAlphabet::Twice(letter)
            | InvalidAlphabet::Caseless(letter) => row(letter).map(Spanned::span),
            InvalidAlphabet::Folds(_) => Some(file.folds.span()),
            InvalidAlphabet::Fold { from, .. } => fold(from).map(Spanned::span),
        };
        Wrong { at: place.unwrap_or(file.tiles.span()).start, mistake: invalid.into() }
    })
}

/// Each character that is folded, and into what.
fn folds(folds: &[Spanned<Fold>]) -> Result<Vec<(String, &str)>, Wrong> {
    let mut of_each: Vec<(String, &str)> = Vec::new();
    for fold in folds {
        let Fold(from, to) = fold.get_ref();
        let before = of_each.len();
        of_each.extend(from.chars().map(|c| (c.to_string(), to.as_str())));
        let is_twice = (before..of_each.len())
            .any(|at| of_each[..at].iter().any(|(known, _)| *known == of_each[at].0));
        if from.is_empty() || is_twice {
            let mistake = RulesMistake::Fold { from: from.clone(), to: to.clone() };
            return Err(mistake.at(fold));
        }
    }
    Ok(of_each)
}

fn check_numbers(file: &RulesFile) -> Result<(), Wrong> {
    within("rack_size", &file.rack_size, 1..=RACK_TILES_MAX)?;
    within("exchange_minimum", &file.exchange_minimum, 1..=SET_TILES_MAX)?;
    within("overtime_points", &file.overtime_points, 0..=100)?;
    if let Some(minutes) = &file.overtime_minutes_max {
        within("overtime_minutes_max", minutes, 1..=60)?;
    }
    let turns_each = Spanned::new(file.scoreless.span(), file.scoreless.get_ref().turns_each);
    within("turns_each", &turns_each, 1..=10)?;
    let challenge_points = match *file.challenge.get_ref() {
        ChallengeRule::PointsPerPlay(points) => Some(("points_per_play", points)),
        ChallengeRule::PointsPerWord(points) => Some(("points_per_word", points)),
        ChallengeRule::Void
        | ChallengeRule::Single
        | ChallengeRule::Double
        | ChallengeRule::Triple => None,
    };
    if let Some((key, points)) = challenge_points {
        within(key, &Spanned::new(file.challenge.span(), points), 1..=100)?;
    }
    let (fewest, most) = *file.players.get_ref();
    if fewest < 2 || fewest > most || usize::from(most) > PLAYERS_MAX {
        return Err(RulesMistake::Players(fewest, most).at(&file.players));
    }
    Ok(())
}

fn within(
    key: &'static str,
    value: &Spanned<u8>,
    range: RangeInclusive<usize>,
) -> Result<(), Wrong> {
    let got = usize::from(*value.get_ref());
    if range.contains(&got) {
        return Ok(());
    }
    Err(RulesMistake::Range { key, least: *range.start(), most: *range.end(), got }.at(value))
}

fn check_totals(
    file: &RulesFile,
    counts: &TileCounts,
    values: &[u8; LETTERS_MAX + 1],
) -> Result<(), Wrong> {
    // From the rows, since a count of tiles ends at 255.
    let rows = || file.tiles.get_ref().iter().map(Spanned::get_ref);
    let tiles = usize::from(file.blanks) + rows().map(|row| usize::from(row.1)).sum::<usize>();
    if tiles > SET_TILES_MAX {
        return Err(RulesMistake::TooManyTiles(tiles).at(&file.tiles));
    }
    let points = counts.tiles().map(|tile| usize::from(values[tile.index()])).sum();
    for (key, stated, counted) in
        [("tile_total", &file.tile_total, tiles), ("points_total", &file.points_total, points)]
    {
        if *stated.get_ref() != counted {
            let mistake = RulesMistake::Total { key, stated: *stated.get_ref(), counted };
            return Err(mistake.at(stated));
        }
    }
    let (players, rack_size) = (file.players.get_ref().1, *file.rack_size.get_ref());
    if usize::from(players) * usize::from(rack_size) > tiles {
        return Err(RulesMistake::TooFewTiles { players, rack_size, tiles }.at(&file.tiles));
    }
    Ok(())
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
