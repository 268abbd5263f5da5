//! The request's id: taken over from the caller or made here, and known to every log line.
//!
//! Owns the id's form, its making, and the task-local that carries it through a request. Ignores
//! headers: the HTTP edge reads and answers them.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::futures::TaskLocalFuture;

use super::TOKEN_PREFIX;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// Names one request, in 1 to 64 bytes of `[A-Za-z0-9._:/+=@-]`.
///
/// It lies inline, so that making, copying and carrying one costs no allocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId {
    length: u8,
    bytes: [u8; Self::BYTES_MAX],
}

impl RequestId {
    /// The longest id that a caller may give.
    pub const BYTES_MAX: usize = 64;

    /// Takes over a caller's id.
    ///
    /// # Errors
    /// When it is empty, too long, looks like a token, or has a byte that doesn't belong into a log line
    /// or a header.
    pub fn parse(text: &str) -> Result<Self, InvalidRequestId> {
        let length = text.len();
        let is_secret = text.contains(TOKEN_PREFIX);
        if length == 0 || length > Self::BYTES_MAX || is_secret || !text.bytes().all(is_allowed) {
            return Err(InvalidRequestId);
        }
        let mut bytes = [0; Self::BYTES_MAX];
        bytes[..length].copy_from_slice(text.as_bytes());
        Ok(Self { length: u8::try_from(length).map_err(|_| InvalidRequestId)?, bytes })
    }

    /// Makes an id of 32 hex digits that no other request has, here or in another process.
    ///
    /// The kernel is asked for randomness once a process; an id then costs one atomic addition.
    /// It is a name, not a secret: whoever sees one can guess its neighbours.
    #[must_use]
    pub fn generate() -> Self {
        static PROCESS: OnceLock<(u64, u64)> = OnceLock::new();
        static NEXT: AtomicU64 = AtomicU64::new(0);

        let (prefix, offset) = *PROCESS.get_or_init(|| {
            let random = || getrandom::u64().expect("the kernel gives random bytes");
            (random(), random())
        });
        // The mix is a bijection, so that the counter can't give one value twice; it spreads
        // neighbours apart, which makes ids easier to tell from each other and to shard by.
        let serial = mix(NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(offset));

        let mut bytes = [0; Self::BYTES_MAX];
        write_hex(prefix, &mut bytes[..16]);
        write_hex(serial, &mut bytes[16..32]);
        Self { length: 32, bytes }
    }

    /// The id of the request that the running task serves, if it serves one.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|id| *id).ok()
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever stored, hence the default is never taken.
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RequestId({})", self.as_str())
    }
}

/// A text that can't be a request's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to 64 characters of A-Z, a-z, 0-9 and . _ : / + = @ -")]
pub struct InvalidRequestId;

/// Runs `future` as part of the request `id`: what it logs carries the id.
///
/// Tasks that it spawns don't inherit the id; give it to them with this function.
pub fn scope<F: Future>(id: RequestId, future: F) -> TaskLocalFuture<RequestId, F> {
    CURRENT.scope(id, future)
}

/// Runs `work`, such as one poll of a future, as part of the request `id`.
pub fn sync_scope<T>(id: RequestId, work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(id, work)
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._:/+=@-".contains(&byte)
}

/// The finalizer of `SplitMix64`.
fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn write_hex(value: u64, digits: &mut [u8]) {
    for (index, digit) in digits.iter_mut().enumerate() {
        let nibble = (value >> (60 - 4 * index)) & 0xf;
        *digit = b"0123456789abcdef"[nibble as usize];
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn an_id_of_the_callers_is_taken_over() {
        let longest = "x".repeat(64);
        for text in ["1", "req-7_a.b:c/d+e=f@g", &longest] {
            assert_eq!(RequestId::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn an_id_that_could_break_a_log_or_a_header_is_refused() {
        let too_long = "x".repeat(65);
        for text in ["", " ", "a b", "a\nb", "a\"b", "a\u{e4}", "a,b", "a;b", "a%b", &too_long] {
            assert_eq!(RequestId::parse(text), Err(InvalidRequestId), "{text:?}");
        }
    }

    #[test]
    fn ids_made_by_many_threads_differ_and_can_be_parsed() {
        let make = || (0..10_000).map(|_| RequestId::generate()).collect::<Vec<_>>();
        let ids: HashSet<RequestId> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(ids.len(), 40_000);
        for id in ids {
            assert_eq!(id.as_str().len(), 32);
            assert!(id.as_str().bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
            assert_eq!(RequestId::parse(id.as_str()), Ok(id));
        }
    }

    #[test]
    fn hex_digits_stand_in_the_order_of_the_number() {
        let mut digits = [0; 16];
        write_hex(0x0123_4567_89ab_cdef, &mut digits);
        assert_eq!(&digits, b"0123456789abcdef");
    }

    #[tokio::test]
    async fn a_scope_carries_its_id_and_ends() {
        let (outer, inner) = (RequestId::generate(), RequestId::generate());
        assert_eq!(RequestId::current(), None);
        scope(outer, async move {
            assert_eq!(RequestId::current(), Some(outer));
            scope(inner, async move { assert_eq!(RequestId::current(), Some(inner)) }).await;
            tokio::task::yield_now().await;
            assert_eq!(RequestId::current(), Some(outer));
        })
        .await;
        assert_eq!(RequestId::current(), None);
    }
}
