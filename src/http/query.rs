//! The parameters of a request's query, `?kinds=game_rack&limit=10`.
//!
//! Owns what makes a query wrong, whatever it is for: a parameter that the route does not know, and one
//! that is given twice.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use url::form_urlencoded;

use super::problem::Problem;

/// A query all of whose parameters are known to the route, and given once.
#[derive(Debug)]
pub struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    pub(super) fn parse(text: &'a str, known: &[&str]) -> Result<Self, Problem> {
        let mut parameters: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if !known.contains(&&*name) {
                let reason = match known {
                    [] => "this path takes no parameters".to_owned(),
                    _ => format!("no such parameter; expected {}", known.join(", ")),
                };
                return Err(Problem::invalid(name, reason));
            }
            if parameters.iter().any(|(given, _)| *given == name) {
                return Err(Problem::invalid(name, "expected the parameter once"));
            }
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter that may be missing, parsed.
    ///
    /// # Errors
    /// 400 that names the parameter.
    pub fn get<T: FromStr<Err: fmt::Display>>(&self, name: &str) -> Result<Option<T>, Problem> {
        let value = self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.parse());
        value.transpose().map_err(|error| Problem::invalid(name, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(outcome: Result<impl fmt::Debug, Problem>) -> String {
        let problem = outcome.unwrap_err();
        assert_eq!((problem.status().as_u16(), problem.code()), (400, "invalid_input"));
        problem.cause()
    }

    #[test]
    fn parameters_are_read_in_any_order_with_their_escapes_undone() {
        let query = Query::parse("limit=10&kinds=a%2Cb+c", &["kinds", "limit", "cursor"]).unwrap();
        assert_eq!(query.get("limit").unwrap(), Some(10));
        assert_eq!(query.get("kinds").unwrap(), Some("a,b c".to_owned()));
        assert_eq!(query.get::<u32>("cursor").unwrap(), None);
        assert_eq!(Query::parse("", &[]).unwrap().get::<u32>("limit").unwrap(), None);
    }

    #[test]
    fn what_is_wrong_with_a_query_names_the_parameter() {
        let known = ["kinds", "limit"];
        let unknown = detail(Query::parse("kind=a", &known));
        assert_eq!(unknown, "kind: no such parameter; expected kinds, limit");
        assert!(detail(Query::parse("kind=a", &[])).contains("takes no parameters"));
        assert_eq!(
            detail(Query::parse("limit=1&limit=1", &known)),
            "limit: expected the parameter once"
        );
        let query = Query::parse("limit=x", &known).unwrap();
        assert!(detail(query.get::<u32>("limit")).starts_with("limit: "));
    }
}
