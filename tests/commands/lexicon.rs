//! `lexicon`: from a word list to a file and back, and what is said of wrong lists and files.

use std::fs;

use sha2::Digest;

use crate::desk::Desk;
use crate::program::EXIT_USAGE;

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
        (
            "lexicon build --words list.txt --rules klingon -o a.lex",
            "no rule set is called \"klingon\"",
        ),
        ("lexicon build --words missing --rules english -o a.lex", "missing: No such file"),
        ("lexicon build --words list.txt --rules english -o ..", "..: expected a file to write"),
        (
            "lexicon build --words list.txt --rules english -o a.lex --name \n",
            "--name: expected a name of 1 to 64 characters",
        ),
        (
            "lexicon build --words list.txt --rules english --out bad\nname.lex",
            "--output, whose file the lexicon is called after without --name: expected a name of 1 to 64",
        ),
        ("lexicon info /dev/null", "/dev/null: this is no lexicon file"),
    ] {
        let complaint = desk.run(arguments).expect_failure(EXIT_USAGE);
        assert!(complaint.starts_with(&format!("scrabble-backend: {expected}")), "{complaint}");
    }
    assert_eq!(desk.names(), ["list.txt"]);
}

#[test]
fn refused_lines_are_told_and_left_out_or_with_strict_refuse_the_list() {
    let desk = Desk::with("TEA\nA\nAD HOC\ntea\nAT\r\n\nX1\n# end\n");
    let said = desk.build();
    assert_eq!(said.code, Some(0));
    assert_eq!(
        said.err,
        "2 lines refused: a letter that the alphabet has not\n  \
         line 3: \"AD HOC\": ' ' at place 3 is no letter of this alphabet\n  \
         line 7: \"X1\": '1' at place 2 is no letter of this alphabet\n\
         1 line refused: less than 2 letters\n  line 2: \"A\"\n"
    );
    assert!(said.out.contains("\nduplicates    1\nrefused       3\n"), "{}", said.out);
    assert_eq!(desk.run("lexicon words --from small.lex").expect_success(), "AT\nTEA\n");

    let strict = "lexicon build --words list.txt --rules english --out strict.lex --strict";
    let complaint = desk.run(strict).expect_failure(EXIT_USAGE);
    assert!(complaint.ends_with("scrabble-backend: list.txt: refused lines: 3\n"), "{complaint}");
    assert_eq!(desk.names(), ["list.txt", "small.lex"]);
}

#[test]
fn every_refused_line_is_written_where_a_file_for_them_is_named() {
    let desk = Desk::with("TEA\nA\n".to_owned() + &"X1\n".repeat(10_000));
    let build = "lexicon build --words list.txt --rules english -o a.lex --refused";
    let said = desk.run(&format!("{build} refused.txt"));
    assert_eq!((said.code, said.err.lines().count()), (Some(0), 9), "{}", said.err);
    let refused = fs::read_to_string(desk.path().join("refused.txt")).unwrap();
    assert_eq!(refused.lines().count(), 10_001);
    let expected = "line 2: \"A\": less than 2 letters\n\
                    line 3: \"X1\": '1' at place 2 is no letter of this alphabet\n";
    assert!(refused.starts_with(expected), "{refused}");

    let complaint = desk.run(&format!("{build} none/refused.txt")).expect_failure(1);
    assert!(
        complaint.starts_with("scrabble-backend: none/refused.txt: No such file"),
        "{complaint}"
    );
    let complaint = desk.run(&format!("{build} /dev/full")).expect_failure(1);
    assert!(complaint.starts_with("scrabble-backend: /dev/full: No space left"), "{complaint}");
}

#[test]
fn a_list_without_a_word_makes_no_lexicon_and_leaves_the_old_file() {
    let desk = Desk::with("TEA\n");
    desk.build().expect_success();
    fs::write(desk.path().join("list.txt"), "# nothing\n").unwrap();
    let complaint = desk.build().expect_failure(EXIT_USAGE);
    assert_eq!(complaint, "scrabble-backend: list.txt: there are no words\n");
    assert_eq!(desk.run("lexicon words --from small.lex").expect_success(), "TEA\n");
}

#[test]
fn a_file_that_cannot_be_written_fails_and_leaves_nothing_behind() {
    let desk = Desk::with("TEA\n");
    fs::create_dir(desk.path().join("small.lex")).unwrap();
    let complaint = desk.build().expect_failure(1);
    assert!(complaint.starts_with("scrabble-backend: small.lex: "), "{complaint}");
    assert_eq!(desk.names(), ["list.txt", "small.lex"]);
}

#[test]
fn a_built_file_can_be_read_by_others() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::with("TEA\n");
    desk.build().expect_success();
    let mode = |name| fs::metadata(desk.path().join(name)).unwrap().permissions().mode();
    // As any file that this process makes: the umask decides.
    assert_eq!(mode("small.lex") & 0o777, mode("list.txt") & 0o777);
}

#[test]
fn words_are_checked_one_by_one_and_one_invalid_word_fails_all() {
    let desk = Desk::with("TEA\nAT\n");
    desk.build().expect_success();
    let valid = desk.run("lexicon check --lexicon small.lex tea AT").expect_success();
    assert_eq!(valid, "tea valid\nAT valid\n");
    let said = desk.run("lexicon check --lexicon small.lex TEA EAT T3A");
    assert_eq!(
        (said.code, said.out.as_str(), said.err.as_str()),
        (
            Some(1),
            "TEA valid\nEAT invalid\nT3A invalid: '3' at place 2 is no letter of this alphabet\n",
            "scrabble-backend: invalid words: 2\n"
        )
    );
}

#[test]
fn words_are_read_from_standard_input_where_none_is_named() {
    let desk = Desk::with("TEA\nAT\n");
    desk.build().expect_success();
    let check = |input: &[u8]| desk.run_on(input, "lexicon check --lexicon small.lex");
    assert_eq!(check(b"tea\r\n\n AT").expect_success(), "tea valid\nAT valid\n");
    let many = check(&b"TEA\nEAT\n".repeat(200_000));
    assert_eq!((many.code, many.out.lines().count()), (Some(1), 400_000));
    assert_eq!(many.err, "scrabble-backend: invalid words: 200000\n");
    let complaint = check(b"\xff").expect_failure(EXIT_USAGE);
    assert!(complaint.starts_with("scrabble-backend: standard input: not UTF-8"), "{complaint}");
}

#[test]
fn what_a_word_would_tell_the_terminal_is_escaped() {
    let desk = Desk::with("CAFE\n");
    desk.build().expect_success();
    let said = desk.run("lexicon check --lexicon small.lex \u{1b}[31mX \u{9b}1m café won't");
    assert_eq!(
        said.out,
        "\\u{1b}[31mX invalid: '\\u{1b}' at place 1 is no letter of this alphabet\n\
         \\u{9b}1m invalid: '\\u{9b}' at place 1 is no letter of this alphabet\n\
         café valid\n\
         won't invalid: '\\'' at place 4 is no letter of this alphabet\n"
    );
}

#[test]
fn a_lexicon_in_another_language_is_built_with_its_letters() {
    let desk = Desk::with("coche\ncalle\nñandú\n");
    desk.run("lexicon build --words list.txt --rules spanish -o es.lex").expect_success();
    let words = desk.run("lexicon words --from es.lex").expect_success();
    assert_eq!(words, "CALLE\nCOCHE\nÑANDU\n");
    // CH and LL are one letter each, and the accent is folded away.
    let info = desk.run("lexicon info es.lex").expect_success();
    assert!(info.contains("words         3\nlengths       4 to 5 letters\n"), "{info}");
    desk.run("lexicon check --lexicon es.lex COCHE ñandú").expect_success();
}

/// Each run builds that lexicon anew, which an unoptimised program takes seconds for: so they are few.
#[test]
fn without_a_file_the_lexicon_that_comes_along_is_asked() {
    let desk = Desk::with("");
    let info = desk.run("lexicon info default").expect_success();
    assert!(info.starts_with("name          English (Wordnik)\n"), "{info}");
    let checked = desk.run("lexicon check quiz qi").expect_success();
    assert_eq!(checked, "quiz valid\nqi valid\n");
}

#[test]
fn the_content_hash_is_what_sha256sum_says_of_letters_and_words() {
    let desk = Desk::with("TEA\nAT\n");
    let said = desk.build().expect_success();
    // printf 'A\n…Z\n\nAT\nTEA\n' | sha256sum
    let text: String = ('A'..='Z').map(|letter| format!("{letter}\n")).collect();
    let digest = sha2::Sha256::digest(format!("{text}\nAT\nTEA\n"));
    let expected: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(said.contains(&format!("content hash  {expected}\n")), "{said}");
}

#[test]
fn what_nobody_can_be_told_ends_no_command() {
    let desk = Desk::with("TEA\nX1\n");
    let run = |arguments: &[&str]| {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_scrabble-backend"));
        command.args(arguments).current_dir(desk.path()).env_clear().stderr(full);
        command.output().unwrap().status.code()
    };
    let build = ["lexicon", "build", "--words", "list.txt", "--rules", "english", "-o", "a.lex"];
    assert_eq!(run(&build), Some(0));
    assert_eq!(desk.names(), ["a.lex", "list.txt"]);
    assert_eq!(run(&["lexicon", "check", "--lexicon", "a.lex", "EAT"]), Some(1));
    assert_eq!(run(&["lexicon", "info", "missing.lex"]), Some(EXIT_USAGE));
    assert_eq!(run(&["migrate"]), Some(EXIT_USAGE));
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let desk = Desk::with("TEA\n");
    desk.build().expect_success();
    let binary = env!("CARGO_BIN_EXE_scrabble-backend");
    let script = format!("set -o pipefail; {binary} lexicon words | head -n 1");
    let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "AA\n");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success());
}
