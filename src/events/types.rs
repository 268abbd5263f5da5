//! What is told: kinds, audiences, messages, and all that one transaction tells.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::id::{AccountId, GameId};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal;)*) => {
        /// What a message tells of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[doc = $doc])* $name,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

kinds! {
    /// Somebody looks for a game.
    SeekOpened = "seek_opened";
    /// Somebody has joined that seek, or left it, and it is still open.
    SeekChanged = "seek_changed";
    /// That seek is over: taken, withdrawn or expired.
    SeekClosed = "seek_closed";
    /// Somebody is invited to a game.
    InvitationOpened = "invitation_opened";
    /// One of several who are invited has accepted.
    InvitationChanged = "invitation_changed";
    /// That invitation is over: accepted, declined, withdrawn or expired.
    InvitationClosed = "invitation_closed";
    /// A game begins.
    GameStarted = "game_started";
    /// Something has happened in a game, for all who look at it.
    GameAdvanced = "game_advanced";
    /// A player's tiles, for that player alone.
    GameRack = "game_rack";
    /// A game is over.
    GameEnded = "game_ended";
    /// Somebody has come or gone.
    PresenceChanged = "presence_changed";
}

/// A text that is no kind's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKind(String);

impl fmt::Display for UnknownKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is no kind of event; expected one of ", self.0)?;
        for (index, kind) in Kind::ALL.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(formatter, "{comma}{}", kind.as_str())?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownKind {}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL.iter().find(|kind| kind.as_str() == text);
        found.copied().ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// Some kinds, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinds(Vec<Kind>);

impl Kinds {
    /// Whether a name is that of one of them.
    #[must_use]
    pub(super) fn contain(&self, name: &str) -> bool {
        self.0.iter().any(|kind| kind.as_str() == name)
    }
}

impl FromStr for Kinds {
    type Err = UnknownKind;

    /// Their names with commas between.
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// Whom a message is for. The gateway passes it on to nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "to", rename_all = "snake_case")]
#[schemars(rename = "EventAudience")]
pub enum Audience {
    /// Everyone who is here.
    Everyone,
    /// Everyone who is here, but for these accounts.
    EveryoneBut {
        /// Which.
        ids: Vec<AccountId>,
    },
    /// These accounts alone.
    Accounts {
        /// Which.
        ids: Vec<AccountId>,
    },
    /// The players and the onlookers of a game.
    Game {
        /// Which.
        id: GameId,
    },
}

impl Audience {
    /// These accounts alone.
    #[must_use]
    pub fn accounts(ids: impl IntoIterator<Item = AccountId>) -> Self {
        Self::Accounts { ids: ids.into_iter().collect() }
    }

    /// The players and the onlookers of a game.
    #[must_use]
    pub const fn game(id: GameId) -> Self {
        Self::Game { id }
    }
}

/// One thing that is told.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    kind: Kind,
    audience: Audience,
    data: Box<RawValue>,
}

impl Message {
    /// Tells `data` to an audience.
    ///
    /// # Panics
    /// Never for the wire types, whose maps have text for keys.
    #[must_use]
    pub fn new<T: Serialize + ?Sized>(kind: Kind, audience: Audience, data: &T) -> Self {
        let data = serde_json::value::to_raw_value(data).expect("a wire type serialises");
        Self { kind, audience, data }
    }
}

/// All that one transaction tells, in order, as it is stored: at most [`Told::BYTES_MAX`], or the
/// database refuses the transaction.
#[derive(Debug, Clone)]
pub struct Told(String);

impl Told {
    /// How long the text may be.
    pub const BYTES_MAX: usize = 262_144;

    /// These messages.
    ///
    /// # Panics
    /// Never: a message serialises.
    #[must_use]
    pub fn new(messages: &[Message]) -> Self {
        Self(serde_json::to_string(messages).expect("a message serialises"))
    }

    /// As many as it takes to tell these messages in order, each of which is shorter than a whole.
    ///
    /// # Panics
    /// Never: a message serialises.
    #[must_use]
    pub fn parts(messages: &[Message]) -> Vec<Self> {
        let mut parts: Vec<String> = Vec::new();
        for message in messages {
            let text = serde_json::to_string(message).expect("a message serialises");
            // With a comma before it and the bracket behind it.
            match parts.last_mut() {
                Some(part) if part.len() + text.len() + 2 <= Self::BYTES_MAX => {
                    part.push(',');
                    part.push_str(&text);
                }
                _ => parts.push(format!("[{text}")),
            }
        }
        parts.into_iter().map(|part| Self(part + "]")).collect()
    }

    /// The text for the outbox's row.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn a_kind_reads_back_from_its_name_which_is_the_one_on_the_wire() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        let error = "chess".parse::<Kind>().unwrap_err().to_string();
        assert!(error.contains("\"chess\"") && error.contains("game_rack"), "{error}");
    }

    #[test]
    fn what_is_too_much_for_one_is_told_in_parts_none_of_which_is_too_long() {
        let texts: Vec<String> = (0..9).map(|length| "x".repeat(length * 10_000)).collect();
        let messages: Vec<Message> = texts
            .iter()
            .map(|text| Message::new(Kind::SeekOpened, Audience::Everyone, text))
            .collect();
        let parts = Told::parts(&messages);
        assert!(parts.len() > 1 && parts.iter().all(|part| part.as_str().len() <= Told::BYTES_MAX));
        let read = |part: &Told| serde_json::from_str::<Vec<serde_json::Value>>(part.as_str());
        let told: Vec<_> = parts.iter().flat_map(|part| read(part).unwrap()).collect();
        let data: Vec<_> = told.iter().map(|message| message["data"].as_str().unwrap()).collect();
        assert_eq!(data, texts);
        assert_eq!(Told::parts(&messages[..2])[0].as_str(), Told::new(&messages[..2]).as_str());
        assert!(Told::parts(&[]).is_empty());
    }

    #[test]
    fn kinds_are_listed_with_commas_and_each_is_known() {
        let kinds: Kinds = "game_started,game_ended".parse().unwrap();
        assert!(kinds.contain("game_ended") && !kinds.contain("game_rack"));
        for (text, named) in
            [("", "\"\""), ("game_started,", "\"\""), ("game_ended, chess", "\" chess\"")]
        {
            let error = text.parse::<Kinds>().unwrap_err().to_string();
            assert!(error.starts_with(named), "{error}");
        }
    }

    #[test]
    fn what_is_told_is_an_array_of_messages_with_their_audiences() {
        let now = Timestamp::from_micros(0);
        let (account, game) = (AccountId::new(now), GameId::new(now));
        let told = Told::new(&[
            Message::new(Kind::SeekOpened, Audience::Everyone, &1),
            Message::new(Kind::GameRack, Audience::accounts([account]), "AB"),
            Message::new(Kind::GameAdvanced, Audience::game(game), &[2]),
        ]);
        let expected = serde_json::json!([
            {"kind": "seek_opened", "audience": {"to": "everyone"}, "data": 1},
            {"kind": "game_rack", "audience": {"to": "accounts", "ids": [account]}, "data": "AB"},
            {"kind": "game_advanced", "audience": {"to": "game", "id": game}, "data": [2]},
        ]);
        assert_eq!(serde_json::from_str::<serde_json::Value>(told.as_str()).unwrap(), expected);
    }
}
