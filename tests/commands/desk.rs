//! A directory of a test's own, with a word list in it.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::program::{Said, run_in, run_with};

pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn with(list: impl AsRef<[u8]>) -> Self {
        let desk = Self(TempDir::new().unwrap());
        fs::write(desk.path().join("list.txt"), list).unwrap();
        desk
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs the program there, with arguments that have no spaces.
    pub(crate) fn run(&self, arguments: &str) -> Said {
        self.run_each(&arguments.split(' ').collect::<Vec<_>>())
    }

    pub(crate) fn run_each(&self, arguments: &[&str]) -> Said {
        run_in(self.path(), arguments)
    }

    /// Runs it with this on standard input.
    pub(crate) fn run_on(&self, input: &[u8], arguments: &str) -> Said {
        let file = self.path().join("input");
        fs::write(&file, input).unwrap();
        let arguments: Vec<&str> = arguments.split(' ').collect();
        run_with(self.path(), &arguments, fs::File::open(file).unwrap().into())
    }

    /// Makes `small.lex` of the list.
    pub(crate) fn build(&self) -> Said {
        self.run("lexicon build --words list.txt --rules english --output small.lex")
    }

    /// The files that are there.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}
