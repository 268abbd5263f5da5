//! What turns take, and what does not count.

use proptest::prelude::*;

use super::*;
use crate::runtime::outage::Outage;
use crate::runtime::test_games::{at, real_time};

const DAYS: TimeControl = TimeControl::Correspondence { turn_seconds: 3600, bank_seconds: 100 };

fn none() -> Outages {
    Outages::default()
}

fn seconds(clocks: &Clocks, seat: u8) -> i64 {
    clocks.left_us(seat) / SECOND_US
}

#[test]
fn a_turn_takes_from_its_player_alone_and_earns_the_increment_if_it_was_one() {
    let control = real_time(60, 5, 0);
    let mut clocks = Clocks::start(control, at(0));
    clocks.end_turn(control, 0, true, &none(), at(20));
    assert_eq!((seconds(&clocks, 0), seconds(&clocks, 1)), (45, 60));
    assert_eq!(clocks.turn_began_at(), at(20));
    clocks.end_turn(control, 1, false, &none(), at(30));
    assert_eq!((seconds(&clocks, 0), seconds(&clocks, 1)), (45, 50));
}

#[test]
fn time_over_is_counted_by_started_minutes_as_far_as_the_flag() {
    let control = real_time(60, 0, 2);
    let clocks = Clocks::start(control, at(0));
    let minutes = |now| clocks.overtime_minutes(control, Some(0), &none(), at(now))[0];
    let counted = [(0, 0), (60, 0), (61, 1), (120, 1), (121, 2), (180, 2), (9999, 2)];
    for (now, expected) in counted {
        assert_eq!(minutes(now), expected, "after {now} s");
    }
    assert_eq!(clocks.flag_at(control, 0, &none(), at(0)), at(180));
    assert_eq!(clocks.overtime_minutes(control, Some(1), &none(), at(200)), [0, 2, 0, 0]);
    assert_eq!(clocks.overtime_minutes(control, None, &none(), at(200)), [0; PLAYERS_MAX]);
}

#[test]
fn the_bank_pays_for_what_a_turn_takes_beyond_its_own_time() {
    let mut clocks = Clocks::start(DAYS, at(0));
    clocks.end_turn(DAYS, 0, true, &none(), at(3600));
    assert_eq!(seconds(&clocks, 0), 100);
    clocks.end_turn(DAYS, 0, true, &none(), at(3600 + 3630));
    assert_eq!(seconds(&clocks, 0), 70);
    let flag_at = at(3600 + 3630 + 3600 + 70);
    assert_eq!(clocks.flag_at(DAYS, 0, &none(), flag_at), flag_at);
    assert_eq!(clocks.left_now_us(DAYS, 0, &none(), at(999_999)), 0);
}

#[test]
fn more_time_is_a_minute_or_a_turn_for_everybody() {
    for (control, more) in [(real_time(15, 0, 0), 60), (DAYS, 3600)] {
        let mut clocks = Clocks::start(control, at(0));
        let before = seconds(&clocks, 0);
        clocks.give_more_time(control);
        for seat in 0..PLAYERS_MAX as u8 {
            assert_eq!(seconds(&clocks, seat), before + more);
        }
    }
}

#[test]
fn an_outage_puts_the_flag_off_by_as_much_of_it_as_lies_in_the_turn() {
    let control = real_time(60, 0, 0);
    let clocks = Clocks::start(control, at(0));
    let outages = Outages::new(vec![
        Outage { from: at(-10), to: at(5) },
        Outage { from: at(20), to: at(50) },
        Outage { from: at(500), to: at(600) },
    ]);
    assert_eq!(clocks.flag_at(control, 0, &outages, at(100)), at(95));
    assert_eq!(clocks.left_now_us(control, 0, &outages, at(60)), 35 * SECOND_US);
}

#[test]
fn a_clock_that_goes_back_takes_nothing() {
    let control = real_time(60, 0, 0);
    let clocks = Clocks::start(control, at(0));
    assert_eq!(clocks.left_now_us(control, 0, &none(), at(-30)), 60 * SECOND_US);
}

#[test]
fn no_seat_beyond_the_fourth_has_time() {
    let mut clocks = Clocks::start(DAYS, at(0));
    clocks.charge(DAYS, 4, &none(), at(9));
    assert_eq!(clocks.left_us(4), 0);
}

prop_compose! {
    fn outages()(spans in prop::collection::vec((0..1000_i64, 1..80_i64), 0..8)) -> Outages {
        let outage = |(from, length)| Outage { from: at(from), to: at(from + length) };
        Outages::new(spans.into_iter().map(outage).collect())
    }
}

proptest! {
    #[test]
    fn a_game_that_was_set_aside_goes_on_with_what_was_left(
        outages in outages(),
        began in 0..300_i64,
        until_stood in 0..300_i64,
        stood in 0..300_i64,
        more in 0..300_i64,
    ) {
        let control = real_time(10_000, 0, 0);
        let since = at(began + until_stood);
        let now = at(began + until_stood + stood);
        let later = at(began + until_stood + stood + more);
        let mut clocks = Clocks::start(control, at(began));
        let left_us = clocks.left_now_us(control, 0, &outages, since);
        clocks.resume(since, &outages, now);
        prop_assert_eq!(clocks.left_now_us(control, 0, &outages, now), left_us);
        let thought_us = more * SECOND_US - outages.within_us(now, later);
        prop_assert_eq!(clocks.left_now_us(control, 0, &outages, later), left_us - thought_us);
    }

    #[test]
    fn the_flag_falls_when_nothing_is_left(
        outages in outages(),
        began in 0..300_i64,
        now in 300..2000_i64,
    ) {
        let control = real_time(60, 0, 0);
        let clocks = Clocks::start(control, at(began));
        let has_fallen = clocks.flag_at(control, 0, &outages, at(now)) <= at(now);
        prop_assert_eq!(has_fallen, clocks.left_now_us(control, 0, &outages, at(now)) == 0);
    }
}
