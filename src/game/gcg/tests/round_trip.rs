//! What is written reads back the same, and no bytes make reading panic.

use proptest::prelude::*;

use crate::game::{Direction, PLAYERS_MAX};
use crate::lexicon::Letter;

use super::*;

/// Letters of the Spanish alphabet of these tests.
const LETTERS: u8 = 28;

fn racks(size: usize) -> impl Strategy<Value = Rack> {
    prop::collection::vec(0..=LETTERS, 0..=size).prop_map(|tiles| {
        Rack::new(tiles.into_iter().map(|index| Tile::from_index(index).unwrap())).unwrap()
    })
}

fn full_racks() -> impl Strategy<Value = Rack> {
    racks(7).prop_filter("an exchange has a tile", |rack| !rack.is_empty())
}

/// Words of which no tile falls on another, for each is in a row or a column of its own.
fn placements(line: u8) -> impl Strategy<Value = Placement> {
    let tile = (1..=LETTERS, any::<bool>()).prop_map(|(place, is_blank)| {
        let letter = Letter::new(place).unwrap();
        if is_blank { PlacedTile::blank(letter) } else { PlacedTile::natural(letter) }
    });
    let tiles = prop::collection::vec(prop::option::of(tile), 1..=21);
    (tiles, 0..21_u8).prop_filter_map("a placement has a tile", move |(tiles, column)| {
        Placement::new(Square { row: line, column }, Direction::Across, tiles)
    })
}

fn proses() -> impl Strategy<Value = Prose> {
    "([a-z #>é\\-\t]|\n|\\PC){0,24}".prop_map(|text| Prose::new(&text))
}

fn pragmas() -> impl Strategy<Value = Vec<Pragma>> {
    let keyword = "[A-Za-z0-9é][a-z\\-:]{0,6}".prop_filter_map("reserved", |k| Keyword::new(&k));
    let pragma = prop_oneof![
        proses().prop_map(Pragma::Note),
        (0..2_usize, racks(7)).prop_map(|(seat, rack)| Pragma::Rack { seat, rack }),
        racks(7).prop_map(Pragma::Incomplete),
        (keyword, proses()).prop_map(|(keyword, text)| Pragma::Other { keyword, text }),
    ];
    prop::collection::vec(pragma, 0..3)
}

/// A move that plays in this row if it plays.
fn moves(players: usize, line: u8) -> impl Strategy<Value = Move> {
    let points = 0..1000_i32;
    let counts = || racks(7).prop_map(|rack| rack.tiles().iter().copied().collect());
    let action = prop_oneof![
        4 => placements(line).prop_map(Action::Play),
        1 => Just(Action::Pass),
        1 => full_racks().prop_map(Action::Exchange),
        1 => (1..=7_u8).prop_map(Action::ExchangeUnseen),
        1 => Just(Action::ChallengeBonus),
        1 => Just(Action::TimePenalty),
        1 => counts().prop_map(Action::RackPoints),
        1 => counts().prop_map(Action::RackPenalty),
    ];
    (0..players, racks(7), action, points, -999_999..=999_999_i32, pragmas()).prop_map(
        |(seat, rack, action, points, total, pragmas)| {
            let score = if action.is_loss() { -points } else { points };
            Move { seat, rack, action, score, total, pragmas }
        },
    )
}

fn games() -> impl Strategy<Value = Game> {
    let nickname = "[a-zé:]{1,4}";
    let players = prop::collection::btree_set(nickname, 2..=PLAYERS_MAX);
    let players = (players, "[A-Za-z é]{0,9}").prop_map(|(nicknames, name)| {
        let player = |nickname: String| Player {
            nickname: Nickname::new(&nickname).unwrap(),
            name: Prose::new(&name),
        };
        nicknames.into_iter().map(player).collect::<Vec<_>>()
    });
    (players, pragmas()).prop_flat_map(|(players, pragmas)| {
        let seats = players.len();
        let all: Vec<_> = (0..12).map(|line| (moves(seats, line), any::<bool>())).collect();
        all.prop_map(move |all| {
            let mut moves = Vec::new();
            for (one, is_taken_back) in all {
                let is_play = matches!(one.action, Action::Play(_));
                let (seat, rack) = (one.seat, one.rack);
                moves.push(one);
                if is_play && is_taken_back {
                    let action = Action::TakeBack;
                    moves.push(Move { seat, rack, action, score: -3, total: 0, pragmas: vec![] });
                }
            }
            Game { players: players.clone(), pragmas: pragmas.clone(), moves }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_reads_back_the_same(game in games()) {
        let rules = spanish(21);
        let text = game.display(&rules.alphabet).to_string();
        let read = read_as(&text, &rules, Mode::Strict);
        prop_assert!(read.is_ok(), "{}\n{}", read.unwrap_err(), text);
        let read = read.unwrap();
        prop_assert_eq!(&read.game, &game, "{}", text);
        prop_assert_eq!(read.game.display(&rules.alphabet).to_string(), text);
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for mode in [Mode::Strict, Mode::Lenient] {
            if let Ok(source) = Source::decode(&bytes, mode) {
                let _ = Game::read(&source, &english(), mode);
            }
        }
    }

    #[test]
    fn no_lines_make_reading_panic(
        lines in prop::collection::vec(
            "(>a: |>b: |#player1 |#note |#rack1 |#)[A-Ga-g?.()\\[\\] +\\-0-9é]{0,30}(\r|\n|\r\n)", 0..8,
        ),
    ) {
        let text = lines.concat();
        if let Ok(reading) = read_as(&text, &spanish(15), Mode::Lenient) {
            // What was forgiven is gone once it is written.
            let alphabet = spanish(15).alphabet;
            let written = reading.game.display(&alphabet).to_string();
            let again = read_as(&written, &spanish(15), Mode::Strict);
            prop_assert!(again.is_ok(), "{}\n{}\n{}", again.unwrap_err(), text, written);
            prop_assert_eq!(again.unwrap().game, reading.game, "{}\n{}", text, written);
        }
    }
}
