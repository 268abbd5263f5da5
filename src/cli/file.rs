//! What whoever calls the program hands over to be read, never more of it than a bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Failure;

/// All bytes of a file that has at most so many.
pub(crate) fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let bytes = File::open(path).and_then(|file| take(file, bytes_max));
    bytes.map_err(|error| Failure::input(path.display(), error))
}

/// The text of a file in UTF-8 that has at most so many bytes.
pub(crate) fn read_text(path: &Path, bytes_max: usize) -> Result<String, Failure> {
    text(read(path, bytes_max)?).map_err(|error| Failure::input(path.display(), error))
}

fn take(source: impl Read, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than is allowed, so that what is too long is told as such.
    source.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        let problem = format!("has more than {bytes_max} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let problem = format!("not UTF-8: {}", error.utf8_error());
        io::Error::new(io::ErrorKind::InvalidData, problem)
    })
}
