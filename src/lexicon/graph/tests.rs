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
