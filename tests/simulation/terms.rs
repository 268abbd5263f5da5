//! What the games of a run are played by.

use std::sync::{Arc, LazyLock};

use scrabble_backend::game::{ChallengeRule, PLAYERS_MAX, RuleSet, Scoreless, Tile};
use scrabble_backend::lexicon::{Lexicon, Word};
use scrabble_backend::runtime::{Terms, TimeControl};

use crate::dice::Dice;

#[path = "../chance/small_rules.rs"]
mod small_rules;

use small_rules::{SMALL_LETTERS, small_rules};

/// How many small sets of tiles there are; games with them come to their end soon.
const SMALL_SETS: u64 = 16;

/// Rules with words for them.
struct Edition {
    rules: RuleSet,
    lexicon: Arc<Lexicon>,
}

/// Made once, since games refer to their rules for as long as the process runs.
static EDITIONS: LazyLock<Vec<Edition>> = LazyLock::new(|| {
    let small = (0..SMALL_SETS).map(|number| small_rules(&mut Dice::new(number)));
    let small = small.map(|rules| Edition::new(rules, SMALL_LETTERS));
    let built_in = ["english", "spanish", "erudit", "english_super"];
    let built_in = built_in.map(|name| RuleSet::named(name).expect("it comes along"));
    let of_whole_sets =
        built_in.into_iter().map(|rules| Edition::new(rules.clone(), rules.alphabet.len()));
    small.chain(of_whole_sets).collect()
});

impl Edition {
    /// With words by chance, of the first letters of the alphabet.
    fn new(rules: RuleSet, letters: usize) -> Self {
        let letters: Vec<_> = rules.alphabet.letters().take(letters).collect();
        let mut dice = Dice::new(letters.len() as u64);
        let mut words = Vec::new();
        for one in &letters {
            for other in &letters {
                words.extend(Word::new(&[*one, *other]).filter(|_| dice.happens(400)));
                for third in letters.iter().step_by(3) {
                    words.extend(Word::new(&[*one, *other, *third]).filter(|_| dice.happens(300)));
                }
            }
        }
        // Two letters in a row may be another one in some languages, and then are no word.
        words.retain(|word| rules.alphabet.parse(&rules.alphabet.spell(word)).as_ref() == Ok(word));
        let lexicon = Lexicon::build("by chance", rules.alphabet.clone(), words, |_| ()).unwrap();
        Self { rules, lexicon: Arc::new(lexicon) }
    }
}

/// Terms by chance: of real time or of correspondence, which are not in one run, since they are so far
/// apart.
pub(crate) fn draw(dice: &mut Dice, is_real_time: bool) -> Terms {
    let whole = EDITIONS.len() as u64;
    let edition = if dice.happens(900) { dice.roll(SMALL_SETS) } else { dice.roll(whole) };
    let Edition { rules, lexicon } = &EDITIONS[edition as usize];
    let room = rules.counts.total() / usize::from(rules.rack_size);
    let players_max = room.min(PLAYERS_MAX).min(rules.players.1.into()) as u64;
    let challenge = dice.one_of(&[
        ChallengeRule::Void,
        ChallengeRule::Single,
        ChallengeRule::Double,
        ChallengeRule::PointsPerPlay(5),
        ChallengeRule::PointsPerWord(10),
        ChallengeRule::Triple,
    ]);
    let (initial_seconds, bank_seconds) = (dice.one_of(&[15, 60, 300]), dice.one_of(&[0, 86_400]));
    let time_control = match dice.roll(3) {
        _ if !is_real_time => {
            let turn_seconds = dice.one_of(&[3_600, 86_400]);
            TimeControl::Correspondence { turn_seconds, bank_seconds }
        }
        0 => real_time(initial_seconds, dice.one_of(&[1, 5, 60]), 0),
        1 => real_time(initial_seconds, 0, dice.one_of(&[1, 3])),
        _ => real_time(initial_seconds, 0, 0),
    };
    Terms {
        rules,
        lexicon: Arc::clone(lexicon),
        challenge,
        time_control: time_control.checked().unwrap(),
        is_rated: false,
        players: 2 + dice.roll(players_max - 1) as u8,
    }
}

const fn real_time(
    initial_seconds: u32,
    increment_seconds: u32,
    overtime_minutes: u8,
) -> TimeControl {
    TimeControl::RealTime { initial_seconds, increment_seconds, overtime_minutes }
}
