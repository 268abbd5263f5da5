//! Which time controls there are.

use super::*;
use crate::runtime::test_games::real_time;

const fn correspondence(turn_seconds: u32, bank_seconds: u32) -> TimeControl {
    TimeControl::Correspondence { turn_seconds, bank_seconds }
}

#[test]
fn values_within_their_bounds_are_taken() {
    for control in [
        real_time(15, 0, 0),
        real_time(10_800, 60, 0),
        real_time(60, 0, 10),
        correspondence(3600, 0),
        correspondence(1_209_600, 2_592_000),
    ] {
        assert_eq!(control.checked(), Ok(control));
    }
}

#[test]
fn a_value_beyond_its_bound_is_named() {
    for (control, field, expected) in [
        (real_time(14, 0, 0), "initial_seconds", "expected 15 to 10800"),
        (real_time(10_801, 0, 0), "initial_seconds", "expected 15 to 10800"),
        (real_time(60, 61, 0), "increment_seconds", "expected at most 60"),
        (real_time(60, 0, 11), "overtime_minutes", "expected at most 10"),
        (real_time(60, 1, 1), "overtime_minutes", "expected 0 beside increment_seconds"),
        (correspondence(3599, 0), "turn_seconds", "expected 3600 to 1209600"),
        (correspondence(1_209_601, 0), "turn_seconds", "expected 3600 to 1209600"),
        (correspondence(3600, 2_592_001), "bank_seconds", "expected at most 2592000"),
    ] {
        let invalid = control.checked().unwrap_err();
        assert_eq!((invalid.field, &*invalid.to_string()), (field, expected));
    }
}

#[test]
fn a_time_control_reads_back_from_its_text_and_may_leave_out_what_is_nothing() {
    for control in [real_time(60, 5, 0), correspondence(3600, 9)] {
        let text = serde_json::to_string(&control).unwrap();
        assert_eq!(serde_json::from_str::<TimeControl>(&text).unwrap(), control);
    }
    let read = |text| serde_json::from_str::<TimeControl>(text);
    let short = read(r#"{"kind":"real_time","initial_seconds":60}"#);
    assert_eq!(short.unwrap(), real_time(60, 0, 0));
    for text in [
        r#"{"kind":"real_time","initial_seconds":60,"bank_seconds":1}"#,
        r#"{"kind":"correspondence","turn_seconds":3600,"increment_seconds":1}"#,
        r#"{"kind":"hourglass","initial_seconds":60}"#,
        r#"{"initial_seconds":60}"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn a_game_is_estimated_at_sixteen_turns_and_correspondence_at_nothing() {
    let seconds = |control: TimeControl| control.estimate().map(|estimate| estimate.as_secs());
    assert_eq!(seconds(real_time(60, 5, 0)), Some(140));
    assert_eq!(seconds(real_time(60, 0, 2)), Some(180));
    assert_eq!(seconds(correspondence(3600, 0)), None);
    assert!(real_time(60, 0, 0).is_real_time() && !correspondence(3600, 0).is_real_time());
}
