//! An address that is taken can be listened on, and is read back as it was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrabble_backend::config::ListenAddr;

fuzz_target!(|text: &str| {
    if let Ok(addr) = text.parse::<ListenAddr>() {
        assert!(addr.candidates().iter().all(|candidate| candidate.port() == addr.port));
        assert_eq!(addr.to_string().parse(), Ok(addr));
    }
});
