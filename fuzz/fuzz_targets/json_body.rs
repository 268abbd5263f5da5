//! Whatever a body holds, every route that may read one answers, and never with a fault of its own.
//!
//! The wire types are nobody's but the handlers', so the bodies go through the front door: a real
//! socket of a service whose database is away. A body that is good for anything ends with a 503.
//! The input's first byte chooses the route; those of the seeds are right for the table as it was.
#![no_main]

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use scrabble_backend::app::App;
use scrabble_backend::config::{Config, Environment};
use scrabble_backend::http::Method;
use scrabble_backend::routes;
use scrabble_backend::telemetry::Metrics;
use scrabble_backend::time::Clock;
use serde_json::Value;

const ID: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

/// Methods and paths of the routes that may read a body.
static ROUTES: LazyLock<Vec<(Method, String)>> = LazyLock::new(|| {
    routes::table()
        .into_iter()
        .filter(|route| [Method::POST, Method::PUT, Method::PATCH].contains(&route.method))
        .map(|route| (route.method, route.path.replace("{id}", ID)))
        .collect()
});

/// The service, for as long as this process lives.
static SERVICE: LazyLock<SocketAddr> = LazyLock::new(|| {
    let environment: Environment = [
        ("BACKEND_HTTP_ADDR", "127.0.0.1:0"),
        ("BACKEND_POSTGRES_DSN", "postgres:///d?host=/nowhere&user=u&search_path=backend"),
    ]
    .into_iter()
    .collect();
    let config = Config::from_environment(&environment, None).expect("the configuration is good");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime starts");
    let metrics = Metrics::none();
    let app = runtime
        .block_on(App::build(config, &metrics, Clock::system()))
        .expect("the service builds");
    // It would wait for its database first.
    app.readiness().open();
    let addr = app.local_addr();
    std::thread::spawn(move || runtime.block_on(app.run(std::future::pending())));
    addr
});

thread_local! {
    static CONNECTION: RefCell<Option<TcpStream>> = const { RefCell::new(None) };
}

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((choice, body)) = input.split_first() else { return Corpus::Reject };
    let (method, path) = &ROUTES[usize::from(*choice) % ROUTES.len()];
    let answer = exchange(method, path, body);
    let (head, problem) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.split(' ').nth(1).expect("an answer has a status");
    assert!(status.starts_with('4') || status == "503", "{head}\n{problem}");
    let problem: Value = serde_json::from_str(problem).expect("a problem is JSON");
    assert!(problem["code"].is_string(), "{problem}");
    assert!(status != "400" || problem["field"].is_string(), "{problem}");
    Corpus::Keep
});

/// Sends a request over the connection that is kept, and gives the whole answer.
fn exchange(method: &Method, path: &str, body: &[u8]) -> String {
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: fuzz\r\nx-user-id: {ID}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    CONNECTION.with_borrow_mut(|kept| {
        let stream = kept.get_or_insert_with(|| {
            TcpStream::connect(*SERVICE).expect("the service takes connections")
        });
        stream.write_all(&request).expect("the request is taken");
        read_answer(stream)
    })
}

/// Reads one answer, as long as its head says.
fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).expect("the answer arrives");
        assert!(read > 0, "the service has hung up: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..read]);
        let text = str::from_utf8(&answer).expect("an answer is text");
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .expect("an answer says how long it is");
            if body.len() == length.parse::<usize>().expect("a length is a number") {
                return text.to_owned();
            }
        }
    }
}
