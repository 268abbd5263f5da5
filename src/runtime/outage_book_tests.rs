//! Until when a book may be believed.

use super::*;
use crate::runtime::outage::Outage;
use crate::runtime::test_games::at;

#[test]
fn a_book_is_believed_from_its_first_entry_until_another_outage_could_have_come_about() {
    let book = OutageBook::default();
    assert_eq!(book.read(at(10)), Err(Unsure));
    let outages = Outages::new(vec![Outage { from: at(0), to: at(9) }]);
    book.clone().enter(outages.clone(), (Instant::now(), at(10)));
    assert_eq!(*book.read(at(11)).unwrap(), outages);
    let Some(long_ago) = Instant::now().checked_sub(OUTAGE_MIN) else { return };
    book.enter(outages, (long_ago, at(10)));
    assert_eq!(book.read(at(11)), Err(Unsure));
}

#[test]
fn a_machine_that_was_suspended_believes_no_book_from_before() {
    let book = OutageBook::default();
    book.enter(Outages::default(), (Instant::now(), at(10)));
    assert_eq!(book.read(at(12)), Err(Unsure));
}

#[test]
fn a_book_of_simulated_time_is_believed_until_it_is_told_otherwise() {
    let book = OutageBook::default();
    book.simulate(Some(Outages::default()));
    assert_eq!(*book.read(at(0)).unwrap(), Outages::default());
    book.simulate(None);
    assert_eq!(book.read(at(0)), Err(Unsure));
}
