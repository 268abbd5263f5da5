//! The stream of events: what was told, in order, whole, to whoever reads, wherever it goes on from.
//!
//! Events are told here as features tell them: through [`Events`], in transactions.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use scrabble_backend::events::{Audience, Events, Kind, Message, Told};
use scrabble_backend::id::{AccountId, GameId};
use scrabble_backend::postgres::{Connection, Connector, Pool, Transaction};
use scrabble_backend::time::{Clock, Timestamp};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

use crate::support::{
    Block, EVENTS, Event, EventStream, Table, TestApp, config, eventually, terms,
};

/// Tells events on the database of a service.
#[derive(Clone)]
struct Teller {
    pool: Pool,
    events: Events,
}

impl Teller {
    fn on(app: &TestApp) -> Self {
        let mut config = config(&app.database.dsn()).postgres;
        config.connections_open_max = 40;
        // A thousand at once wait for a connection for some time.
        config.operation_timeout = Duration::from_secs(60);
        let connector = Connector::new(&config.dsn, config.operation_timeout).unwrap();
        Self { pool: Pool::new(connector, &config), events: app.events.clone() }
    }

    async fn connection(&self) -> Connection {
        self.pool.get().await.unwrap()
    }

    /// Tells a number in a transaction of its own.
    async fn tell(&self, number: i64) {
        self.tell_all(&[message(Kind::SeekOpened, number)]).await;
    }

    async fn tell_all(&self, messages: &[Message]) {
        let mut connection = self.connection().await;
        let transaction = connection.begin().await.unwrap();
        self.tell_in(transaction, messages).await;
    }

    /// Tells something, and commits.
    async fn tell_in(&self, transaction: Transaction<'_>, messages: &[Message]) {
        let appended = self.events.append(&transaction, &Told::new(messages)).await.unwrap();
        appended.commit(transaction).await.unwrap();
    }
}

fn message(kind: Kind, number: i64) -> Message {
    Message::new(kind, Audience::Everyone, &json!({ "number": number }))
}

fn number(event: &Event) -> i64 {
    event.data["number"].as_i64().unwrap()
}

async fn numbers(stream: &mut EventStream, count: usize) -> Vec<i64> {
    let mut numbers = Vec::new();
    for _ in 0..count {
        numbers.push(number(&stream.next().await));
    }
    numbers
}

/// An id as it is ordered.
fn place(id: &str) -> Vec<u64> {
    id.split('-').map(|part| part.parse().unwrap()).collect()
}

#[tokio::test]
async fn what_is_told_arrives_with_its_kind_its_audience_and_its_moment() {
    let clock = Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap());
    let app = TestApp::with().clock(&clock).start().await;
    let (teller, mut stream) = (Teller::on(&app), app.events_from_now().await);
    let now = clock.now();
    let (ann, game) = (AccountId::new(now), GameId::new(now));
    teller
        .tell_all(&[
            Message::new(Kind::SeekOpened, Audience::Everyone, &json!({"text": "two\nlines\r"})),
            Message::new(Kind::GameRack, Audience::accounts([ann]), &json!({"rack": "ÄÖ?"})),
            Message::new(Kind::GameAdvanced, Audience::game(game), &json!([])),
        ])
        .await;
    let mut told = Vec::new();
    for _ in 0..3 {
        let Event { id, kind, audience, at, data } = stream.next().await;
        assert_eq!(at, "2026-11-24T12:00:00Z");
        assert_eq!(id, stream.cursor);
        told.push((place(&id)[2], kind, audience, data));
    }
    let everyone = json!({"to": "everyone"});
    let accounts = json!({"to": "accounts", "ids": [ann]});
    let of_game = json!({"to": "game", "id": game});
    assert_eq!(
        told,
        [
            (0, "seek_opened".to_owned(), everyone, json!({"text": "two\nlines\r"})),
            (1, "game_rack".to_owned(), accounts, json!({"rack": "ÄÖ?"})),
            (2, "game_advanced".to_owned(), of_game, json!([])),
        ]
    );
    app.stop().await;
}

#[tokio::test]
async fn of_a_thousand_writers_at_once_nothing_is_missing_nothing_out_of_order_and_nothing_twice() {
    const WRITERS: i64 = 1_000;
    const ROUNDS: i64 = 3;
    let app = TestApp::start().await;
    let (teller, mut stream) = (Teller::on(&app), app.events_from_now().await);
    let writing = async {
        let writers = (0..WRITERS).map(|writer| write_rounds(teller.clone(), writer, ROUNDS));
        join_all(writers).await;
    };
    let reading = async {
        let mut told: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        let mut last = Vec::new();
        for _ in 0..WRITERS * ROUNDS * 2 {
            let event = stream.next().await;
            let place = place(&event.id);
            assert!(last < place, "{last:?} is followed by {place:?}");
            last = place;
            let writer = event.data["writer"].as_i64().unwrap();
            told.entry(writer).or_default().push(number(&event));
        }
        told
    };
    let ((), told) = tokio::join!(writing, reading);
    assert_eq!(told.len() as i64, WRITERS);
    for (writer, numbers) in told {
        assert_eq!(numbers, (0..ROUNDS * 2).collect::<Vec<_>>(), "{writer}");
    }
    app.stop().await;
}

/// Several transactions, one after the other, of two events each; between them and the commit goes some
/// time. Each is begun once before, and rolled back.
async fn write_rounds(teller: Teller, writer: i64, rounds: i64) {
    for round in 0..rounds {
        let told = |number: i64| {
            let data = json!({"writer": writer, "number": number});
            Told::new(&[Message::new(Kind::GameAdvanced, Audience::Everyone, &data)])
        };
        let pause = |step: i64| {
            let ms = (writer * 7 + round * 3 + step * 5) % 13;
            tokio::time::sleep(Duration::from_millis(ms.unsigned_abs()))
        };
        let mut connection = teller.connection().await;
        let void = connection.begin().await.unwrap();
        let _ = teller.events.append(&void, &told(-1)).await.unwrap();
        drop(void);
        let transaction = connection.begin().await.unwrap();
        let _ = teller.events.append(&transaction, &told(round * 2)).await.unwrap();
        pause(0).await;
        let appended = teller.events.append(&transaction, &told(round * 2 + 1)).await.unwrap();
        pause(1).await;
        appended.commit(transaction).await.unwrap();
    }
}

#[tokio::test]
async fn a_reader_goes_on_after_any_event_as_if_it_had_not_been_away() {
    let app = TestApp::start().await;
    let (teller, mut stream) = (Teller::on(&app), app.events_from_now().await);
    let beginning = stream.cursor.clone();
    for first in [0, 3, 6] {
        let messages = [0, 1, 2].map(|step| message(Kind::GameAdvanced, first + step));
        teller.tell_all(&messages).await;
    }
    let mut events = Vec::new();
    for _ in 0..9 {
        events.push(stream.next().await);
    }
    drop(stream);
    let ids = [beginning].into_iter().chain(events.iter().map(|event| event.id.clone()));
    for (index, id) in ids.enumerate() {
        let mut again = EventStream::after(&app.client, &id).await;
        for event in &events[index..] {
            assert_eq!(again.next().await, *event, "after {id}");
        }
        // And what comes then, from the same place.
        let next = 9 + index as i64;
        let mut other =
            EventStream::open(app.client.get(&format!("{EVENTS}?after={}", again.cursor))).await;
        teller.tell(next).await;
        for stream in [&mut again, &mut other] {
            while number(&stream.next().await) != next {}
        }
    }
    // The header is of a later moment than the address.
    let (first, last) = (&events[0].id, &events[7].id);
    let call = app.client.get(&format!("{EVENTS}?after={first}")).header("last-event-id", last);
    assert_eq!(EventStream::open(call).await.next().await, events[8]);
    app.stop().await;
}

#[tokio::test]
async fn what_is_asked_wrongly_is_named() {
    let app = TestApp::start().await;
    let future = "18446744073709551615-0-0";
    for (query, header, field) in [
        ("?after=1-2", None, "after"),
        ("", Some("1-2-x"), "last-event-id"),
        ("", Some(""), "last-event-id"),
        (&*format!("?after={future}"), None, "after"),
        ("?after=0-0-0", Some(future), "last-event-id"),
        ("?kinds=", None, "kinds"),
        ("?kinds=game_started,chess", None, "kinds"),
        ("?kind=game_started", None, "kind"),
    ] {
        let mut call = app.client.get(&format!("{EVENTS}{query}"));
        if let Some(value) = header {
            call = call.header("last-event-id", value);
        }
        let answer = call.send().await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], field, "{query} {header:?}");
    }
    let answer = app.client.get(&format!("{EVENTS}?kinds=game_started,chess")).send().await;
    assert!(answer.body["detail"].as_str().unwrap().contains("\"chess\""), "{answer:?}");
    app.stop().await;
}

#[tokio::test]
async fn whoever_has_missed_what_was_cleared_away_is_told_how_to_go_on() {
    let clock = Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap());
    let app = TestApp::with().clock(&clock).set("BACKEND_EVENTS_RETENTION", "1h").start().await;
    let (teller, mut stream) = (Teller::on(&app), app.events_from_now().await);
    let beginning = stream.cursor.clone();
    let messages = [0, 1, 2].map(|number| message(Kind::SeekOpened, number));
    teller.tell_all(&messages).await;
    clock.advance(Duration::from_secs(3_599));
    teller.tell(3).await;
    let mut events = Vec::new();
    for _ in 0..4 {
        events.push(stream.next().await);
    }
    assert_eq!(app.events.prune().await.unwrap(), 0);
    clock.advance(Duration::from_secs(2));
    assert_eq!(app.events.prune().await.unwrap(), 1);
    let after = |id: &str| app.client.get(EVENTS).header("last-event-id", id).send();
    for id in [&beginning, &events[0].id, &events[1].id] {
        let expired = after(id).await;
        expired.expect_problem(410, "events_expired");
        assert_eq!(expired.body["present"], *events[3].id);
    }
    // Who has read all that is gone has missed nothing.
    let mut again = EventStream::after(&app.client, &events[2].id).await;
    assert_eq!(again.next().await, events[3]);

    // With all of it gone the present is where it was.
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(app.events.prune().await.unwrap(), 1);
    let expired = after(&events[2].id).await;
    expired.expect_problem(410, "events_expired");
    assert_eq!(expired.body["present"], *events[3].id);
    let present = expired.body["present"].as_str().unwrap();
    let mut last = EventStream::after(&app.client, present).await;
    assert_eq!(app.events_from_now().await.cursor, events[3].id);
    teller.tell(4).await;
    for stream in [&mut stream, &mut again, &mut last] {
        assert_eq!(number(&stream.next().await), 4);
    }
    app.stop().await;
}

#[tokio::test]
async fn many_rows_are_cleared_away_in_order_and_never_one_that_is_young() {
    let clock = Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap());
    let app = TestApp::with().clock(&clock).set("BACKEND_EVENTS_RETENTION", "1h").start().await;
    let database = app.database.connect().await;
    // The row in the middle is younger than those after it, as of a replica whose clock is ahead.
    let rows = "insert into event (at, told) select case when n = 1500
            then '2026-11-24T12:59:00Z'::timestamptz else '2026-11-24T10:00:00Z' end, '[]'
        from generate_series(1, 2000) n";
    database.batch_execute(rows).await.unwrap();
    let count = async || -> i64 {
        database.query_one("select count(*) from event", &[]).await.unwrap().get(0)
    };
    // Two replicas at once take no row twice, and none out of turn.
    let (one, other) = tokio::join!(app.events.prune(), app.events.prune());
    eventually("all that may go is gone", async || {
        app.events.prune().await.unwrap();
        (count().await == 501).then_some(())
    })
    .await;
    assert!(one.unwrap() + other.unwrap() <= 1_499);
    clock.advance(Duration::from_secs(7_200));
    app.events.prune().await.unwrap();
    assert_eq!(count().await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_reader_of_some_kinds_gets_those_and_a_cursor_that_moves_past_the_others() {
    let app = TestApp::with().set("BACKEND_EVENTS_HEARTBEAT", "100ms").start().await;
    let teller = Teller::on(&app);
    let call = app.client.get(&format!("{EVENTS}?kinds=game_started,game_ended"));
    let mut stream = EventStream::open(call).await;
    let mut all = app.events_from_now().await;
    let kinds = [Kind::GameStarted, Kind::GameRack, Kind::GameAdvanced, Kind::GameEnded];
    let messages: Vec<Message> = (0..).zip(kinds).map(|(at, kind)| message(kind, at)).collect();
    teller.tell_all(&messages).await;
    assert_eq!(numbers(&mut stream, 2).await, [0, 3]);
    teller.tell_all(&messages[1..3]).await;
    numbers(&mut all, 6).await;
    // What is not wanted is said to have been read.
    let moved = loop {
        match stream.block().await.unwrap() {
            Block::Beat(Some(cursor)) => break cursor,
            Block::Beat(None) => {}
            Block::Event(event) => panic!("{event:?} is not of the kinds"),
        }
    };
    assert_eq!(moved, all.cursor);
    // And then there is silence, which is said too, without a cursor that is known.
    assert_eq!(stream.block().await, Some(Block::Beat(None)));
    assert_eq!(stream.block().await, Some(Block::Beat(None)));
    app.stop().await;
}

#[tokio::test]
async fn what_waits_for_an_older_transaction_comes_after_it() {
    let app = TestApp::start().await;
    let (teller, mut stream) = (Teller::on(&app), app.events_from_now().await);
    let mut connection = teller.connection().await;
    let old = connection.begin().await.unwrap();
    let appended =
        teller.events.append(&old, &Told::new(&[message(Kind::SeekOpened, 1)])).await.unwrap();
    for number in 2..5 {
        teller.tell(number).await;
    }
    eventually("it is told that they wait", async || {
        (app.events.status().lag_ms > 0).then_some(())
    })
    .await;
    appended.commit(old).await.unwrap();
    assert_eq!(numbers(&mut stream, 4).await, [1, 2, 3, 4]);
    eventually("nothing waits", async || (app.events.status().lag_ms == 0).then_some(())).await;
    app.stop().await;
}

#[tokio::test]
async fn one_stream_too_many_is_refused_until_another_ends() {
    let app = TestApp::with().set("BACKEND_EVENTS_STREAMS_MAX", "2").start().await;
    let (first, _second) = (app.events_from_now().await, app.events_from_now().await);
    assert_eq!(app.events.status().streams, 2);
    let refused = app.client.get(EVENTS).send().await;
    refused.expect_problem(503, "too_many_streams");
    assert_eq!(refused.header("retry-after"), Some("1"));
    drop(first);
    eventually("its place is free", async || (app.events.status().streams == 1).then_some(()))
        .await;
    app.events_from_now().await;
    app.stop().await;
}

#[tokio::test]
async fn one_replica_hears_at_once_what_another_tells() {
    let one = TestApp::start().await;
    let other = TestApp::with().database(&one.database).start().await;
    let mut streams = [one.events_from_now().await, other.events_from_now().await];
    for number in 0..100 {
        let teller = Teller::on(if number % 2 == 0 { &one } else { &other });
        teller.tell(number).await;
        for stream in &mut streams {
            assert_eq!(self::number(&stream.next().await), number);
        }
    }
    // Where one was, the other goes on.
    let [of_one, _] = &streams;
    let mut moved = EventStream::after(&other.client, &of_one.cursor).await;
    Teller::on(&one).tell(100).await;
    assert_eq!(number(&moved.next().await), 100);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_listener_that_is_lost_delays_and_loses_nothing_and_listens_again() {
    let one = TestApp::start().await;
    let other = TestApp::with().database(&one.database).start().await;
    let mut stream = other.events_from_now().await;
    let database = one.database.connect().await;
    let listeners = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                     where datname = current_database() and query = 'listen event_told'";
    let cut = eventually("both listen", async || {
        let cut: i64 = database.query_one(listeners, &[]).await.unwrap().get(0);
        (cut == 2).then_some(cut)
    });
    cut.await;
    let teller = Teller::on(&one);
    for number in 0..10 {
        teller.tell(number).await;
    }
    assert_eq!(numbers(&mut stream, 10).await, (0..10).collect::<Vec<_>>());
    let listening = "select count(*) from pg_stat_activity \
                     where datname = current_database() and query = 'listen event_told'";
    eventually("both listen again", async || {
        let listening: i64 = database.query_one(listening, &[]).await.unwrap().get(0);
        (listening == 2).then_some(())
    })
    .await;
    teller.tell(10).await;
    assert_eq!(numbers(&mut stream, 1).await, [10]);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn what_nobody_announces_is_found_all_the_same() {
    let app = TestApp::start().await;
    let mut stream = app.events_from_now().await;
    let told = Told::new(&[message(Kind::SeekClosed, 7)]);
    let insert = "insert into event (at, told) values (now(), $1)";
    app.database.connect().await.execute(insert, &[&told.as_str()]).await.unwrap();
    assert_eq!(numbers(&mut stream, 1).await, [7]);
    app.stop().await;
}

#[tokio::test]
async fn a_stream_outlives_the_loss_of_the_database() {
    let app = TestApp::start().await;
    let (teller, mut stream) = (Teller::on(&app), app.events_from_now().await);
    teller.tell(1).await;
    assert_eq!(numbers(&mut stream, 1).await, [1]);
    app.database.refuse_connections().await;
    app.client.get(EVENTS).send().await.expect_problem(503, "database_unavailable");
    app.database.accept_connections().await;
    teller.tell(2).await;
    assert_eq!(numbers(&mut stream, 1).await, [2]);
    app.stop().await;
}

#[tokio::test]
async fn what_can_not_be_read_is_left_out_and_stops_nothing() {
    let app = TestApp::start().await;
    let (teller, mut stream) = (Teller::on(&app), app.events_from_now().await);
    let insert = r#"insert into event (at, told) values (now(), '{"no": "array"}'),
        (now(), '[{"kind": "of_tomorrow", "audience": {"to": "everyone"}, "data": {"number": 1}}]')"#;
    app.database.connect().await.batch_execute(insert).await.unwrap();
    teller.tell(2).await;
    // A kind that only a newer version knows is passed on.
    assert_eq!(stream.next().await.kind, "of_tomorrow");
    assert_eq!(numbers(&mut stream, 1).await, [2]);
    // Nor where it is the last, or the last that is cleared away.
    let old = r#"insert into event (at, told) values (now(), '{"no": "array"}');
        update event set at = now() - interval '1 year'"#;
    app.database.connect().await.batch_execute(old).await.unwrap();
    app.events_from_now().await;
    let database = app.database.connect().await;
    eventually("all are cleared away, once no transaction of another test is older", async || {
        app.events.prune().await.unwrap();
        let left = database.query_one("select count(*) from event", &[]).await.unwrap();
        (left.get::<_, i64>(0) == 0).then_some(())
    })
    .await;
    let mut stream = app.events_from_now().await;
    teller.tell(3).await;
    assert_eq!(numbers(&mut stream, 1).await, [3]);
    app.stop().await;
}

#[tokio::test]
async fn a_game_is_told_to_its_players_and_each_rack_to_its_own() {
    let app = TestApp::start().await;
    let mut stream = app.events_from_now().await;
    let table = Table::of(&app, "told", &terms()).await;
    let started = stream.wait_for("game_started", |event| event.data["id"] == *table.game).await;
    assert_eq!(started.audience, json!({"to": "accounts", "ids": table.players}));
    for (seat, player) in table.players.iter().enumerate() {
        let rack = stream.wait_for("game_rack", |event| event.data["game_id"] == *table.game).await;
        assert_eq!(rack.audience, json!({"to": "accounts", "ids": [player]}));
        assert_eq!(rack.data["rack"], table.seen_by(&app, seat).await["rack"]);
    }
    let pass = json!({"turn": 1, "action": "pass"});
    table.ask(&app, 0, &pass).await.expect(200);
    let advanced =
        stream.wait_for("game_advanced", |event| event.data["game_id"] == *table.game).await;
    assert_eq!(advanced.audience, json!({"to": "game", "id": table.game}));
    assert_eq!(advanced.data["turn"], 2);
    app.stop().await;
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_and_the_others_go_on() {
    let app = TestApp::with().set("BACKEND_HTTP_WRITE_TIMEOUT", "500ms").start().await;
    let (teller, mut stream) = (Teller::on(&app), app.events_from_now().await);
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut slow = socket.connect(app.client.addr).await.unwrap();
    let request = format!("GET {EVENTS} HTTP/1.1\r\nHost: test\r\n\r\n");
    slow.write_all(request.as_bytes()).await.unwrap();
    eventually("it is open", async || (app.events.status().streams == 2).then_some(())).await;
    let text = "x".repeat(200_000);
    let large = Message::new(Kind::GameAdvanced, Audience::Everyone, &json!({ "text": text }));
    // More than the kernel holds for it.
    for _ in 0..60 {
        teller.tell_all(std::slice::from_ref(&large)).await;
        stream.next().await;
    }
    eventually("it is cut off", async || (app.events.status().streams == 1).then_some(())).await;
    teller.tell(1).await;
    assert_eq!(numbers(&mut stream, 1).await, [1]);
    app.stop().await;
}

#[tokio::test]
async fn a_drain_ends_streams_and_their_readers_go_on_elsewhere() {
    let one = TestApp::start().await;
    let other = TestApp::with().database(&one.database).start().await;
    let (teller, mut stream) = (Teller::on(&other), one.events_from_now().await);
    teller.tell(1).await;
    assert_eq!(numbers(&mut stream, 1).await, [1]);
    let ((), end) = tokio::join!(one.stop(), stream.next_or_end());
    assert_eq!(end, None);
    teller.tell(2).await;
    let mut elsewhere = EventStream::after(&other.client, &stream.cursor).await;
    assert_eq!(numbers(&mut elsewhere, 1).await, [2]);
    other.stop().await;
}
