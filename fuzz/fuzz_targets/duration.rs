//! A duration that is taken is read back as it was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrabble_backend::config::duration;

fuzz_target!(|text: &str| {
    if let Ok(parsed) = duration::parse(text) {
        let printed = duration::format(parsed);
        assert_eq!(duration::parse(&printed), Ok(parsed), "{printed}");
    }
});
