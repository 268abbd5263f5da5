//! What pairing promises, for any players; and the cases that show it.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::pairing::*;
use crate::id::AccountId;
use crate::time::Timestamp;

/// When it is looked.
fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_000_000)
}

/// A player by a number, who is known as well as can be.
fn player(number: u16, value: i64, waited_seconds: u64) -> Waiting {
    let account_id = AccountId::from(uuid::Uuid::from_u128(number.into()));
    let entered_at = now() - Duration::from_secs(waited_seconds);
    Waiting { account_id, value, deviation: 60, entered_at }
}

fn id(number: u16) -> AccountId {
    player(number, 0, 0).account_id
}

/// The pairs, by the players' numbers.
fn numbers(pairs: &[Pair]) -> Vec<(u128, u128)> {
    pairs.iter().map(|(one, other)| (one.uuid().as_u128(), other.uuid().as_u128())).collect()
}

#[test]
fn those_who_are_nearest_to_each_other_play() {
    let players = [player(1, 1500, 0), player(2, 1590, 0), player(3, 1520, 0), player(4, 1610, 0)];
    let pairs = pair(&players, &Apart::default(), now());
    assert_eq!(numbers(&pairs), [(1, 3), (2, 4)]);
}

#[test]
fn the_window_widens_with_time_up_to_a_bound_and_is_wide_for_who_is_unknown() {
    let window = |seconds| player(1, 1500, seconds).window(now());
    assert_eq!([0, 1, 10, 40, 41, 100_000].map(window), [100, 110, 200, 500, 500, 500]);
    assert_eq!(Waiting { deviation: 350, ..player(1, 1500, 5) }.window(now()), 400);
    // One that came by a clock that is ahead has not waited.
    let ahead = Waiting { entered_at: now() + Duration::from_secs(9), ..player(1, 1500, 0) };
    assert_eq!(ahead.window(now()), 100);
    // What counts is the middle of both windows.
    let fits = |seconds| player(1, 1500, seconds).fits(&player(2, 1750, 0), now());
    assert_eq!([0, 29, 30].map(fits), [false, false, true]);
}

#[test]
fn who_has_waited_longest_goes_before_those_who_fit_better() {
    let crowd = [player(1, 1500, 0), player(2, 1500, 1)];
    let outsider = player(3, 1790, 60);
    let pairs = pair(&[crowd[0], crowd[1], outsider], &Apart::default(), now());
    assert_eq!(numbers(&pairs), [(2, 3)]);
    // Further away than anybody takes he waits on.
    let pairs = pair(&[crowd[0], crowd[1], player(3, 2100, 600)], &Apart::default(), now());
    assert_eq!(numbers(&pairs), [(1, 2)]);
}

#[test]
fn who_have_just_met_meet_others_if_there_are_and_each_other_after_a_while() {
    let apart = Apart { rather_not: Pairs::from_iter([(id(1), id(2))]), ..Apart::default() };
    let two = |seconds| [player(1, 1500, seconds), player(2, 1500, 30)];
    assert_eq!(pair(&two(19), &apart, now()), []);
    assert_eq!(numbers(&pair(&two(20), &apart, now())), [(1, 2)]);
    let others = [player(3, 1560, 0), player(4, 1440, 0)];
    let four = [two(30).as_slice(), &others].concat();
    assert_eq!(numbers(&pair(&four, &apart, now())), [(4, 1), (2, 3)]);
    // Who have blocked each other never do.
    let apart = Apart { never: Pairs::from_iter([(id(2), id(1))]), ..Apart::default() };
    assert_eq!(pair(&two(10_000), &apart, now()), []);
}

#[test]
fn who_is_surrounded_by_those_he_may_not_play_is_paired_with_the_next() {
    let crowd = (1..=60).map(|number| player(number, 1500, 0));
    let never = Pairs::from_iter((1..=60).map(|number| (id(100), id(number))));
    let players: Vec<_> = crowd.chain([player(100, 1500, 0), player(101, 1580, 0)]).collect();
    let apart = Apart { never, ..Apart::default() };
    let pairs = numbers(&pair(&players, &apart, now()));
    assert_eq!(pairs.len(), 31);
    assert!(pairs.contains(&(100, 101)));
}

/// Players, some of whom are kept apart.
fn crowds() -> impl Strategy<Value = (Vec<Waiting>, Apart)> {
    let player = (1300_i64..1900, 60_i64..350, 0_u64..90);
    prop::collection::vec(player, 0..40).prop_flat_map(|players| {
        let count = players.len().max(1) as u16;
        let players: Vec<Waiting> = (0..)
            .zip(players)
            .map(|(number, (value, deviation, seconds))| Waiting {
                deviation,
                ..self::player(number, value, seconds)
            })
            .collect();
        let pairs = || prop::collection::vec((0..count, 0..count), 0..80);
        (Just(players), pairs(), pairs()).prop_map(|(players, never, rather_not)| {
            let named = |pairs: Vec<(u16, u16)>| {
                pairs.into_iter().map(|(one, other)| (id(one), id(other))).collect()
            };
            (players, Apart { never: named(never), rather_not: named(rather_not) })
        })
    })
}

proptest! {
    #[test]
    fn nobody_is_paired_twice_or_with_whom_he_may_not_play((players, apart) in crowds()) {
        let of = |id: AccountId| players.iter().find(|player| player.account_id == id).unwrap();
        let mut seen = BTreeSet::new();
        for (one, other) in pair(&players, &apart, now()) {
            prop_assert!(seen.insert(one) && seen.insert(other), "{one} and {other}");
            prop_assert!(of(one).fits(of(other), now()));
            prop_assert!((of(one).value - of(other).value).abs() <= WINDOW_MAX);
            prop_assert!(!apart.never.contains(one, other));
            if apart.rather_not.contains(one, other) {
                for id in [one, other] {
                    prop_assert!(of(id).waited_seconds(now()) >= AGAIN_AFTER_SECONDS);
                }
            }
        }
    }

    #[test]
    fn nobody_waits_on_who_could_play_another_who_waits_on((players, apart) in crowds()) {
        let pairs = pair(&players, &apart, now());
        let paired: BTreeSet<_> = pairs.iter().flat_map(|(one, other)| [one, other]).collect();
        let left: Vec<_> =
            players.iter().filter(|player| !paired.contains(&player.account_id)).collect();
        for (place, one) in left.iter().enumerate() {
            for other in &left[..place] {
                let ids = (one.account_id, other.account_id);
                let is_apart = apart.never.contains(ids.0, ids.1)
                    || (apart.rather_not.contains(ids.0, ids.1)
                        && one.waited_seconds(now()).min(other.waited_seconds(now()))
                            < AGAIN_AFTER_SECONDS);
                prop_assert!(is_apart || !one.fits(other, now()), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn the_oldest_is_given_somebody_whoever_else_would_fit_better((players, apart) in crowds()) {
        let seconds = (WINDOW_MAX / BONUS_PER_SECOND).unsigned_abs();
        let oldest = Waiting { entered_at: now() - Duration::from_secs(90 + seconds), ..player(999, 1600, 0) };
        let has_somebody = players.iter().any(|other| oldest.fits(other, now()));
        let all = [players.as_slice(), &[oldest]].concat();
        let pairs = pair(&all, &apart, now());
        let is_paired = pairs.iter().any(|(one, other)| [*one, *other].contains(&oldest.account_id));
        prop_assert_eq!(is_paired, has_somebody);
    }

    #[test]
    fn the_order_in_which_they_are_given_does_not_matter(
        (players, apart) in crowds(),
        turned in 0_usize..40,
    ) {
        let mut others = players.clone();
        others.reverse();
        others.rotate_left(turned % players.len().max(1));
        prop_assert_eq!(pair(&players, &apart, now()), pair(&others, &apart, now()));
    }
}
