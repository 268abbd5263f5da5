//! The graph has its words and no others, in both of its shapes.

use crate::lexicon::{Letter, Word};

use super::*;

fn word(text: &str) -> Word {
    let letters: Vec<Letter> =
        text.bytes().map(|byte| Letter::new(byte - b'A' + 1).unwrap()).collect();
    Word::new(&letters).unwrap()
}

fn graph(words: &[&str]) -> Graph {
    let words: Vec<Word> = words.iter().map(|text| word(text)).collect();
    GraphBuilder::build(&words, |_| ()).unwrap()
}

/// All paths of a graph, `+` for the turn.
fn paths(graph: &Graph, edges: Edges, prefix: &str, found: &mut Vec<String>) {
    for node in graph.list(edges) {
        let letter = if node.place() == 0 { '+' } else { char::from(b'A' - 1 + node.place()) };
        let path = format!("{prefix}{letter}");
        if node.accepts() {
            found.push(path.clone());
        }
        paths(graph, node.next(), &path, found);
    }
}

#[test]
fn a_graph_spells_its_words_forwards_and_outwards_from_every_letter() {
    let graph = graph(&["CAT", "AT", "CATS"]);
    let (mut forwards, mut outwards) = (Vec::new(), Vec::new());
    paths(&graph, graph.dawg(), "", &mut forwards);
    paths(&graph, graph.gaddag(), "", &mut outwards);
    assert_eq!(forwards, ["AT", "CAT", "CATS"]);
    assert_eq!(outwards, ["A+T", "AC+T", "AC+TS", "C+AT", "C+ATS", "STAC", "TA", "TAC", "TAC+S"]);
}

#[test]
fn a_word_that_comes_twice_is_stored_once() {
    assert_eq!(graph(&["AT", "AT", "CAT"]), graph(&["AT", "CAT"]));
}

#[test]
fn what_the_builder_makes_passes_the_check_of_what_is_loaded() {
    let built = graph(&["CAT", "AT", "CATS", "DOG", "DO", "GOD"]);
    let loaded =
        Graph::from_nodes(built.nodes().into(), built.dawg().place(), built.gaddag().place(), 26);
    assert_eq!(loaded, Ok(built));
}

#[test]
fn no_words_make_a_graph_without_words() {
    let empty = graph(&[]);
    assert!(!empty.contains(word("A").places()));
    assert!(Graph::from_nodes(empty.nodes().into(), 0, 0, 26).is_ok());
}

/// A node: the place of its letter, whether a word ends in it, whether it is the last of its list, and
/// its arrow.
fn node(place: u32, accepts: bool, is_last: bool, arrow: u32) -> u32 {
    place << LETTER_SHIFT | u32::from(accepts) << 25 | u32::from(is_last) << 24 | arrow
}

#[test]
fn turns_stand_in_the_gaddag_alone_after_a_letter_and_before_one() {
    let check =
        |nodes: &[u32], dawg, gaddag| Graph::from_nodes(nodes.into(), dawg, gaddag, 26).map(|_| ());
    let end = node(1, true, true, 0);
    let turn = node(0, false, true, 1);
    assert_eq!(check(&[0, end, turn, node(2, false, true, 2)], 1, 3), Ok(()));
    assert_eq!(check(&[0, end, turn, node(2, false, true, 2)], 3, 3), Err(InvalidGraph::Turn(3)));
    assert_eq!(check(&[0, end, turn], 1, 2), Err(InvalidGraph::Turn(2)));
    let accepting = node(0, true, true, 1);
    assert_eq!(check(&[0, end, accepting], 1, 1), Err(InvalidGraph::Turn(2)));
    let second = [0, end, turn, node(2, false, true, 2), node(0, false, true, 3)];
    assert_eq!(check(&second, 1, 1), Err(InvalidGraph::Turn(4)));
}

#[test]
fn no_path_has_more_letters_than_a_word() {
    let chain = |length: u32| -> Box<[u32]> {
        (0..=length).map(|at| if at == 0 { 0 } else { node(1, at == 1, true, at - 1) }).collect()
    };
    assert!(Graph::from_nodes(chain(21), 21, 0, 26).is_ok());
    assert_eq!(Graph::from_nodes(chain(22), 22, 0, 26), Err(InvalidGraph::TooDeep));
}

#[test]
fn paths_are_counted_without_a_walk() {
    assert_eq!(graph(&["CAT", "AT", "CATS", "DO"]).path_counts(), (4, 3 + 2 + 4 + 2));
    assert_eq!(graph(&[]).path_counts(), (0, 0));
}

#[test]
fn words_of_any_length_are_told_from_what_is_none() {
    let words = ["AT", "AZZZZZZZZZZZZ", "BZZZZZZZZZZZZZ", "ABCDEFGHIJKLMNOPQRSTU"];
    let graph = graph(&words);
    for text in words {
        assert!(graph.contains(word(text).places()), "{text}");
        assert!(!graph.contains(word(&text[1..]).places()), "{text} without its first letter");
        assert!(!graph.contains(&[word(&text[1..]).places(), &[62]].concat()), "{text}, changed");
    }
    assert!(!graph.contains(&[]));
}
