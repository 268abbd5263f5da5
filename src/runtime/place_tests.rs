//! Cursors read back, and nothing else does.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

proptest! {
    #[test]
    fn a_place_reads_back_from_its_text(
        id in any::<u128>(),
        is_on_turn in any::<bool>(),
        micros in 0..253_000_000_000_000_000_i64,
    ) {
        let id = GameId::from(Uuid::from_u128(id));
        let running = RunningPlace { is_on_turn, id };
        prop_assert_eq!(running.to_string().parse::<RunningPlace>().unwrap(), running);
        let finished = FinishedPlace { ended_at: Timestamp::from_micros(micros), id };
        prop_assert_eq!(finished.to_string().parse::<FinishedPlace>().unwrap(), finished);
    }

    #[test]
    fn a_text_by_chance_is_no_place(text in "\\PC{0,70}") {
        prop_assert!(text.parse::<RunningPlace>().is_err());
        prop_assert!(text.parse::<FinishedPlace>().is_err());
    }
}

#[test]
fn a_place_of_one_list_is_none_of_the_other() {
    let (running, finished) = (RunningPlace::FIRST.to_string(), FinishedPlace::FIRST.to_string());
    assert!(running.parse::<FinishedPlace>().is_err());
    assert!(finished.parse::<RunningPlace>().is_err());
    assert_eq!(running.parse::<RunningPlace>().unwrap(), RunningPlace::FIRST);
}

#[test]
fn there_are_two_lists() {
    assert_eq!("running".parse::<Listed>().unwrap(), Listed::Running);
    assert_eq!("finished".parse::<Listed>().unwrap(), Listed::Finished);
    assert!("Running".parse::<Listed>().is_err());
}
