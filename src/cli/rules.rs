//! `rules`: lists the rule sets, or prints one for people; and finds the rule set that a command's
//! argument names.

use std::fmt::Write as _;
use std::path::Path;

use scrabble_backend::game::{
    ChallengeRule, Direction, Layout, Premium, RULES_BYTES_MAX, RuleSet, Settlement, Square, Tile,
    WordPremiums,
};
use scrabble_backend::telemetry::Chain;

use super::{Failure, file, print_lines};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A built-in rule set, or a file that ends in .toml; without it all built-in ones are listed.
    rules: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.rules {
        None => print_lines(RuleSet::all().iter().map(summary)),
        Some(name) => print_lines(describe(&find(name)?).lines()),
    }
}

/// The rule set that an argument `--rules` names: a built-in one by its name, or one of an operator's
/// own by the path of its file, which ends in `.toml`.
pub(crate) fn find(name_or_path: &str) -> Result<RuleSet, Failure> {
    if let Some(built_in) = RuleSet::named(name_or_path) {
        return Ok(built_in.clone());
    }
    if !name_or_path.ends_with(".toml") {
        let names: Vec<&str> = RuleSet::all().iter().map(|rules| &*rules.name).collect();
        return Err(Failure::Input(format!(
            "no rule set is called {name_or_path:?}: expected {}, or a file that ends in .toml",
            names.join(", ")
        )));
    }
    let text = file::read_text(Path::new(name_or_path), RULES_BYTES_MAX)?;
    RuleSet::parse(&text, name_or_path).map_err(|error| Failure::Input(Chain(&error).to_string()))
}

fn summary(rules: &RuleSet) -> String {
    let (name, side) = (&rules.name, rules.layout.side());
    format!("{name:<14} {}, {} tiles, {side} by {side}", rules.title, rules.counts.total())
}

fn describe(rules: &RuleSet) -> String {
    let mut text = format!("{} ({}, {})\n\n", rules.title, rules.name, rules.language);
    describe_tiles(rules, &mut text);
    describe_board(&rules.layout, &mut text);
    describe_play(rules, &mut text);
    text
}

/// Tiles by what they count, as the tables in rule books have them.
fn describe_tiles(rules: &RuleSet, text: &mut String) {
    let points: usize = rules.counts.tiles().map(|tile| usize::from(rules.value(tile))).sum();
    let _ = writeln!(text, "{} tiles, {points} points\n", rules.counts.total());
    let _ = writeln!(text, "{:>4}  blank×{}", 0, rules.counts.of(Tile::BLANK));
    let tiles: Vec<Tile> = rules.alphabet.letters().map(Tile::of).collect();
    let (there, absent): (Vec<Tile>, Vec<Tile>) =
        tiles.into_iter().partition(|tile| rules.counts.of(*tile) > 0);
    let show = |tile: Tile| tile.letter().map_or("", |letter| rules.alphabet.text(letter));
    for value in 0..=u8::MAX {
        let of_value = there.iter().filter(|tile| rules.value(**tile) == value);
        let shown: Vec<String> =
            of_value.map(|tile| format!("{}×{}", show(*tile), rules.counts.of(*tile))).collect();
        if !shown.is_empty() {
            let _ = writeln!(text, "{value:>4}  {}", shown.join(" "));
        }
    }
    if !absent.is_empty() {
        let shown: Vec<&str> = absent.into_iter().map(show).collect();
        let _ = writeln!(text, "\nWithout a tile, for blanks only: {}", shown.join(" "));
    }
    // Spellings that are played alike stand together.
    let mut folds: Vec<(String, &str)> = Vec::new();
    for (from, to) in rules.alphabet.folds() {
        match folds.last_mut() {
            Some((alike, last)) if *last == to => alike.push_str(from),
            _ => folds.push((from.to_owned(), to)),
        }
    }
    let folds: Vec<String> = folds.iter().map(|(from, to)| format!("{from} as {to}")).collect();
    if !folds.is_empty() {
        let _ = writeln!(text, "\nPlayed: {}", folds.join(", "));
    }
}

fn describe_board(layout: &Layout, text: &mut String) {
    let side = layout.side();
    let columns: Vec<String> =
        (0..side).map(|column| char::from(b'A' + column).to_string()).collect();
    let _ = writeln!(text, "\n    {}", columns.join(" "));
    let mut seen: Vec<Premium> = Vec::new();
    for row in 0..side {
        let premiums: Vec<Premium> =
            (0..side).map(|column| layout.premium(Square { row, column })).collect();
        let symbols: Vec<String> =
            premiums.iter().map(|premium| premium.symbol().to_string()).collect();
        let _ = writeln!(text, "{:>3} {}", row + 1, symbols.join(" "));
        seen.extend(premiums.into_iter().filter(|premium| *premium != Premium::NONE));
    }
    seen.sort_unstable_by_key(|premium| (premium.word, premium.letter));
    seen.dedup();
    let legend: Vec<String> = (seen.iter())
        .map(|premium| match premium {
            Premium { letter, word: 1 } => format!("{} letter×{letter}", premium.symbol()),
            Premium { letter: 1, word } => format!("{} word×{word}", premium.symbol()),
            Premium { letter, word } => {
                format!("{} letter×{letter} word×{word}", premium.symbol())
            }
        })
        .collect();
    let start = layout.start().coordinate(Direction::Across);
    let _ = writeln!(text, "\n    {}; the first play covers {start}\n", legend.join("  "));
}

fn describe_play(rules: &RuleSet, text: &mut String) {
    let RuleSet { rack_size, bingo_bonus, exchange_minimum, overtime_points, .. } = rules;
    let (fewest, most) = rules.players;
    let premium_words = match rules.word_premiums {
        WordPremiums::Multiplied => "multiply: two triples count nine times",
        WordPremiums::Added => "add up: two triples count six times",
    };
    let again = if rules.words_repeat { "may be made" } else { "may not be made" };
    let turns = rules.scoreless.turns_each;
    let counted = |is_counted| if is_counted { "counted" } else { "not counted" };
    let exchanges = counted(rules.scoreless.counts_exchanges);
    let lost_turns = counted(rules.scoreless.counts_lost_turns);
    let tiles_left = match rules.settlement {
        Settlement::Doubled => {
            "of two players, who goes out gets twice what the other has; of more, as moved"
        }
        Settlement::Moved => "moved: everybody loses what they have, and who goes out gets it",
    };
    let wrong_challenge = challenge(rules.challenge);
    let lost = rules
        .overtime_minutes_max
        .map_or_else(String::new, |minutes| format!("; at minute {minutes} the game is lost"));
    let _ = write!(
        text,
        "\
Players          {fewest} to {most}
Rack             {rack_size} tiles; {bingo_bonus} points for placing as many in one turn
Premium words    {premium_words}
A word again     {again}
Exchange         with {exchange_minimum} or more tiles in the bag
Scoreless end    after {turns} turns of each player, exchanges {exchanges}, turns lost by challenges {lost_turns}
Tiles left       {tiles_left}
Wrong challenge  {wrong_challenge}
Overtime         {overtime_points} points a minute{lost}
"
    );
}

fn challenge(rule: ChallengeRule) -> String {
    match rule {
        ChallengeRule::Void => "none: words are checked at once".to_owned(),
        ChallengeRule::Single => "costs nothing".to_owned(),
        ChallengeRule::Double => "costs the turn".to_owned(),
        ChallengeRule::PointsPerPlay(points) => format!("gives the other {points} points"),
        ChallengeRule::PointsPerWord(points) => format!("gives the other {points} points a word"),
        ChallengeRule::Triple => "loses the game; so does a wrong word".to_owned(),
    }
}
