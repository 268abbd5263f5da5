//! The bag's order is the documented one, and every tile stays what and how many it is.

use super::*;
use crate::game::test_rules::english;

/// All tiles of a bag in the order in which they are drawn.
fn drawn(bag: &Bag) -> String {
    let text = |tile: &Tile| tile.letter().map_or('?', |letter| char::from(b'@' + letter.place()));
    bag.tiles().iter().rev().map(text).collect()
}

fn bag() -> Bag {
    Bag::new(Seed::new(std::array::from_fn(|index| index as u8)), &english().counts)
}

// A separate program of thirty lines of Python, written from the module's text, gave these.
const COMMITMENT: &str = "92ef35476dc2be237fd473ed8ff2365381b26ba2cad7d0437a7d58cbafa0ec2d";
const SHUFFLE_1: &str = "TUPAHNJRATATVNQZ?ALOXFELNEEEDNTOSYUMIBLSESDEAINTER\
                         DEP?IOOLCAIBCYAEROOEHWVKIONTUUAWOEGRIAIFMIRRISDEGG";
const SHUFFLE_2: &str = "EIHSPINNJIOLGWULICSNAIAN?AEETIIDKMGUEOODATHTPEERFO\
                         BSTTRBRFAOQYOYOAIAOCUEERDDN?EINVSEMGAWLLRTEVXUREAZ";

#[test]
fn the_documented_seed_gives_the_documented_orders() {
    let mut bag = bag();
    assert_eq!(format!("{:?}", bag.seed().commitment()), format!("Commitment({COMMITMENT})"));
    assert_eq!(drawn(&bag), SHUFFLE_1);
    let rack = bag.draw_rack(7);
    bag.put_back(rack.tiles().iter().copied());
    assert_eq!(drawn(&bag), SHUFFLE_2);
}

#[test]
fn the_vectors_in_the_text_are_those_of_the_test() {
    let text: String = include_str!("bag.rs")
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .flat_map(|line| line.trim_start_matches("//!").split_whitespace())
        .collect();
    for vector in [COMMITMENT, SHUFFLE_1, SHUFFLE_2] {
        assert!(text.contains(vector), "{vector}");
    }
}

#[test]
fn a_shuffle_loses_no_tile() {
    let mut bag = bag();
    for _ in 0..50 {
        let rack = bag.draw_rack(7);
        bag.put_back(rack.tiles().iter().copied());
        let counts: TileCounts = bag.tiles().iter().copied().collect();
        assert_eq!(counts, english().counts);
    }
}

#[test]
fn a_draw_gives_what_there_is() {
    let mut bag = bag();
    assert_eq!(std::iter::from_fn(|| bag.draw()).take(97).count(), 97);
    assert_eq!(bag.draw_rack(7).len(), 3);
    assert!(bag.is_empty());
    assert_eq!(bag.draw(), None);
}

#[test]
fn every_tile_comes_to_every_place_about_as_often() {
    // 3 tiles have 6 orders. Of 6000 shuffles each has 1000 but for chance, whose standard deviation
    // is 29; five of them are allowed, and the seed is always the same.
    let set: TileCounts = (1..=3).filter_map(Tile::from_index).collect();
    let mut bag = Bag::new(Seed::new([7; 32]), &set);
    let mut orders = std::collections::HashMap::new();
    for _ in 0..6000 {
        bag.put_back(std::iter::empty());
        *orders.entry(drawn(&bag)).or_insert(0_i32) += 1;
    }
    assert_eq!(orders.len(), 6);
    assert!(orders.values().all(|count| (count - 1000).abs() < 145), "{orders:?}");
}

#[test]
fn neither_a_seed_nor_a_bag_shows_its_secret() {
    let bag = bag();
    assert_eq!(format!("{bag:?} {:?}", bag.seed()), "Bag(100 tiles) Seed(***)");
}
