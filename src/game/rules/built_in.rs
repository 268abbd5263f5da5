//! The rule sets and boards that come with the program: which there are, and their files' texts.

use std::sync::LazyLock;

use crate::game::Layout;

use super::RuleSet;

/// All rule sets, parsed when one is first asked for.
pub(super) static RULE_SETS: LazyLock<Box<[RuleSet]>> = LazyLock::new(|| {
    let parsed = FILES.iter().map(|(name, text)| RuleSet::parse(text, name));
    parsed.collect::<Result<_, _>>().expect("the built-in rule sets are right, as a test shows")
});

/// The names of the built-in boards.
pub(super) const BOARD_NAMES: [&str; 3] = ["standard", "super", "erudit"];

/// The built-in board of this name.
pub(super) fn board(name: &str) -> Option<Layout> {
    let at = BOARD_NAMES.iter().position(|known| *known == name)?;
    Some(Layout::parse(BOARDS[at]).expect("the built-in boards are right, as a test shows"))
}

/// In the order of [`BOARD_NAMES`].
const BOARDS: [&str; 3] = [
    include_str!("boards/standard.txt"),
    include_str!("boards/super.txt"),
    include_str!("boards/erudit.txt"),
];

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$((concat!($name, ".toml"), include_str!(concat!($name, ".toml")))),*]
    };
}

/// Names of files, and their texts.
pub(super) const FILES: &[(&str, &str)] = files![
    "english",
    "english_super",
    "russian",
    "erudit",
    "german",
    "french",
    "spanish",
    "polish",
    "dutch",
    "italian",
    "portuguese",
];
