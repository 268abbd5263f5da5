//! Pictures of boards: what is read from them, and what is said of wrong ones.

use proptest::prelude::*;

use super::*;

const SMALL: &str = "# A board.\n\n='\"\n~-^\n...\n";

#[test]
fn a_picture_gives_each_square_its_premium() {
    let layout = Layout::parse(SMALL).unwrap();
    assert_eq!((layout.side(), layout.start()), (3, Square { row: 1, column: 1 }));
    let premium = |row, column| layout.premium(Square { row, column });
    assert_eq!([premium(0, 0), premium(0, 1), premium(0, 2)], [word(3), letter(2), letter(3)]);
    assert_eq!([premium(1, 0), premium(1, 1), premium(1, 2)], [word(4), word(2), letter(4)]);
    assert_eq!(premium(2, 2), Premium::NONE);
    assert_eq!(premium(3, 0), Premium::NONE);
}

#[test]
fn a_layout_is_drawn_as_it_was_read() {
    assert_eq!(Layout::parse(SMALL).unwrap().to_string(), "='\"\n~-^\n...\n");
}

#[test]
fn a_wrong_picture_is_refused_with_its_line_and_column() {
    for (picture, said) in [
        ("", "line 1, column 1: expected an odd number of squares on a side, 3 to 21, got 0"),
        ("....\n", "line 1, column 4: expected an odd number of squares on a side, 3 to 21, got 4"),
        (".\n", "line 1, column 1: expected an odd number of squares on a side, 3 to 21, got 1"),
        (
            "...\n.x.\n...\n",
            "line 2, column 2: expected one of . ' \" ^ - = ~ for a square, got 'x'",
        ),
        ("# Ж\n...\n..\n", "line 3, column 3: expected a row of 3 squares, like the first, got 2"),
        ("...\n.....\n", "line 2, column 4: expected a row of 3 squares, like the first, got 5"),
        (".........\n", "line 1, column 1: expected 9 rows, as many as squares in a row, got 1"),
        ("...\n...\n", "line 2, column 1: expected 3 rows, as many as squares in a row, got 2"),
        (
            "...\n...\n...\n\n...\n...\n",
            "line 5, column 1: expected no more than 3 rows, as many as squares in a row",
        ),
        (
            "~~~~~~~\n.......\n.......\n.......\n.......\n.......\n.......\n",
            "line 7, column 1: the word premiums of some line multiply by more than 256 together",
        ),
    ] {
        assert_eq!(Layout::parse(picture).unwrap_err().to_string(), said, "{picture:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(picture in any::<String>(), drawn in "[-.'\"^=~#x\n ]{0,60}") {
        let _ = Layout::parse(&picture);
        if let Ok(layout) = Layout::parse(&drawn) {
            prop_assert_eq!(Layout::parse(&layout.to_string()).unwrap(), layout);
        }
    }
}

fn letter(times: u8) -> Premium {
    Premium::of_letter(times)
}

fn word(times: u8) -> Premium {
    Premium::of_word(times)
}
