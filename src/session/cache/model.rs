//! A model of replicas that open, resolve and revoke at once, under shuttle.
//!
//! The cache is the very code that runs; its [`step`]s are where shuttle may let another thread go on.
//! What stands for PostgreSQL is a table and the announcements that are made when a transaction commits,
//! to those who listen at that moment.

use std::cell::Cell;
use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;

use shuttle::future::block_on;
use shuttle::sync::Mutex;
use shuttle::thread;

use super::tests::{cache, session};
use super::{Cache, Found};
use crate::session::token::TokenHash;
use crate::session::types::LiveSession;
use crate::time::Timestamp;

/// Orders of events that each model is run in.
const ORDERS: usize = 2_000;

thread_local! {
    /// Whether what runs is a model. All of its threads are one of the system's.
    static IS_MODEL: Cell<bool> = const { Cell::new(false) };
}

pub(super) fn step() {
    if IS_MODEL.get() {
        thread::yield_now();
    }
}

/// Runs a model in many random orders, and in some that are random in other ways.
fn check(model: fn()) {
    IS_MODEL.set(true);
    shuttle::check_random(model, ORDERS);
    shuttle::check_pct(model, ORDERS, 3);
    IS_MODEL.set(false);
}

/// A table of one session, and who hears of its end.
#[derive(Default)]
struct Database {
    rows: HashSet<[u8; 32]>,
    /// The inbox of each replica that listens.
    inboxes: [Option<VecDeque<TokenHash>>; 2],
}

struct World {
    database: Mutex<Database>,
    replicas: [Cache; 2],
    session: LiveSession,
}

impl World {
    /// Two replicas that listen, and a session that neither has in its cache.
    fn new() -> Arc<Self> {
        let session = session(Timestamp::from_unix_seconds(1));
        let database = Database {
            rows: HashSet::from([*session.token_hash.as_bytes()]),
            inboxes: [Some(VecDeque::new()), Some(VecDeque::new())],
        };
        Arc::new(Self { database: Mutex::new(database), replicas: [cache(), cache()], session })
    }

    fn read(&self) -> Option<LiveSession> {
        let rows = &self.database.lock().unwrap().rows;
        rows.contains(self.session.token_hash.as_bytes()).then_some(self.session)
    }

    fn fill(&self, replica: usize) {
        let read = async { Ok::<_, Infallible>(self.read()) };
        let _ = block_on(self.replicas[replica].fill_from(self.session.token_hash, read));
    }

    fn open(&self, replica: usize) {
        let commit = async {
            self.database.lock().unwrap().rows.insert(*self.session.token_hash.as_bytes());
            Ok::<_, Infallible>(())
        };
        let _ = block_on(self.replicas[replica].fill_after(&[self.session], commit));
    }

    /// From the moment it returns, the replica that has revoked knows no such session.
    fn revoke(&self, replica: usize) {
        let hash = self.session.token_hash;
        let commit = async {
            let mut database = self.database.lock().unwrap();
            if database.rows.remove(hash.as_bytes()) {
                database.inboxes.iter_mut().flatten().for_each(|inbox| inbox.push_back(hash));
            }
            Ok::<_, Infallible>(())
        };
        let _ = block_on(self.replicas[replica].evict_after(&[hash], commit));
        assert!(!self.is_live(replica), "it is live after its revocation has returned");
    }

    fn hear(&self, replica: usize) -> Option<TokenHash> {
        self.database.lock().unwrap().inboxes[replica].as_mut()?.pop_front()
    }

    /// Takes what there is in the inbox.
    fn follow(&self, replica: usize) {
        while let Some(hash) = self.hear(replica) {
            self.replicas[replica].evict(&hash);
        }
    }

    /// As when the listening connection is lost.
    fn stop_listening(&self, replica: usize) {
        self.database.lock().unwrap().inboxes[replica] = None;
    }

    fn listen(&self, replica: usize) {
        self.database.lock().unwrap().inboxes[replica] = Some(VecDeque::new());
    }

    fn listen_again(&self, replica: usize) {
        self.listen(replica);
        let cache = &self.replicas[replica];
        cache.begin_sweep();
        // The statement sees the table as it is when it begins.
        let rows = self.read();
        self.follow(replica);
        if let Some(row) = rows {
            cache.confirm(&row.token_hash);
        }
        self.follow(replica);
        cache.sweep();
    }

    fn warm_up(&self, replica: usize) {
        self.listen(replica);
        let cache = &self.replicas[replica];
        let rows = self.read();
        let mut revoked = Vec::new();
        revoked.extend(self.hear(replica));
        if let Some(row) = rows {
            cache.warm(&row);
        }
        while let Some(hash) = self.hear(replica) {
            revoked.push(hash);
        }
        revoked.iter().for_each(|hash| cache.evict(hash));
    }

    fn is_live(&self, replica: usize) -> bool {
        let found = self.replicas[replica].get(&self.session.token_hash, self.session.last_seen_at);
        matches!(found, Found::Live(_))
    }

    /// Once everything has been heard, nobody has what is revoked, and what is live can be had.
    fn settle(&self) {
        let is_stored = self.read().is_some();
        for replica in [0, 1] {
            self.follow(replica);
            assert!(is_stored || !self.is_live(replica), "replica {replica} has what is revoked");
            self.fill(replica);
            assert_eq!(self.is_live(replica), is_stored, "replica {replica}");
        }
    }
}

/// Runs everything at once, to its end.
fn at_once(world: &Arc<World>, works: Vec<fn(&World)>) {
    let threads: Vec<_> = works
        .into_iter()
        .map(|work| {
            let world = Arc::clone(world);
            thread::spawn(move || work(&world))
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn whatever_fills_a_cache_while_a_session_is_revoked_nobody_has_it_after() {
    check(|| {
        let world = World::new();
        let works: Vec<fn(&World)> = vec![
            |world| world.fill(0),
            |world| world.fill(1),
            |world| world.fill(1),
            |world| world.revoke(0),
            |world| world.follow(1),
        ];
        at_once(&world, works);
        world.settle();
    });
}

#[test]
fn a_session_that_is_revoked_as_it_is_opened_is_over() {
    check(|| {
        let world = World::new();
        world.database.lock().unwrap().rows.clear();
        let works: Vec<fn(&World)> =
            vec![|world| world.open(0), |world| world.fill(1), |world| world.revoke(1), |world| {
                world.follow(0)
            }];
        at_once(&world, works);
        world.settle();
    });
}

#[test]
fn what_is_revoked_while_a_replica_does_not_listen_is_over_once_it_does() {
    check(|| {
        let world = World::new();
        let works: Vec<fn(&World)> = vec![
            |world| {
                world.stop_listening(1);
                world.listen_again(1);
            },
            |world| world.fill(1),
            |world| world.fill(1),
            |world| world.revoke(0),
        ];
        at_once(&world, works);
        world.settle();
    });
}

#[test]
fn what_is_revoked_during_the_warm_up_is_over_when_it_ends() {
    check(|| {
        let world = World::new();
        world.stop_listening(1);
        let works: Vec<fn(&World)> = vec![|world| world.warm_up(1), |world| world.revoke(0)];
        at_once(&world, works);
        world.settle();
    });
}
