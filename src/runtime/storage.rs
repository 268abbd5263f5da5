//! What the referee asks of whoever keeps games.
//!
//! PostgreSQL does in the service; the simulation has a memory that fails at will.

use sha2::{Digest, Sha256};

use super::live_game::LiveGame;
use super::step::Step;
use crate::id::{AccountId, GameId};

/// Keeps games. Every change is one step, and takes place as a whole or not at all.
pub trait Storage: Send + Sync {
    /// Why keeping or finding fails. Whether a change took place is then not known.
    type Error: Send;

    /// A game as it stands.
    fn load(&self, id: GameId) -> impl Future<Output = Result<Loaded, Self::Error>> + Send;

    /// Stores a step, if the game is still at the version before it.
    fn store(&self, change: Change<'_>)
    -> impl Future<Output = Result<Stored, Self::Error>> + Send;

    /// The step that was taken for a request, and the game after it.
    fn find_step(
        &self,
        game: &LiveGame,
        request: &RequestKey,
    ) -> impl Future<Output = Result<Option<KeptStep>, Self::Error>> + Send;
}

/// What comes of loading a game.
#[derive(Debug)]
pub enum Loaded {
    /// It is there.
    Game(Box<LiveGame>),
    /// It is not.
    Unknown,
    /// It is there, and can't be read here and now.
    SetAside(SetAside),
}

/// Why a game can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// In a line.
    pub reason: String,
}

/// A step that is to be stored, with the game on both of its sides.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The game that the step was decided from.
    pub before: &'a LiveGame,
    /// The game after it.
    pub after: &'a LiveGame,
    /// The step.
    pub step: &'a Step,
    /// The request that it was taken for, if it is to be known again.
    pub request: Option<&'a RequestKey>,
}

/// What comes of storing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It is stored.
    Done,
    /// The game is at another version.
    Stale,
    /// A step was taken for this request already.
    Repeated,
}

/// A request, so that it is known when it comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestKey {
    /// Of its key and its caller.
    pub key_hash: [u8; 16],
    /// Of everything that it asks for.
    pub body_hash: [u8; 16],
}

impl RequestKey {
    /// Of a player's request that is named by a key, which nobody can guess from this.
    #[must_use]
    pub fn new(player: AccountId, key: &str, body: &[u8]) -> Self {
        let key = Sha256::new().chain_update(player.uuid()).chain_update(key).finalize();
        Self { key_hash: half(&key), body_hash: half(&Sha256::digest(body)) }
    }
}

/// Enough of a hash: who looks for two that are alike would find only his own requests.
fn half(hash: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

/// A step that was stored for a request.
#[derive(Debug)]
pub struct KeptStep {
    /// Of what the request asked for.
    pub body_hash: [u8; 16],
    /// It, and the game after it, unless they can't be read here and now.
    pub read: Result<(Step, Box<LiveGame>), SetAside>,
}
