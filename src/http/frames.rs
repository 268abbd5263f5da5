//! Where the frames of HTTP/2 end, for the time that a half-sent one may take.
//!
//! Reads nothing but the lengths, the types and the flags of the headers of frames; what a frame says,
//! and whether it may, is for h2.

use super::patience::Activity;
use super::socket::Arrivals;

const HEADER_BYTES: usize = 9;
const TYPE_HEADERS: u8 = 0x1;
const TYPE_CONTINUATION: u8 = 0x9;
const FLAG_END_HEADERS: u8 = 0x4;

/// How far the frames of a caller have come.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// What has come of a frame's header.
    header: [u8; HEADER_BYTES],
    header_bytes: usize,
    /// What is yet to come of its payload.
    payload_bytes: usize,
    /// A head has begun that a further frame is to end.
    is_head_open: bool,
}

impl Frames {
    /// Takes note of further bytes; tells whether anything has come whole with them: a frame, but one of
    /// a head only with its last.
    fn advance(&mut self, mut bytes: &[u8]) -> bool {
        let mut has_whole = false;
        while !bytes.is_empty() {
            if self.payload_bytes > 0 {
                let count = self.payload_bytes.min(bytes.len());
                self.payload_bytes -= count;
                bytes = &bytes[count..];
                has_whole |= self.payload_bytes == 0 && !self.is_head_open;
                continue;
            }
            let count = (HEADER_BYTES - self.header_bytes).min(bytes.len());
            let (of_header, rest) = bytes.split_at(count);
            self.header[self.header_bytes..][..count].copy_from_slice(of_header);
            self.header_bytes += count;
            bytes = rest;
            if self.header_bytes == HEADER_BYTES {
                self.begin_payload();
                has_whole |= self.payload_bytes == 0 && !self.is_head_open;
            }
        }
        has_whole
    }

    fn begin_payload(&mut self) {
        let [high, middle, low, kind, flags, ..] = self.header;
        self.header_bytes = 0;
        self.payload_bytes = u32::from_be_bytes([0, high, middle, low]) as usize;
        if kind == TYPE_HEADERS || kind == TYPE_CONTINUATION {
            self.is_head_open = flags & FLAG_END_HEADERS == 0;
        }
    }

    /// Whether something has begun to come and is not all there.
    fn is_partial(&self) -> bool {
        self.header_bytes > 0 || self.payload_bytes > 0 || self.is_head_open
    }
}

impl Arrivals for Frames {
    fn arrived(&mut self, bytes: &[u8], activity: &Activity) {
        let has_whole = self.advance(bytes);
        activity.frame_is_partial(self.is_partial(), has_whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, length: u8) -> Vec<u8> {
        let mut frame = vec![0, 0, length, kind, flags, 0, 0, 0, 1];
        frame.resize(HEADER_BYTES + usize::from(length), b'x');
        frame
    }

    #[test]
    fn a_frame_is_partial_until_its_last_byte_however_it_is_cut() {
        let bytes = [frame(0x4, 0, 0), frame(0x1, 0x5, 7), frame(0x0, 0x1, 3)].concat();
        let ends = [9, 25, 37];
        for cut in 1..bytes.len() {
            let mut frames = Frames::default();
            for (index, chunk) in bytes.chunks(cut).enumerate() {
                let has_whole = frames.advance(chunk);
                let (before, length) = (index * cut, index * cut + chunk.len());
                assert_eq!(frames.is_partial(), !ends.contains(&length), "{cut}: {length}");
                let is_end_in_it = ends.iter().any(|end| (before + 1..=length).contains(end));
                assert_eq!(has_whole, is_end_in_it, "{cut}: {length}");
            }
        }
    }

    #[test]
    fn a_head_is_partial_until_the_frame_that_ends_it() {
        let mut frames = Frames::default();
        for (kind, flags, is_partial) in [
            (0x1, 0x1, true),
            (0x9, 0, true),
            (0x9, 0x4, false),
            (0x1, 0x4, false),
            (0x6, 0, false),
        ] {
            assert_eq!(frames.advance(&frame(kind, flags, 5)), !is_partial, "{kind}");
            assert_eq!(frames.is_partial(), is_partial, "{kind}");
        }
    }
}
