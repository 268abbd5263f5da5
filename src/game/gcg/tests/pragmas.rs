//! Pragmas, notes and encodings.

use super::*;

fn note(text: &str) -> Pragma {
    Pragma::Note(Prose::new(text))
}

fn other(keyword: &str, text: &str) -> Pragma {
    Pragma::Other { keyword: Keyword::new(keyword).unwrap(), text: Prose::new(text) }
}

#[test]
fn players_have_a_nickname_and_perhaps_a_name() {
    let game = game("#player1 Ada  Ada King Lovelace\n#Player2 Bob\n");
    let players: Vec<(&str, &str)> =
        game.players.iter().map(|p| (p.nickname.as_str(), p.name.as_str())).collect();
    assert_eq!(players, [("Ada", "Ada King Lovelace"), ("Bob", "")]);
}

#[test]
fn every_pragma_is_kept_in_its_place_known_or_not() {
    let known = [
        ("title", "Final, game 3"),
        ("description", "Played on 3 May"),
        ("id", "org.example 42/3"),
        ("lexicon", "NWL23"),
        ("tile-set", "english set"),
        ("tile-distribution", "english"),
        ("tile-declaration", "CH ch"),
        ("tile", "CH ch"),
        ("game-type", "classic"),
        ("game-board", "standard"),
        ("board-layout", "CrosswordGame"),
        ("style", "wsc2001"),
        ("X-Unheard-Of", "a  b   c"),
        ("rackets", "none"),
        ("players", "two"),
        ("empty", ""),
    ];
    let lines: String =
        known.iter().map(|(keyword, text)| format!("#{keyword} {text}\n")).collect();
    let game = game(&format!("{PLAYERS}{lines}>Ada: - +0 0\n#late one\n"));
    let expected: Vec<Pragma> = known.iter().map(|(keyword, text)| other(keyword, text)).collect();
    assert_eq!(game.pragmas, expected);
    assert_eq!(game.pragma("Lexicon"), Some("NWL23"));
    assert_eq!(game.moves[0].pragmas, [other("late", "one")]);
}

#[test]
fn a_note_belongs_to_the_move_before_with_all_its_lines() {
    let text = "#note before\n>Ada: - +0 0\n#note one\ntwo: #3\n\n four\n#note five\n\n>Bob: - +0 0\n\
                #note\nsix\n#- > seven\n";
    let game = game(&format!("{PLAYERS}{text}"));
    assert_eq!(game.pragmas, [note("before")]);
    assert_eq!(game.moves[0].pragmas, [note("one\ntwo: #3\n\nfour"), note("five")]);
    assert_eq!(game.moves[1].pragmas, [note("\nsix\n> seven")]);
}

#[test]
fn a_pragma_goes_on_in_lines_that_begin_with_a_dash() {
    let game = game(&format!("{PLAYERS}#game-board one\n#- two\n#- three\n"));
    assert_eq!(game.pragmas, [other("game-board", "one\ntwo\nthree")]);
}

#[test]
fn last_racks_and_an_incomplete_record_are_told() {
    let text = format!("{PLAYERS}#rack1 AB\n>Ada: - +0 0\n#rack2 CD?\n#incomplete EF\n");
    let game = game(&text);
    assert_eq!((game.last_rack(0), game.last_rack(1)), (Some(rack("AB")), Some(rack("CD?"))));
    assert_eq!(game.last_rack(2), None);
    assert!(game.is_incomplete());
    assert!(game.all_pragmas().any(|pragma| *pragma == Pragma::Incomplete(rack("EF"))));
    assert!(!super::game(PLAYERS).is_incomplete());
}

#[test]
fn text_is_decoded_as_the_first_line_says() {
    let named = |bytes: &[u8]| {
        let source = Source::decode(bytes, Mode::Strict).unwrap();
        source.pragma("player1").unwrap().to_owned()
    };
    let latin1 = b"#player1 Jos\xe9 Jos\xe9 Mu\xf1oz\n";
    let expected = "José José Muñoz";
    assert_eq!(named(latin1), expected);
    for label in ["ISO-8859-1", "iso 8859-1", "latin1", "Windows-1252", "l1"] {
        let text = [b"#character-encoding ", label.as_bytes(), b"\n", latin1].concat();
        assert_eq!(named(&text), expected, "{label}");
    }
    for label in ["UTF-8", "utf8", "utf-8"] {
        let text = format!("\n#Character-Encoding {label}\n#player1 {expected}\n");
        assert_eq!(named(text.as_bytes()), expected, "{label}");
    }
    assert_eq!(named(format!("\u{feff}#player1 {expected}\n").as_bytes()), expected);
    let utf16: Vec<u8> = format!("\u{feff}#player1 {expected}\n")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(named(&utf16), expected);
    assert_eq!(named(b"#character-encoding ISO-8859-2\n#player1 \xb1 \xe6\n"), "ą ć");
}

#[test]
fn text_is_brought_into_one_normal_form() {
    let rules = spanish(15);
    let text = "#character-encoding UTF-8\n#player1 n\u{303} A\n#player2 b B\n\
                >n\u{303}: N\u{303}A 8H AN\u{303} +9 9\n";
    let game = read_as(text, &rules, Mode::Strict).unwrap().game;
    assert_eq!(game.moves[0].rack.len(), 2);
    assert!(game.display(&rules.alphabet).to_string().contains(">ñ: AÑ 8H AÑ +9 9\n"));
}
