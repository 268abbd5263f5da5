//! A gateway's connection over HTTP/2: many callers' requests beside each other, to resolve tokens in turn.
//!
//! Frames are written by hand, as cheaply as the requests of `callers`, so that one core can keep the
//! service busy. A head is coded as nghttp2 does it: by Huffman, with neither the path nor the token put
//! into the table of the connection.

use std::collections::HashMap;
use std::net::SocketAddr;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::callers::{self, CALLERS, Look, Pace, TOKENS, Turn};

const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const SETTINGS: u8 = 0x4;
const PING: u8 = 0x6;
const WINDOW_UPDATE: u8 = 0x8;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const ACK: u8 = 0x1;
const HEADER_BYTES: usize = 9;

/// A connection, and the callers that share it.
pub(crate) struct Gateway {
    stream: TcpStream,
    /// What has come and was not looked at.
    received: Vec<u8>,
    /// What is to be sent.
    sending: Vec<u8>,
    next_stream: u32,
    callers: Vec<Caller>,
    /// Who waits for the answer on a stream.
    waiting: HashMap<u32, Waiting>,
}

/// One of those who share a connection.
struct Caller {
    number: usize,
    next_token: usize,
}

struct Waiting {
    caller: usize,
    since: Instant,
}

impl Gateway {
    /// So many connections, over which all callers are spread.
    pub(crate) async fn connect(addr: SocketAddr, connections: usize) -> Vec<Self> {
        let mut gateways = Vec::new();
        for first in 0..connections {
            let stream = TcpStream::connect(addr).await.expect("it listens");
            stream.set_nodelay(true).expect("a socket takes it");
            let mut sending = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
            push_frame(&mut sending, SETTINGS, 0, 0, &[]);
            // Room for all the answers there will be.
            push_frame(&mut sending, WINDOW_UPDATE, 0, 0, &0x7000_0000_u32.to_be_bytes());
            let caller = |number: usize| Caller { number, next_token: number * TOKENS / CALLERS };
            gateways.push(Self {
                stream,
                received: Vec::new(),
                sending,
                next_stream: 1,
                callers: (first..CALLERS).step_by(connections).map(caller).collect(),
                waiting: HashMap::new(),
            });
        }
        gateways
    }

    /// Has its callers ask until it is over; gives it back, and how long each answer took.
    pub(crate) async fn run(mut self, pace: Pace, until: Instant) -> (Self, Vec<f64>) {
        let turn = |caller: &Caller| Turn::of(caller.number, pace, until);
        let mut turns: Vec<Turn> = self.callers.iter().map(turn).collect();
        let mut free: Vec<usize> = (0..self.callers.len()).collect();
        let mut latencies_us = Vec::new();
        loop {
            let mut is_over = true;
            free.retain(|&caller| match turns[caller].look() {
                Look::Ask(due) => {
                    self.ask(caller, due);
                    false
                }
                Look::Wait => {
                    is_over = false;
                    true
                }
                Look::Over => true,
            });
            self.stream.write_all(&self.sending).await.expect("requests go out");
            self.sending.clear();
            if is_over && self.waiting.is_empty() {
                return (self, latencies_us);
            }
            // A caller whose turn is yet to come is waited for awake.
            if free.is_empty() || is_over {
                self.stream.readable().await.expect("the connection lives");
            } else {
                tokio::task::yield_now().await;
            }
            if let Err(error) = self.stream.try_read_buf(&mut self.received) {
                assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
            }
            self.take_frames(|waiting| {
                latencies_us.push(waiting.since.elapsed().as_secs_f64() * 1e6);
                free.push(waiting.caller);
            });
        }
    }

    fn ask(&mut self, caller: usize, since: Instant) {
        let token = &mut self.callers[caller].next_token;
        let head = head(&callers::token(*token));
        *token += 1;
        push_frame(&mut self.sending, HEADERS, END_STREAM | END_HEADERS, self.next_stream, &head);
        self.waiting.insert(self.next_stream, Waiting { caller, since });
        self.next_stream += 2;
    }

    /// Looks at the frames that are there whole.
    fn take_frames(&mut self, mut answered: impl FnMut(Waiting)) {
        let mut rest = &self.received[..];
        while let Some((&[a, b, c, kind, flags, ref stream @ ..], behind)) =
            rest.split_first_chunk::<HEADER_BYTES>()
        {
            let length = u32::from_be_bytes([0, a, b, c]) as usize;
            let Some((payload, behind)) = behind.split_at_checked(length) else { break };
            rest = behind;
            match kind {
                // The first field of an answer is its status, and 200 has a number.
                HEADERS => assert_eq!(payload[0], 0x88, "200"),
                DATA => {}
                SETTINGS if flags & ACK == 0 => {
                    push_frame(&mut self.sending, SETTINGS, ACK, 0, &[]);
                    continue;
                }
                PING if flags & ACK == 0 => {
                    push_frame(&mut self.sending, PING, ACK, 0, payload);
                    continue;
                }
                SETTINGS | PING | WINDOW_UPDATE => continue,
                _ => panic!("no frame of a server that is well: {kind}"),
            }
            if flags & END_STREAM != 0 {
                let stream = u32::from_be_bytes(*stream);
                answered(self.waiting.remove(&stream).expect("it was asked"));
            }
        }
        let taken = self.received.len() - rest.len();
        self.received.drain(..taken);
    }
}

fn push_frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let [_, length @ ..] = (payload.len() as u32).to_be_bytes();
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
}

/// The head of a request to resolve a token.
fn head(token: &str) -> Vec<u8> {
    // GET and http by number; then :path and :authority, not to be put into the table.
    let mut head = vec![0x82, 0x86, 0x04];
    push_text(&mut head, "/api/v1/internal/sessions/resolve");
    head.push(0x01);
    push_text(&mut head, "backend");
    // authorization, never to be put into a table.
    head.extend([0x1f, 0x08]);
    push_text(&mut head, &format!("Bearer {token}"));
    head
}

/// A text in the code of Huffman that HPACK has.
fn push_text(head: &mut Vec<u8>, text: &str) {
    let length_at = head.len();
    head.push(0);
    let (mut bits, mut count) = (0_u64, 0);
    for byte in text.bytes() {
        let (code, length) = code(byte);
        bits = bits << length | code;
        count += length;
        while count >= 8 {
            count -= 8;
            head.push((bits >> count) as u8);
        }
    }
    if count > 0 {
        let ones = 8 - count;
        head.push((bits << ones) as u8 | ((1 << ones) - 1));
    }
    let length = head.len() - length_at - 1;
    assert!(length < 127, "its length fits one byte");
    head[length_at] = 0x80 | length as u8;
}

/// The code of a character, and how many bits it has: of those that occur.
fn code(byte: u8) -> (u64, u32) {
    let codes: &[(&[u8], u64, u32)] = &[
        (b"012aceiost", 0x0, 5),
        (b" %-./3456789=A_bdfghlmnpru", 0x14, 6),
        (b":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz", 0x5c, 7),
    ];
    codes
        .iter()
        .find_map(|(bytes, first, length)| {
            let index = bytes.iter().position(|it| *it == byte)?;
            Some((first + index as u64, *length))
        })
        .expect("a character of the requests")
}
