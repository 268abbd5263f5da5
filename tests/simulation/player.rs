//! What players ask for: mostly what makes a game, and everything else too.

use scrabble_backend::game::{
    Action, Direction, Evaluation, Generator, PlacedTile, Placement, Rack, Square,
};
use scrabble_backend::runtime::{Act, LiveGame, Proposal};

use crate::dice::Dice;

/// What somebody asks of a game.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    /// Of which seat; of nobody's where the game has fewer.
    pub(crate) seat: u8,
    /// The turn that is meant.
    pub(crate) turn: u32,
    pub(crate) act: Act,
}

/// A wish by chance, of a game as it stands.
pub(crate) fn wish(dice: &mut Dice, game: &LiveGame) -> Wish {
    let any_seat = dice.roll(u64::from(game.position().players())) as u8;
    let on_turn = game.on_turn().unwrap_or(any_seat);
    let turn = game.position().turn();
    let turn =
        if dice.happens(950) { turn } else { (turn + 1).saturating_sub(dice.roll(4) as u32) };
    if let Some(seat) = answerer(dice, game)
        && dice.happens(250)
    {
        return Wish { seat, turn, act: answer(dice) };
    }
    let (seat, act) = match dice.roll(1000) {
        0..600 => (on_turn, play(dice, game, on_turn)),
        600..650 => (on_turn, Act::Move(phony(dice, game, on_turn))),
        650..690 => (on_turn, Act::Move(exchange(dice, game, on_turn))),
        690..760 => (on_turn, Act::Move(Action::Challenge)),
        760..780 => (on_turn, Act::Move(Action::Pass)),
        780..785 => (any_seat, Act::Move(Action::Resign)),
        785..800 => (any_seat, play(dice, game, any_seat)),
        800..870 => (any_seat, Act::Offer(proposal(dice))),
        870..930 => (any_seat, dice.one_of(&[Act::Accept, Act::Decline, Act::Withdraw])),
        930..970 => {
            let author = game.offers().standing().map_or(any_seat, |offer| offer.seat);
            (author, Act::Withdraw)
        }
        _ => (game.position().players() + 1, Act::Move(Action::Pass)),
    };
    Wish { seat, turn, act }
}

/// Somebody who has not answered the offer that stands.
fn answerer(dice: &mut Dice, game: &LiveGame) -> Option<u8> {
    let offer = game.offers().standing()?;
    let seats = 0..game.position().players();
    let asked: Vec<u8> = seats.filter(|seat| !offer.has_agreed(*seat)).collect();
    (!asked.is_empty()).then(|| dice.one_of(&asked))
}

fn proposal(dice: &mut Dice) -> Proposal {
    if dice.happens(700) { Proposal::MoreTime } else { Proposal::Abort }
}

fn answer(dice: &mut Dice) -> Act {
    if dice.happens(800) { Act::Accept } else { Act::Decline }
}

/// A legal play, or what is left where there is none.
fn play(dice: &mut Dice, game: &LiveGame, seat: u8) -> Act {
    let (rules, graph) = (game.terms().rules, game.terms().lexicon.graph());
    let position = game.position();
    let mut generator = Generator::new(rules, graph, None, position.board());
    let (mut found, mut count) = (None, 0);
    generator.plays(&position.rack(seat), &Evaluation::default(), |play| {
        count += 1;
        if dice.roll(count) == 0 {
            found = Some(play.placement);
        }
    });
    Act::Move(match found {
        Some(placement) => Action::Play(placement),
        None if dice.happens(500) => exchange(dice, game, seat),
        None => Action::Pass,
    })
}

fn exchange(dice: &mut Dice, game: &LiveGame, seat: u8) -> Action {
    let rack = game.position().rack(seat);
    let tiles = rack.tiles().iter().copied().filter(|_| dice.roll(2) == 0);
    Action::Exchange(Rack::new(tiles).unwrap())
}

/// Tiles of the rack somewhere near the middle, whether they make words or not.
fn phony(dice: &mut Dice, game: &LiveGame, seat: u8) -> Action {
    let position = game.position();
    let direction = dice.one_of(&[Direction::Across, Direction::Down]);
    let start = Square { row: 5 + dice.roll(5) as u8, column: 5 + dice.roll(5) as u8 };
    let mut rest = position.rack(seat);
    let mut tiles = Vec::new();
    for square in (0..1 + dice.roll(3) as usize).filter_map(|steps| start.step(direction, steps)) {
        if position.board().tile(square).is_some() {
            tiles.push(None);
        } else if !rest.is_empty() {
            let tile = dice.one_of(rest.tiles());
            let _ = rest.remove(tile);
            let any = game.terms().rules.alphabet.letters().next();
            tiles.push(tile.letter().map(PlacedTile::natural).or(any.map(PlacedTile::blank)));
        }
    }
    Placement::new(start, direction, tiles).map_or(Action::Pass, Action::Play)
}
