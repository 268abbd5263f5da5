//! Commands and events as texts and numbers, which JSON can hold: what a record has, what is stored,
//! and what players are shown.
//!
//! Owns the format and both ways through it. Who may see what is told in `seen`; what a record leaves
//! out, because it stands elsewhere in it, is the record's business.
//!
//! # The format
//! Texts of tiles are those of GCG: capitals are letters, lower case a blank that stands for one, `?` a
//! blank, `.` a tile that is played through, and `[CH]` a tile of several characters. Squares are `8D`
//! across and `D8` down. Seats count from 0; seeds and commitments are in hexadecimal. Words are spelt
//! without brackets.
//!
//! ```json
//! {"seat": 0, "action": "play", "at": "8D", "tiles": "NATURES"}
//! {"seat": 1, "action": "exchange", "tiles": "KO"}
//! {"seat": 1, "action": "challenge"}
//!
//! {"event": "started", "commitment": "92ef…", "racks": ["AENRSTU", "ADEIKLO"], "bag_tiles": 86}
//! {"event": "played", "seat": 0, "at": "8D", "tiles": "NATURES",
//!  "words": [{"at": "8D", "word": "NATURES"}], "score": 66, "bonus": 50,
//!  "drawn": "?ADEEOT", "bag_tiles": 79, "total": 66}
//! {"event": "turn_began", "seat": 1, "turn": 2, "has_final_say": false}
//! {"event": "ended", "reason": "out", "ranks": [1, 2], "racks": ["", "K"], "seed": "0001…"}
//! ```
//!
//! * `action` is `play`, `exchange`, `pass`, `challenge`, `resign` or `time_out`. A command that ended
//!   the game may have `overtime_minutes`, for each player how many minutes over time were started.
//! * The events are those of [`Event`](super::Event), by [`Event::name`](super::Event::name), with the
//!   same fields; racks and ranks are only of seats that somebody has.
//!
//! An event has one text only, and [`EventTold::event`] refuses every other: tiles of a rack stand in
//! the order of the alphabet, blanks first, and a play covers the whole of its main word. A command may
//! be told as its player likes.

mod command;
mod event;
mod reading;
mod seen;
mod text;

pub use command::CommandTold;
pub use event::{AdjustmentTold, EventTold, WordTold};
pub use reading::{CorruptGame, InvalidEvent, game};
pub use seen::{EventSeen, Viewer};
pub use text::{FieldProblem, InvalidField, board, placement, rack, rows, tiles_text};

pub(super) use text::hexadecimal;

#[cfg(test)]
mod seen_tests;
#[cfg(test)]
mod tests;
