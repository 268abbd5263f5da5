//! Counting offers, and those who agree.

use super::*;

#[test]
fn each_may_be_proposed_twice_by_each() {
    let mut offers = Offers::default();
    for _ in 0..2 {
        assert!(offers.may_make(1, Proposal::Abort));
        offers.make(1, Proposal::Abort);
        offers.drop_standing();
    }
    assert!(!offers.may_make(1, Proposal::Abort));
    assert!(offers.may_make(1, Proposal::MoreTime) && offers.may_make(0, Proposal::Abort));
    assert!(!offers.may_make(4, Proposal::Abort), "there is no fifth seat");
}

#[test]
fn who_proposes_has_agreed_and_the_others_not_yet() {
    let mut offers = Offers::default();
    offers.make(2, Proposal::MoreTime);
    let standing = *offers.standing().unwrap();
    assert_eq!((standing.seat, standing.proposal), (2, Proposal::MoreTime));
    assert_eq!(
        [0, 1, 2, 3, 4].map(|seat| standing.has_agreed(seat)),
        [false, false, true, false, false]
    );
    offers.agree(0);
    offers.agree(9);
    assert!(offers.standing().unwrap().has_agreed(0));
    offers.drop_standing();
    assert_eq!(offers.standing(), None);
    offers.agree(1);
    assert_eq!(offers.standing(), None);
}
