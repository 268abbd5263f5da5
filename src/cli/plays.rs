//! `plays`: prints the plays of a position, for whoever wants to hold them against another engine's.

use scrabble_backend::game::cgp::{self, Opcode, Position, TooManyOf};
use scrabble_backend::game::{
    Evaluation, Generator, Leaves, PlacedTile, Play, Rack, RuleSet, Tile, write_placed, write_tiles,
};

use super::words::{Words, WordsArgs};
use super::{Failure, print_lines};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The position in CGP, with the rack of whoever is on turn first.
    #[arg(value_name = "CGP")]
    position: String,
    /// Print all plays.
    #[arg(long, conflicts_with = "best")]
    all: bool,
    /// Print so many of the best plays.
    #[arg(long, value_name = "N", default_value_t = 10)]
    best: usize,
    #[command(flatten)]
    words: WordsArgs,
}

/// Prints plays as `8D WORD score`, the best first: the word in full, blanks in small letters. On an
/// empty board words lie across, and a single tile that makes words both ways is one play.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let named = if args.words.names_rules() { None } else { rules_of(&args.position)? };
    let Words { rules, lexicon, leaves } = args.words.open(named)?;
    let position = Position::parse(&args.position, &rules)
        .map_err(|error| Failure::input("the position", error))?;
    let unseen = position.unseen(&rules.counts).map_err(|error| too_many(error, &rules))?;
    let evaluation = evaluation(&position, &rules, leaves.as_ref(), &mut unseen.tiles());
    let mut generator = Generator::new(&rules, lexicon.graph(), None, &position.board);
    let mut plays = Vec::new();
    let rack = position.players.first().map_or(Rack::EMPTY, |player| player.rack);
    generator.plays(&rack, &evaluation, |play| plays.push(*play));
    plays.sort_unstable_by(Play::order);
    let found = plays.len();
    if !args.all {
        plays.truncate(args.best);
    }
    let last = if args.all {
        format!("{found} plays")
    } else {
        format!("{} plays of {found}", plays.len())
    };
    let lines = plays.iter().map(|play| line(play, &position, &rules));
    print_lines(lines.chain([last]))
}

/// The rules that a position names itself: by the opcode `ld`, the distribution of its letters, and by
/// `bdn`, its board, as macondo writes them.
fn rules_of(position: &str) -> Result<Option<&'static RuleSet>, Failure> {
    let opcodes = cgp::opcodes(position).map_err(|error| Failure::input("the position", error))?;
    let value = |name| opcodes.iter().find(|opcode| opcode.name() == name).map(Opcode::value);
    let Some(letters) = value("ld") else { return Ok(None) };
    let is_super = value("bdn").is_some_and(|board| board.starts_with("Super"));
    let large = format!("{letters}_super");
    let name = if is_super && !letters.ends_with("_super") { &large } else { letters };
    match RuleSet::named(name) {
        Some(rules) => Ok(Some(rules)),
        None => Err(Failure::Input(format!(
            "the position: no rule set is called {name:?}, as its opcode ld says; give the rules by --rules"
        ))),
    }
}

fn too_many(TooManyOf(tile): TooManyOf, rules: &RuleSet) -> Failure {
    let mut shown = String::new();
    write_tiles(&rules.alphabet, &[tile], &mut shown);
    let count = rules.counts.of(tile);
    Failure::Input(format!("the position: expected at most {count} of the tile {shown}, got more"))
}

/// What is kept counts as leave values say, and once nobody can draw any more, by what the others hold.
fn evaluation<'a>(
    position: &Position,
    rules: &RuleSet,
    leaves: Option<&'a Leaves>,
    unseen: &mut dyn Iterator<Item = Tile>,
) -> Evaluation<'a> {
    let others = position.players.iter().skip(1);
    let known = others.clone().flat_map(|player| player.rack.tiles().iter().copied());
    let against: Vec<Tile> = unseen.chain(known).collect();
    let room = usize::from(rules.rack_size) * others.count().max(1);
    let points = against.iter().map(|tile| u16::from(rules.value(*tile))).sum();
    Evaluation { leaves, racks_against: (against.len() <= room).then_some(points) }
}

fn line(play: &Play, position: &Position, rules: &RuleSet) -> String {
    let placement = &play.placement;
    let squares = (0..).map_while(|steps| placement.start.step(placement.direction, steps));
    let tiles: Vec<PlacedTile> = squares
        .zip(placement.tiles())
        .filter_map(|(square, tile)| tile.or_else(|| position.board.tile(square)))
        .collect();
    let mut text = placement.start.coordinate(placement.direction);
    text.push(' ');
    write_placed(&rules.alphabet, &tiles, &mut text);
    format!("{text} {}", play.score)
}
