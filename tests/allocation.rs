//! What is done without an allocation: telling a token that is in the cache, and the search for plays.
//! A program of its own, for it counts what its global allocator is asked for.

use std::hint::black_box;
use std::time::Duration;

use scrabble_backend::account::Role;
use scrabble_backend::config::SessionConfig;
use scrabble_backend::game::{Autoplay, Bag, Board, Evaluation, Event, Generator, RuleSet};
use scrabble_backend::id::{AccountId, SessionId};
use scrabble_backend::lexicon::{Anagrams, GraphBuilder};
use scrabble_backend::session::{Cache, Found, LiveSession, Policy, Resolved, Token, TokenHash};
use scrabble_backend::time::Clock;

#[test]
fn a_warm_token_is_authenticated_without_an_allocation() {
    let (clock, lifetime) = (Clock::system(), Duration::from_secs(3600));
    let policy = Policy::new(&SessionConfig {
        idle_ttl: lifetime,
        ttl: lifetime,
        operator_idle_ttl: lifetime,
        operator_ttl: lifetime,
        staleness_max: lifetime,
        last_seen_interval: lifetime,
        purge_interval: lifetime,
    });
    let (cache, token, now) = (Cache::with_capacity(policy, 0), Token::generate(), clock.now());
    let resolved = Resolved {
        session_id: SessionId::new(now),
        account_id: AccountId::new(now),
        role: Role::Player,
        expires_at: now + lifetime,
    };
    cache.warm(&LiveSession { token_hash: token.hash(), resolved, last_seen_at: now });
    let authenticate = || {
        let hash = TokenHash::of(token.expose()).unwrap();
        assert_eq!(cache.get(&hash, clock.now_coarse()), Found::Live(resolved));
    };
    // The first look of a thread makes what the map keeps for each thread.
    authenticate();
    let allocations = allocation_counter::measure(|| (0..1_000).for_each(|_| authenticate()));
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
}

#[test]
fn a_whole_game_is_searched_and_its_state_copied_without_an_allocation() {
    let rules = RuleSet::named("english").unwrap();
    let words = "AA AD AE AN AR AS AT EN ER ES ET IN IS IT NE NO ON OR OS RE TO ART ATE EAR EAT ERA NET \
                 ONE ORE RAT SEA SET TAR TEA TEN TIN TOE TON RATE TEAR SEAT EAST NEAT LATE TALE SALE LEAN \
                 DEAN NODE DONE RODE IDEA AIDE LION LOIN NAIL RAIL LIAR TRIO RIOT GAIN VAIN VINE WINE";
    let words: Vec<_> = words.split(' ').map(|word| rules.alphabet.parse(word).unwrap()).collect();
    let graph = GraphBuilder::build(&words, |_| ()).unwrap();
    let anagrams = Anagrams::of_graph(&graph);
    let played = Autoplay::new(rules, &graph, None, None).play(0, 0).unwrap();
    let plays = played.events.iter().filter_map(|event| match event {
        Event::Played { play, .. } => Some(play),
        _ => None,
    });
    assert!(plays.clone().count() > 5, "the game has plays");
    let rack = Bag::new(played.setup.seed, &rules.counts).draw_rack(7);
    for anagrams in [None, Some(&anagrams)] {
        let mut generator = Generator::new(rules, &graph, anagrams, &Board::EMPTY);
        let mut play_all = || {
            generator.set_board(&Board::EMPTY);
            for play in plays.clone() {
                black_box(generator.best(&rack, &Evaluation::default()));
                generator.place(play.placement());
            }
        };
        // The first game makes room for the bounds.
        play_all();
        let allocations = allocation_counter::measure(play_all);
        assert_eq!(allocations.count_total, 0, "{allocations:?}");
    }
    let copies = allocation_counter::measure(|| {
        black_box(played.state.clone());
    });
    assert_eq!(copies.count_total, 0, "{copies:?}");
}

#[test]
fn the_counter_counts() {
    let allocations = allocation_counter::measure(|| drop(black_box(vec![1_u8])));
    assert_eq!(allocations.count_total, 1);
}
