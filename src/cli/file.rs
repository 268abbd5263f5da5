//! Files that whoever calls the program names: read up to a bound, and written whole.

use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::Builder;

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

/// The text in UTF-8 that standard input has, of at most so many bytes.
pub(crate) fn read_standard_input(bytes_max: usize) -> Result<String, Failure> {
    let read = take(io::stdin().lock(), bytes_max).and_then(text);
    read.map_err(|error| Failure::input("standard input", error))
}

/// Writes a file that is there whole or not at all, whoever reads it meanwhile and whatever fails.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(path, bytes).map_err(|error| Failure::work(path.display(), error))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Others may read it; the process's umask is heeded.
    let permissions = Permissions::from_mode(0o666);
    let mut file =
        Builder::new().prefix(".scrabble-").permissions(permissions).tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
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
