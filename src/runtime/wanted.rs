//! Terms as somebody who wants to play names them: by what rules and words are called, with most of it
//! left to defaults.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::terms::Terms;
use super::time_control::{InvalidTimeControl, TimeControl};
use crate::game::{ChallengeRule, RuleSet};
use crate::http::{object, present};
use crate::lexicon::Lexicon;
use crate::library::Library;
use crate::openapi::forms;

/// What somebody wants to play.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsWanted {
    /// The rule set's name.
    #[schemars(with = "RulesName")]
    rules: String,
    /// The lexicon's name. The first that fits the rules, without it.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    lexicon: Option<String>,
    /// How words are questioned. As the rules have it, without it.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "ChallengeRule")]
    challenge: Option<ChallengeRule>,
    /// How much time there is.
    #[serde(deserialize_with = "object")]
    #[schemars(with = "TimeControlWanted")]
    time_control: TimeControl,
    /// Whether the result changes ratings.
    #[serde(default)]
    rated: bool,
    /// How many players there are to be.
    #[serde(default = "players_default")]
    #[schemars(range(min = 2, max = 4))]
    players: u8,
}

/// The name of a rule set that can be played, for its form alone.
struct RulesName;

/// A time control of which may be left out what is 0, which in answers is there; likewise.
struct TimeControlWanted;

impl JsonSchema for TimeControlWanted {
    fn schema_name() -> Cow<'static, str> {
        "WantedTimeControl".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        TimeControl::json_schema(generator)
    }
}

forms! {
    RulesName as "RulesName" = {
        "type": "string",
        "description": "The name of a rule set.",
        "enum": rules_names(),
    };
}

/// Why there are no such terms: the field, by its path in them, and what was expected of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected}")]
pub struct InvalidTerms {
    /// Which field.
    pub field: String,
    /// What it should be.
    pub expected: String,
}

impl InvalidTerms {
    fn new(field: &str, expected: String) -> Self {
        Self { field: field.to_owned(), expected }
    }
}

impl From<InvalidTimeControl> for InvalidTerms {
    fn from(invalid: InvalidTimeControl) -> Self {
        Self::new(&format!("time_control.{}", invalid.field), invalid.expected)
    }
}

impl TermsWanted {
    /// The terms that are meant, of what a library offers.
    ///
    /// # Errors
    /// [`InvalidTerms`] names the first field that is wrong.
    pub fn find(&self, library: &Library) -> Result<Terms, InvalidTerms> {
        let rules = RuleSet::named(&self.rules).ok_or_else(|| {
            InvalidTerms::new("rules", format!("expected {}", rules_names().join(", ")))
        })?;
        let time_control = self.time_control.checked()?;
        let (min, max) = rules.players;
        if !(min..=max).contains(&self.players) {
            return Err(InvalidTerms::new("players", format!("expected {min} to {max}")));
        }
        Ok(Terms {
            rules,
            lexicon: Arc::clone(self.lexicon(rules, library)?),
            challenge: self.challenge.unwrap_or(rules.challenge),
            time_control,
            is_rated: self.rated,
            players: self.players,
        })
    }

    fn lexicon<'l>(
        &self,
        rules: &'l RuleSet,
        library: &'l Library,
    ) -> Result<&'l Arc<Lexicon>, InvalidTerms> {
        let found = library
            .fitting(rules)
            .find(|lexicon| self.lexicon.as_deref().is_none_or(|name| name == lexicon.name()));
        found.ok_or_else(|| {
            let names: Vec<&str> = library.fitting(rules).map(|lexicon| lexicon.name()).collect();
            let expected = match names.as_slice() {
                [] => format!("this service has no lexicon for the rules {}", rules.name),
                names => format!("expected {}", names.join(", ")),
            };
            InvalidTerms::new("lexicon", expected)
        })
    }
}

fn rules_names() -> Vec<&'static str> {
    RuleSet::all().iter().map(|rules| &*rules.name).collect()
}

const fn players_default() -> u8 {
    2
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TEN_MINUTES: &str = r#"{"kind": "real_time", "initial_seconds": 600}"#;

    /// The terms that are wanted by these fields, beside rules and time.
    fn find(fields: Value) -> Result<Terms, InvalidTerms> {
        let time_control: Value = serde_json::from_str(TEN_MINUTES).unwrap();
        let mut wanted = json!({"rules": "english", "time_control": time_control});
        wanted.as_object_mut().unwrap().append(fields.clone().as_object_mut().unwrap());
        let wanted: TermsWanted = serde_json::from_value(wanted).unwrap();
        wanted.find(&Library::open(None).unwrap())
    }

    fn refused(fields: Value) -> (String, String) {
        let InvalidTerms { field, expected } = find(fields).unwrap_err();
        (field, expected)
    }

    #[test]
    fn what_is_not_named_is_as_the_rules_and_the_library_have_it() {
        let terms = find(json!({})).unwrap();
        assert_eq!(&*terms.rules.name, "english");
        assert_eq!(terms.lexicon.name(), "English (Wordnik)");
        assert_eq!(terms.challenge, ChallengeRule::Double);
        assert_eq!((terms.is_rated, terms.players), (false, 2));
        let named = json!({
            "lexicon": "English (Wordnik)", "challenge": "void", "rated": true, "players": 4,
        });
        let terms = find(named).unwrap();
        assert_eq!(terms.challenge, ChallengeRule::Void);
        assert_eq!((terms.is_rated, terms.players), (true, 4));
    }

    #[test]
    fn what_is_wrong_is_named_with_what_was_expected() {
        let (field, expected) = refused(json!({"rules": "klingon"}));
        assert_eq!(field, "rules");
        assert!(expected.contains("english, english_super, russian"), "{expected}");
        let (field, expected) = refused(json!({"lexicon": "Klingon"}));
        assert_eq!((&*field, &*expected), ("lexicon", "expected English (Wordnik)"));
        let (field, expected) = refused(json!({"rules": "german"}));
        assert_eq!(field, "lexicon");
        assert_eq!(expected, "this service has no lexicon for the rules german");
        let (field, expected) = refused(json!({"players": 5}));
        assert_eq!((&*field, &*expected), ("players", "expected 2 to 4"));
        let time_control = json!({"kind": "real_time", "initial_seconds": 5});
        let (field, expected) = refused(json!({"time_control": time_control}));
        assert_eq!((&*field, &*expected), ("time_control.initial_seconds", "expected 15 to 10800"));
    }
}
