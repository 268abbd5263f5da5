//! What a gateway reports.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::id::AccountId;

/// How many accounts a report may name.
pub const REPORT_IDS_MAX: usize = 1_000;

/// The longest name of a gateway, in bytes.
pub(super) const GATEWAY_BYTES_MAX: usize = 64;

/// The name of a gateway's process, by which its connections are told from those of others. One that starts
/// anew takes another name, and the connections of the old one expire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayName(String);

/// A text that is no gateway's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to {GATEWAY_BYTES_MAX} letters, digits, dots, hyphens or underscores")]
pub struct InvalidGatewayName;

/// Who is at a gateway, and who is not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub(super) gateway: GatewayName,
    pub(super) here: Vec<AccountId>,
    pub(super) gone: Vec<AccountId>,
}

/// Why there is no such report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReport {
    /// It names too many accounts.
    #[error("expected at most {REPORT_IDS_MAX} ids in `here` and `gone` together, got {0}")]
    TooLong(usize),
    /// Somebody is here and gone.
    #[error("{0} stands in `here` too")]
    Contradiction(AccountId),
}

impl GatewayName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GatewayName {
    type Err = InvalidGatewayName;

    fn from_str(text: &str) -> Result<Self, InvalidGatewayName> {
        let is_name = (1..=GATEWAY_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidGatewayName) }
    }
}

impl Report {
    /// What a gateway says of accounts: each is here or gone, and named once or more.
    ///
    /// # Errors
    /// [`InvalidReport`]
    pub fn new(
        gateway: GatewayName,
        here: Vec<AccountId>,
        gone: Vec<AccountId>,
    ) -> Result<Self, InvalidReport> {
        let ids = here.len() + gone.len();
        if ids > REPORT_IDS_MAX {
            return Err(InvalidReport::TooLong(ids));
        }
        let present: BTreeSet<AccountId> = here.iter().copied().collect();
        match gone.iter().find(|id| present.contains(id)) {
            Some(id) => Err(InvalidReport::Contradiction(*id)),
            None => Ok(Self { gateway, here, gone }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn a_gateway_is_named_as_machines_and_pods_are() {
        for name in ["gateway-1", "gw_2.eu", "7d9f8b6c5-x2x7p", &"a".repeat(64)] {
            assert_eq!(name.parse::<GatewayName>().unwrap().as_str(), name);
        }
        for name in ["", "a b", "gateway/1", "шлюз", "a\0", &"a".repeat(65)] {
            assert_eq!(name.parse::<GatewayName>(), Err(InvalidGatewayName), "{name:?}");
        }
    }

    #[test]
    fn a_report_is_bounded_and_does_not_contradict_itself() {
        let gateway: GatewayName = "gateway-1".parse().unwrap();
        let [ann, bob] = [(); 2].map(|()| AccountId::new(Timestamp::from_micros(0)));
        let report = |here, gone| Report::new(gateway.clone(), here, gone);
        assert!(report(vec![ann; REPORT_IDS_MAX - 1], vec![bob]).is_ok());
        let too_long = report(vec![ann; REPORT_IDS_MAX], vec![bob]);
        assert_eq!(too_long, Err(InvalidReport::TooLong(REPORT_IDS_MAX + 1)));
        let torn = report(vec![ann, bob], vec![bob]);
        assert_eq!(torn, Err(InvalidReport::Contradiction(bob)));
    }
}
