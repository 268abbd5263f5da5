//! Terms are pinned by what they are.

use super::*;
use crate::runtime::test_games::{english, real_time, terms};

fn library() -> Library {
    Library::open(None).unwrap()
}

/// Terms of what the product comes with.
fn of_the_product() -> Terms {
    Terms { lexicon: crate::library::default_english(), ..terms(2) }
}

#[test]
fn terms_open_from_what_is_told_of_them() {
    let terms = of_the_product();
    let text = serde_json::to_string(&TermsTold::of(&terms)).unwrap();
    let told: TermsTold = serde_json::from_str(&text).unwrap();
    let opened = told.open(&library()).unwrap();
    assert_eq!(TermsTold::of(&opened), told);
    assert!(Arc::ptr_eq(&opened.lexicon, &terms.lexicon));
    assert!(std::ptr::eq(opened.rules, english()));
}

#[test]
fn what_is_not_here_is_named() {
    let told = TermsTold::of(&of_the_product());
    let other_rules = |name: &str, hash: String| {
        let rules = Pinned { name: name.to_owned(), hash };
        TermsTold { rules, ..told.clone() }.open(&library()).unwrap_err()
    };
    let missing = Unplayable::RulesMissing("english".to_owned());
    assert_eq!(other_rules("english", "0".repeat(64)), missing);
    let missing = Unplayable::RulesMissing("latin".to_owned());
    assert_eq!(other_rules("latin", told.rules.hash.clone()), missing);
    for hash in ["0".repeat(64), "none".to_owned()] {
        let (name, library) = (told.lexicon.name.clone(), library());
        let lexicon = Pinned { name: name.clone(), hash: hash.clone() };
        let refused = TermsTold { lexicon, ..told.clone() }.open(&library).unwrap_err();
        assert_eq!(refused, Unplayable::LexiconMissing { name, hash });
    }
}

#[test]
fn what_rules_are_is_said_alike_of_the_built_in_and_of_a_copy() {
    let copy = english().clone();
    assert_eq!(rules_hash(&copy), rules_hash(english()));
    let other = RuleSet { bingo_bonus: 49, ..copy };
    assert_ne!(rules_hash(&other), rules_hash(english()));
}

#[test]
fn games_are_rated_by_rules_and_pace() {
    let category = |time_control| Terms { time_control, ..terms(2) }.category().to_string();
    assert_eq!(category(real_time(60, 0, 0)), "english.ultra_blitz");
    assert_eq!(category(real_time(600, 0, 1)), "english.rapid");
    let days = TimeControl::Correspondence { turn_seconds: 3600, bank_seconds: 0 };
    assert_eq!(category(days), "english.correspondence");
}
