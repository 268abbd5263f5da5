//! Which rule set a record was played by, as far as its pragmas tell.

use crate::game::RuleSet;

use super::Source;

/// The beginnings of names of lexicons, and the rule sets whose words they have.
const LEXICONS: &[(&str, &str)] = &[
    ("NWL", "english"),
    ("NSWL", "english"),
    ("TWL", "english"),
    ("OWL", "english"),
    ("OTCWL", "english"),
    ("OSPD", "english"),
    ("CSW", "english"),
    ("COLLINS", "english"),
    ("SOWPODS", "english"),
    ("ECWL", "english"),
    ("CEL", "english"),
    ("RD", "german"),
    ("FRA", "french"),
    ("ODS", "french"),
    ("FILE", "spanish"),
    ("FISE", "spanish"),
    ("OSPS", "polish"),
];

/// Tiles that no built-in rule set has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("#tile-distribution {0}: no rule set of that name is known; name one by --rules")]
pub struct UnknownTiles(pub String);

impl Source {
    /// The rule set that `#tile-distribution` names, or else the one of the lexicon, in either case on
    /// the board that `#board-layout` or `#game-board` names; nothing where nothing is told.
    ///
    /// # Errors
    /// [`UnknownTiles`] where tiles are told that no built-in rule set has.
    pub fn rules(&self) -> Result<Option<&'static RuleSet>, UnknownTiles> {
        let is_super = ["board-layout", "game-board"]
            .into_iter()
            .filter_map(|keyword| self.pragma(keyword))
            .any(|board| board.to_ascii_lowercase().contains("super") || board.contains("21"));
        let on_board = |name: &str| {
            let larger = is_super.then(|| RuleSet::named(&format!("{name}_super"))).flatten();
            larger.or_else(|| RuleSet::named(name))
        };
        if let Some(tiles) = self.pragma("tile-distribution").filter(|tiles| !tiles.is_empty()) {
            let known = on_board(&tiles.to_ascii_lowercase());
            return known.map(Some).ok_or_else(|| UnknownTiles(tiles.to_owned()));
        }
        let lexicon = self.pragma("lexicon").unwrap_or_default().to_ascii_uppercase();
        let known = LEXICONS.iter().find(|(start, _)| lexicon.starts_with(start));
        let english = is_super.then_some("english");
        Ok(known.map(|(_, name)| *name).or(english).and_then(on_board))
    }
}
