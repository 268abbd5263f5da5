//! Games as players and onlookers meet them: a file a capability.

mod clocks;
mod commands;
mod lists;
mod offers;
mod replicas;
mod set_aside;
mod together;
mod views;
