//! The rules and words that games of this service are played by.
//!
//! Owns which lexicons there are: the English one that comes with the product, and those that the
//! operator has put into `BACKEND_LEXICON_DIR`. One in its folder `retired` is there for the games
//! that began with it, and for no new ones. Which rule sets there are is the `game` module's affair.

mod english;
mod shelf;

pub use english::default_english;
pub use shelf::{Library, OpenError};
