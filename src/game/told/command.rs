//! Commands in texts.

use serde::{Deserialize, Serialize};

use crate::game::{Action, Command, PLAYERS_MAX, RuleSet};

use super::text::{
    FieldProblem, InvalidField, coordinate, placement, placement_text, rack, tiles_text,
};

/// A command in texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandTold {
    seat: u8,
    action: ActionTold,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tiles: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    overtime_minutes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActionTold {
    Play,
    Exchange,
    Pass,
    Challenge,
    Resign,
    TimeOut,
}

impl CommandTold {
    /// A command that was made under these rules.
    #[must_use]
    pub fn of(rules: &RuleSet, command: &Command) -> Self {
        let (action, at, tiles) = match &command.action {
            Action::Play(placement) => {
                let (at, tiles) = (coordinate(placement), placement_text(rules, placement));
                (ActionTold::Play, Some(at), Some(tiles))
            }
            Action::Exchange(tiles) => (ActionTold::Exchange, None, Some(tiles_text(rules, tiles))),
            Action::Pass => (ActionTold::Pass, None, None),
            Action::Challenge => (ActionTold::Challenge, None, None),
            Action::Resign => (ActionTold::Resign, None, None),
            Action::TimeOut => (ActionTold::TimeOut, None, None),
        };
        let told = command.overtime_minutes.iter().rposition(|minutes| *minutes > 0);
        let overtime_minutes =
            told.map_or_else(Vec::new, |last| command.overtime_minutes[..=last].to_vec());
        Self { seat: command.seat, action, at, tiles, overtime_minutes }
    }

    /// The command. Whether it is legal is asked of a game.
    ///
    /// # Errors
    /// [`InvalidField`] names what is wrong first.
    pub fn command(&self, rules: &RuleSet) -> Result<Command, InvalidField> {
        let has_tiles = matches!(self.action, ActionTold::Play | ActionTold::Exchange);
        let at = field("at", self.at.as_deref(), self.action == ActionTold::Play)?;
        let tiles = field("tiles", self.tiles.as_deref(), has_tiles)?;
        let action = match self.action {
            ActionTold::Play => Action::Play(placement(rules, at, tiles)?),
            ActionTold::Exchange => Action::Exchange(rack(rules, "tiles", tiles)?),
            ActionTold::Pass => Action::Pass,
            ActionTold::Challenge => Action::Challenge,
            ActionTold::Resign => Action::Resign,
            ActionTold::TimeOut => Action::TimeOut,
        };
        let mut overtime_minutes = [0; PLAYERS_MAX];
        for (index, minutes) in self.overtime_minutes.iter().enumerate() {
            *overtime_minutes
                .get_mut(index)
                .ok_or_else(|| FieldProblem::Players.of("overtime_minutes"))? = *minutes;
        }
        Ok(Command { seat: self.seat, action, overtime_minutes })
    }
}

/// A field's text, which is to be there for some actions and not for the others; empty where it is not.
fn field<'t>(
    name: &'static str,
    text: Option<&'t str>,
    is_needed: bool,
) -> Result<&'t str, InvalidField> {
    match (text, is_needed) {
        (Some(text), true) => Ok(text),
        (None, false) => Ok(""),
        (None, true) => Err(FieldProblem::Missing.of(name)),
        (Some(_), false) => Err(FieldProblem::Superfluous.of(name)),
    }
}
