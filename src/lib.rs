//! The internal backend of a Scrabble platform.
//!
//! Modules in reading order: what runs the process, the edges, the features, the base.
