//! `lexicon`: from a word list to a file and back, and what is said of wrong lists and files.

use std::fs;

use tempfile::TempDir;

use crate::program::{EXIT_USAGE, Said, run_in};

/// A directory of its own with a word list in it.
struct Desk(TempDir);

impl Desk {
    fn with(list: impl AsRef<[u8]>) -> Self {
        let desk = Self(TempDir::new().unwrap());
        fs::write(desk.0.path().join("list.txt"), list).unwrap();
        desk
    }

    fn run(&self, arguments: &str) -> Said {
        run_in(self.0.path(), &arguments.split(' ').collect::<Vec<_>>())
    }

    fn build(&self) -> Said {
        self.run("lexicon build --words list.txt --rules english --output small.lex")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_list_becomes_a_file_which_gives_the_same_list_back() {
    let desk = Desk::with("TEA\nAT\nATE\n");
    let said = desk.build().expect_success();
    assert!(said.contains("words         3\n"), "{said}");
    assert_eq!(desk.names(), ["list.txt", "small.lex"]);
    assert_eq!(desk.run("lexicon words --from small.lex").expect_success(), "AT\nATE\nTEA\n");
    let info = desk.run("lexicon info small.lex").expect_success();
    assert!(info.starts_with("name          small\nletters       A B C D"), "{info}");
    assert!(said.starts_with(&info), "{said}");
}

#[test]
fn wrong_names_are_the_callers_mistake() {
    let desk = Desk::with("TEA\n");
    for (arguments, expected) in [
        ("lexicon info missing.lex", "missing.lex: could not read the file: No such file"),
        ("lexicon info list.txt", "list.txt: this is no lexicon file"),
        ("lexicon build --words list.txt --rules klingon -o a.lex", "\"klingon\" is no rule set"),
        ("lexicon build --words missing --rules english -o a.lex", "missing: No such file"),
        ("lexicon build --words list.txt --rules english -o ..", "..: expected a file to write"),
    ] {
        let complaint = desk.run(arguments).expect_failure(EXIT_USAGE);
        assert!(complaint.starts_with(&format!("scrabble-backend: {expected}")), "{complaint}");
    }
    assert_eq!(desk.names(), ["list.txt"]);
}
