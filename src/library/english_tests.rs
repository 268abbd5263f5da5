//! The default leaves out what it says, whole families of it, and nothing that is innocent.

use std::collections::BTreeSet;

use super::*;
use crate::game::RuleSet;
use crate::lexicon::WordList;

/// What it leaves out.
const EXCLUSIONS: &str = include_str!("english_exclusions.txt");

/// What it is. Games are pinned to it: with another hash, those that run wait for the lexicon that they
/// began with, which the operator must then have among the retired ones.
const HASH: &str = "0cbb6ddf58b21b16c581f053f0af49fa1f7e281a3783d758abb47aa2a0c6c8a9";

/// How English words are inflected and derived, as far as insults are.
const ENDINGS: &[&str] = &[
    "S", "ES", "D", "ED", "ING", "INGS", "ER", "ERS", "Y", "IES", "IER", "IEST", "ISH", "ISM",
    "ISMS", "RY", "RIES", "DOM", "HOOD", "IST", "ISTS", "NESS", "LY",
];

/// What looks like an inflection of an excluded word and comes from another.
const INNOCENT: &str = "
    ACKNOWLEDGED ACKNOWLEDGES ACKNOWLEDGING CHINKED CHINKING CHINKS CRIPES DARKED DARKER DARKING
    DARKISH DARKLY DARKNESS DARKS DIKED DIKER DIKERS DIKES DIKING DYKED DYKES DYKING EVONYMUSES
    GIPSIES GIPSY GYPSIES GYPSY HONKED HONKER HONKERS HONKING HONKS HUNKER HUNKERS HUNKIER
    HUNKIEST HUNKS HUNKY IMAGINED IMAGINER IMAGINERS IMAGINES IMAGINING IMAGININGS JAPED JAPER
    JAPERS JAPES JAPING JUDGED JUDGER JUDGERS JUDGES JUDGING MICKIES MICKY MONGER MONGERS MUNTER
    MUNTING MUNTINGS OUTPUTTED OUTPUTTING PIKED PIKER PIKERS PIKES PIKING PREFIXED PREFIXES
    PREFIXING SHEENED SHEENIER SHEENIEST SHEENING SHEENS SHEENY SKILFULLY SPICED SPICER SPICERS
    SPICES SPICIER SPICIEST SPICING SPICY SPIKED SPIKER SPIKERS SPIKES SPIKIER SPIKIEST SPIKING
    SPIKY WHITED WHITELY WHITENESS WHITER WHITES WHITIER WHITIEST WHITING WHITINGS WHITISH WHITS
    WHITY WIGGERIES WIGGERY";

/// Words that an eager filter takes for what they are not.
const KEPT: &str = "
    ANALYSIS ASSESS BARRACOON BASEMENT BITCH BUTTER CHINK CLASSIC COCKTAIL COCOON COONHOUND
    COONSKIN CRACKER CRIPPLE DARK DASTARD DIKE DWARF DYKE FAGIN FAGOT FRISBEE GAIJIN GAY GIMP
    GIPON GRINGO GRINGOS GYPSUM GYPSY HEATHEN HEBETIC HOMONYM HONDA HONK HOOVER HUNKY INTIFADA
    JAPAN JAPE JEWEL JUDGE KAFIR KANAKA KANAKAS LESBIAN LESION MICKEY MONGER MONGOL MONGOLS
    MONGOOSE MUNTIN MUSTARD NEGRITUDE NEGRONI NIGGARD NIGGLE NIP ORIENT PADDY PAGAN POOF QUEER
    RACCOON RETARD RETARDED SHEENY SHIKAR SLANT SLUTCH SNIGGER SPADE SPASTIC SPICE SPIKE SQUAWK
    SWOP TYCOON WOGGLE XEROX YUKO YUKOS";

/// Words that must never come, in all the spellings that are met: whether Wordnik's list has them now
/// or gets them with its next edition, and whatever the file of exclusions says.
const NEVER: &str = "
    ABO BOCHE BOONG CHINKY COOLIE COON CRIP CUNT DAGO DARKEY DARKIE DARKY DARKYS FAG FAGGOT
    FAGGOTS GIP GIPPED GIPPER GIPPERS GIPPING GIPPO GIPPOES GIPPOS GIPS GOLLIWOG GOLLIWOGG
    GOLLYWOG GOOK GOOKIER GOOKY GYP GYPO GYPOS GYPPED GYPPO GYPPOS GYPPY HEBE HEBES HONKEY HONKIE
    HONKY HORI JAP JEW JEWED JIGABOO KAFFIR KIKE LESBIGAY LESBIGAYS LESBO LEZ LEZZA LEZZIE LUBRA
    MICK MICKS MIDGET MONG MONGOLOID MULATTO MUNT MUNTS NEGRO NEGROES NIGGA NIGGER OCTOROON OFAY
    PAPISM PAPIST PAPISTRY PICANINNIES PICANINNY PICCANIN PICCANINNIES PICCANINNY PICKANINNIES
    PICKANINNY PIKEY POLACK POOFIER POOFIEST POOFTAH POOFTER POOFY POOVE POPERIES POPERY POPISH
    POPISHLY PYKEY QUADROON RAGHEAD REDSKIN RETARDATE SAMBO SCHIZO SCHVARTZE SCHWARTZE SHEENEY
    SHEENIE SHEMALE SHICKSA SHIKSA SHIKSE SHVARTZE SLUT SPASTICS SPAZ SPAZZ SPIC SPICK SPIK SQUAW
    TAIG TRANNIE TRANNY WELSH WELSHED WETBACK WHITEY WIGGER WOG WOP YID ZAMBO ZAMBOS
    BANDAID BENADRYL BENADRYLS CRAYOLA EMACS JEDI KLEENEX KLEENEXES LEVIS PEPSI VALIUM VALIUMS
    VELCRO VELCROED VELCROS ZIPLOC ZIPLOCK ZIPPO ZIPPOS";

fn words(text: &str) -> BTreeSet<&str> {
    text.split_whitespace().collect()
}

fn excluded() -> BTreeSet<&'static str> {
    EXCLUSIONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

fn has(text: &str) -> bool {
    let lexicon = default_english();
    lexicon.alphabet().parse(text).is_ok_and(|word| lexicon.contains(&word))
}

#[test]
fn the_default_is_what_games_are_pinned_to() {
    assert_eq!(default_english().content_hash().to_string(), HASH);
    assert_eq!(default_english().name(), "English (Wordnik)");
}

#[test]
fn the_default_reads_text_as_the_english_rules_do() {
    assert_eq!(*default_english().alphabet(), RuleSet::named("english").unwrap().alphabet);
}

#[test]
fn the_default_is_the_list_without_what_is_excluded() {
    let lexicon = default_english();
    let listed = (2..=21).flat_map(wordnik_list::word_iterator_by_len).count();
    assert_eq!(lexicon.word_count(), listed - excluded().len());
    assert_eq!((lexicon.shortest(), lexicon.longest()), (2, 21));
    assert_eq!(excluded().iter().find(|word| has(word)), None);
}

#[test]
fn each_exclusion_stands_there_once_and_excludes_something() {
    let list = WordList::read(EXCLUSIONS.as_bytes(), default_english().alphabet(), |_| ());
    assert_eq!((list.duplicates, list.refused_count()), (0, 0));
    let idle = excluded().into_iter().find(|word| !wordnik_list::word_exists(&word.to_lowercase()));
    assert_eq!(idle, None);
    for group in EXCLUSIONS.split("\n\n").skip(1) {
        assert!(group.starts_with("# "), "a group begins with its reason: {group}");
        let group: Vec<&str> = group.lines().skip(1).collect();
        assert!(group.is_sorted(), "{group:?}");
    }
}

#[test]
fn no_inflection_of_an_excluded_word_is_left() {
    let innocent = words(INNOCENT);
    let mut left = BTreeSet::new();
    for word in excluded() {
        let last = word.chars().next_back().unwrap();
        let doubled = format!("{word}{last}");
        let stems = [word, doubled.as_str(), word.trim_end_matches(['E', 'Y'])];
        for inflection in stems
            .iter()
            .flat_map(|stem| ENDINGS.iter().map(move |ending| format!("{stem}{ending}")))
        {
            if has(&inflection) && !innocent.contains(inflection.as_str()) {
                left.insert(inflection);
            }
        }
    }
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn innocent_words_stay() {
    let missing: Vec<&str> =
        words(INNOCENT).union(&words(KEPT)).copied().filter(|word| !has(word)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn words_that_must_never_come_are_absent_in_every_spelling() {
    let present: Vec<&str> = words(NEVER).into_iter().filter(|word| has(word)).collect();
    assert!(present.is_empty(), "{present:?}");
}

#[test]
fn accents_and_ligatures_are_read_as_the_letters_of_tiles() {
    assert!(has("café") && has("CAFE\u{301}") && has("œdema") && has("smörgåsbord"));
}
