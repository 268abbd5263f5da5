//! Games as players and onlookers meet them: a file a capability.

mod clocks;
mod commands;
mod lists;
mod offers;
mod replicas;
mod set_aside;
mod together;
mod views;

use crate::support::{Database, Table};

/// Has the database refuse all further steps of a game.
async fn refuse_steps(database: &Database, table: &Table) {
    let refuse = format!(
        "alter table game_step add constraint refused check (game_id <> '{}') not valid",
        table.game
    );
    database.connect().await.batch_execute(&refuse).await.unwrap();
}
