//! A lexicon has the words it was made of, in order, and is known by them alone.

use std::collections::{BTreeSet, HashSet};

use proptest::prelude::*;

use super::*;

fn english() -> Alphabet {
    let letters: Vec<String> = ('A'..='Z').map(String::from).collect();
    Alphabet::new(letters.iter().map(String::as_str), []).unwrap()
}

fn spanish() -> Alphabet {
    Alphabet::new(["A", "C", "CH", "E", "H", "L", "LL", "O"], [("Á", "A")]).unwrap()
}

fn lexicon(alphabet: Alphabet, words: &[&str]) -> Lexicon {
    let words = words.iter().map(|word| alphabet.parse(word).unwrap()).collect();
    Lexicon::build("test", alphabet, words, |_| ()).unwrap()
}

fn spellings(lexicon: &Lexicon) -> Vec<String> {
    lexicon.words().map(|word| lexicon.alphabet().spell(&word)).collect()
}

fn words() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-e]{2,6}|[A-Z]{2,21}", 1..60)
}

proptest! {
    #[test]
    fn a_lexicon_gives_back_its_words_sorted_and_knows_no_others(
        some in words(),
        others in words(),
    ) {
        let alphabet = english();
        let parse = |text: &String| alphabet.parse(text).unwrap();
        let lexicon =
            Lexicon::build("test", alphabet.clone(), some.iter().map(parse).collect(), |_| ());
        let lexicon = lexicon.unwrap();
        let sorted: BTreeSet<Word> = some.iter().map(parse).collect();
        prop_assert!(lexicon.words().eq(sorted.iter().copied()));
        prop_assert_eq!(lexicon.word_count(), sorted.len());
        prop_assert_eq!(Some(lexicon.shortest()), sorted.iter().map(Word::len).min());
        prop_assert_eq!(Some(lexicon.longest()), sorted.iter().map(Word::len).max());
        let known: HashSet<Word> = sorted.into_iter().collect();
        for text in some.iter().chain(&others) {
            let word = parse(text);
            prop_assert_eq!(lexicon.contains(&word), known.contains(&word), "{}", text);
        }
    }
}

#[test]
fn words_come_in_the_order_of_the_alphabet_with_digraphs_as_letters() {
    let lexicon = lexicon(spanish(), &["COLA", "CHACO", "COCHE", "calle", "ácaco"]);
    assert_eq!(spellings(&lexicon), ["ACACO", "CALLE", "COCHE", "COLA", "CHACO"]);
    assert_eq!((lexicon.shortest(), lexicon.longest()), (4, 5));
}

#[test]
fn the_content_hash_is_that_of_a_text_which_anybody_can_write() {
    let alphabet = Alphabet::new(["A", "T", "E"], []).unwrap();
    let lexicon = lexicon(alphabet, &["TEA", "AT", "ATE", "AT"]);
    let expected = Sha256::digest("A\nT\nE\n\nAT\nATE\nTEA\n");
    assert_eq!(lexicon.content_hash().as_bytes(), expected.as_slice());
    let printed = lexicon.content_hash().to_string();
    assert_eq!(printed.len(), 64);
    assert!(printed.starts_with(&format!("{:02x}{:02x}", expected[0], expected[1])));
}

#[test]
fn the_content_hash_knows_letters_and_words_and_nothing_else() {
    let built = |name: &str, alphabet: Alphabet, words: &[&str]| {
        let words = words.iter().map(|word| alphabet.parse(word).unwrap()).collect();
        Lexicon::build(name, alphabet, words, |_| ()).unwrap().content_hash()
    };
    let letters = ["A", "T", "E"];
    let plain = || Alphabet::new(letters, []).unwrap();
    let first = built("first", plain(), &["AT", "TEA"]);
    assert_eq!(built("second", plain(), &["TEA", "AT", "TEA"]), first);
    let folding = Alphabet::new(letters, [("É", "E")]).unwrap();
    assert_eq!(built("first", folding, &["AT", "TEA"]), first);
    assert_ne!(built("first", plain(), &["AT", "EAT"]), first);
    let ordered = Alphabet::new(["A", "E", "T"], []).unwrap();
    assert_ne!(built("first", ordered, &["AT", "TEA"]), first);
}

#[test]
fn more_words_than_are_hashed_at_once_are_all_hashed() {
    let alphabet = Alphabet::new(["A", "B"], []).unwrap();
    let texts: Vec<String> = (0..4096).map(|n| format!("{n:012b}")).collect();
    let words: Vec<String> =
        texts.iter().map(|text| text.replace('0', "A").replace('1', "B")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let expected = Sha256::digest(format!("A\nB\n\n{}\n", words.join("\n")));
    assert_eq!(lexicon(alphabet, &words).content_hash().as_bytes(), expected.as_slice());
}

#[test]
fn what_makes_no_lexicon_is_refused_with_the_reason() {
    let build = |name: &str, words: &[Word]| {
        Lexicon::build(name, spanish(), words.to_vec(), |_| ()).unwrap_err().to_string()
    };
    let word = |places: &[u8]| {
        let letters: Vec<_> =
            places.iter().map(|place| crate::lexicon::Letter::new(*place).unwrap()).collect();
        Word::new(&letters).unwrap()
    };
    assert_eq!(build("test", &[]), "there are no words");
    assert_eq!(build("test", &[word(&[3])]), "the word \"CH\" has less than 2 letters");
    assert_eq!(
        build("test", &[word(&[1, 9])]),
        "a word has the letter at place 9 of an alphabet of 8 letters"
    );
    // C and H side by side always mean CH.
    assert_eq!(
        build("test", &[word(&[2, 5])]),
        "the word \"CH\" is not made of the letters that its spelling means"
    );
    for name in ["", " a", "a\nb", &"a".repeat(65)] {
        assert!(build(name, &[word(&[1, 1])]).starts_with("expected a name of 1 to 64"), "{name}");
    }
}
