//! Whatever matters to play changes the hash of a rule set, and nothing else does.

use super::*;
use crate::game::{ChallengeRule, Layout};

fn english() -> RuleSet {
    RuleSet::named("english").unwrap().clone()
}

#[test]
fn the_content_is_the_documented_text() {
    let text = english().content();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..3], ["scrabble-backend rules v1", "tile ? 2 0", "tile A 9 1"]);
    assert_eq!(lines[28], "board 15");
    assert!(lines[29].starts_with("1*3 1*1 1*1 2*1 "), "{}", lines[29]);
    assert_eq!(
        lines[44..],
        [
            "rack_size 7",
            "bingo_bonus 50",
            "exchange_minimum 7",
            "scoreless 3 true true",
            "settlement doubled",
            "word_premiums multiplied",
            "words_repeat true",
            "overtime_points 10",
            "overtime_minutes_max 10",
        ]
    );
    assert_eq!(english().content_hash().as_slice(), Sha256::digest(&text).as_slice());
}

#[test]
fn whatever_matters_to_play_changes_the_hash() {
    let changes: &[fn(&mut RuleSet)] = &[
        |rules| rules.alphabet = RuleSet::named("german").unwrap().alphabet.clone(),
        |rules| rules.counts = rules.counts.tiles().skip(1).collect(),
        |rules| rules.values[1] += 1,
        |rules| rules.layout = RuleSet::named("erudit").unwrap().layout.clone(),
        |rules| rules.rack_size = 8,
        |rules| rules.bingo_bonus = 15,
        |rules| rules.exchange_minimum = 1,
        |rules| rules.scoreless.turns_each = 2,
        |rules| rules.scoreless.counts_exchanges = false,
        |rules| rules.scoreless.counts_lost_turns = false,
        |rules| rules.settlement = Settlement::Moved,
        |rules| rules.word_premiums = WordPremiums::Added,
        |rules| rules.words_repeat = false,
        |rules| rules.overtime_points = 0,
        |rules| rules.overtime_minutes_max = None,
    ];
    let mut hashes = vec![english().content_hash()];
    for change in changes {
        let mut rules = english();
        change(&mut rules);
        hashes.push(rules.content_hash());
    }
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), changes.len() + 1);
}

#[test]
fn names_and_what_each_game_chooses_do_not_change_the_hash() {
    let mut rules = english();
    rules.name = "ours".into();
    rules.title = "Ours".into();
    rules.language = "en-GB".into();
    rules.challenge = ChallengeRule::Void;
    rules.players = (2, 2);
    rules.layout = Layout::parse(&rules.layout.to_string()).unwrap();
    assert_eq!(rules.content_hash(), english().content_hash());
}
