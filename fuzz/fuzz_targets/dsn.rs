//! A DSN that is taken prints without its password, and is read back as the same; one that is refused
//! says why.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrabble_backend::config::Dsn;

fuzz_target!(|text: &str| {
    match Dsn::parse(text) {
        Ok(dsn) => {
            let printed = dsn.to_string();
            let mut again = Dsn::parse(&printed).expect("what is printed is a DSN");
            assert_eq!(again.to_string(), printed);
            assert_eq!(again.password.is_some(), dsn.password.is_some());
            again.password = dsn.password.clone();
            assert!(again == dsn, "{again:?} is not {dsn:?}");
        }
        Err(problems) => assert!(!problems.is_empty()),
    }
});
