//! What operators have in their DSN, and what they get to read when it cannot be used.

use proptest::prelude::*;

use super::*;

/// Parses a DSN that must be right, and prints it in its canonical form.
fn canonical(text: &str) -> String {
    Dsn::parse(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}")).to_string()
}

#[test]
fn urls_that_operators_have_are_understood() {
    let all = "?sslmode=prefer&search_path=backend";
    for (text, expected) in [
        ("postgres://u@h?search_path=backend", format!("postgres://u@h:5432/u{all}")),
        ("postgresql://u:p@h:1/d?search_path=backend", format!("postgres://u:***@h:1/d{all}")),
        ("postgres://u@h1:1,h2/d?search_path=backend", format!("postgres://u@h1:1,h2:5432/d{all}")),
        ("postgres://u@[::1]:1/d?search_path=backend", format!("postgres://u@[::1]:1/d{all}")),
        ("postgres://u@[::1]/d?search_path=backend", format!("postgres://u@[::1]:5432/d{all}")),
        (
            "postgres://u@%2Frun%2Fpostgresql:1/d?search_path=backend",
            format!("postgres://u@%2Frun%2Fpostgresql:1/d{all}"),
        ),
        (
            "postgres:///d?host=/run/a,/run/b&user=u&search_path=backend",
            format!("postgres://u@%2Frun%2Fa:5432,%2Frun%2Fb:5432/d{all}"),
        ),
        (
            "postgres:///?host=a,::1&port=1,2&user=u&dbname=d&password=p&search_path=backend",
            format!("postgres://u:***@a:1,[::1]:2/d{all}"),
        ),
        ("postgres://u@a:7,b/d?port=3&search_path=backend", format!("postgres://u@a:3,b:3/d{all}")),
        (
            "postgres://x@y/z?user=u&host=h&dbname=d&search_path=backend",
            format!("postgres://u@h:5432/d{all}"),
        ),
        (
            "postgres://a%40b:%2F%3f@h/d%20e?search_path=backend",
            format!("postgres://a%40b:***@h:5432/d%20e{all}"),
        ),
        (
            "postgres://u@h/d?search_path=backend&sslmode=verify-full&sslrootcert=/etc/ca.pem\
             &application_name=a%20b&connect_timeout=3&options=-c%20geqo%3Doff\
             &target_session_attrs=read-write&keepalives=0&keepalives_idle=5&keepalives_interval=6\
             &keepalives_count=7&tcp_user_timeout=800",
            "postgres://u@h:5432/d?sslmode=verify-full&sslrootcert=/etc/ca.pem\
             &application_name=a%20b&connect_timeout=3&options=-c%20geqo%3Doff\
             &target_session_attrs=read-write&keepalives=0&keepalives_idle=5&keepalives_interval=6\
             &keepalives_count=7&tcp_user_timeout=800&search_path=backend"
                .to_owned(),
        ),
        (
            "postgres://u@h?sslrootcert=system&search_path=backend",
            "postgres://u@h:5432/u?sslmode=verify-full&sslrootcert=system&search_path=backend"
                .to_owned(),
        ),
        (
            "postgres://u@h?connect_timeout=0&keepalives=1&options=&search_path=backend",
            format!("postgres://u@h:5432/u{all}"),
        ),
    ] {
        assert_eq!(canonical(text), expected, "{text}");
        if !expected.contains("***") {
            assert_eq!(canonical(&expected), expected);
        }
    }
}

#[test]
fn what_cannot_be_used_says_why() {
    let good = "&search_path=backend";
    for (text, expected) in [
        ("".to_owned(), "is not a postgres:// URL"),
        ("host=h user=u".to_owned(), "is not a postgres:// URL"),
        ("mysql://u@h".to_owned(), "is not a postgres:// URL"),
        ("postgres://u@h/d".to_owned(), "add search_path=backend"),
        (
            "postgres://u@h/d?search_path=public".to_owned(),
            "\"public\"; it must be exactly backend",
        ),
        ("postgres://u@h/d?search_path=backend,public".to_owned(), "add search_path=backend"),
        (format!("postgres://h/d?a=b{good}"), "names no user"),
        (format!("postgres://u@/d?{good}"), "names no host"),
        (format!("postgres://u@a,,b/d?{good}"), "names no host"),
        (format!("postgres://u@h:65536/d?{good}"), "the port of host \"h\""),
        (format!("postgres://u@h:0/d?{good}"), "the port of host \"h\""),
        (format!("postgres://u@h:+1/d?{good}"), "the port of host \"h\""),
        (format!("postgres://u@a,b/d?port=1,2,3{good}"), "2 hosts, but 3 ports"),
        (format!("postgres://u@::1/d?{good}"), "brackets"),
        (format!("postgres://u@[::1/d?{good}"), "[ without its ]"),
        (format!("postgres://u@[x]/d?{good}"), "not an IPv6 address"),
        (format!("postgres://u@[::1]x/d?{good}"), "after the ]"),
        (format!("postgres://u@h x/d?{good}"), "neither a host's name"),
        (format!("postgres://u@%40abstract/d?{good}"), "abstract"),
        (format!("postgres://u@h/d%ZZ?{good}"), "database's name"),
        (format!("postgres://u@h/d?options=%00{good}"), "options has a %"),
        (format!("postgres://u@h/d?options=%ff{good}"), "options is not UTF-8"),
        (
            format!("postgres://u@h/d?sslmode=allow{good}"),
            "\"allow\" is not one of disable, prefer, require, verify-ca, verify-full",
        ),
        (format!("postgres://u@h/d?sslmode=require&sslrootcert=system{good}"), "verify-full"),
        (
            format!("postgres://u@h/d?target_session_attrs=primary{good}"),
            "any, read-write, read-only",
        ),
        (format!("postgres://u@h/d?connect_timeout=5s{good}"), "connect_timeout \"5s\""),
        (format!("postgres://u@h/d?connect_timeout=-1{good}"), "connect_timeout \"-1\""),
        (format!("postgres://u@h/d?sslkey=x{good}"), "\"sslkey\"; known are host, port"),
        (format!("postgres://u@h/d?sslmode{good}"), "lacks a ="),
        (format!("postgres://u@h/d?user=a&user=b{good}"), "user is given twice"),
    ] {
        let problems = Dsn::parse(&text).expect_err(&text);
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{text}: {problems:?}");
    }
}

#[test]
fn all_problems_of_a_dsn_are_reported_together() {
    let problems =
        Dsn::parse("postgres://h:99999/d?sslmode=maybe&connect_timeout=soon&pool_max_conns=9")
            .expect_err("nothing in it is right");
    assert_eq!(problems.len(), 6, "{problems:#?}");
}

#[test]
fn no_part_of_a_password_is_in_a_message_or_in_debug_output() {
    for text in [
        "postgres://u:sec/ret@h/d",
        "postgres://u:sec?ret@h/d",
        "postgres://u:sec@ret@h/d",
        "postgres://u:sec@x/ret@h/d",
        "postgres://u:sec#ret@h:x/d",
        "postgres://u:sec%ret@h/d",
        "postgres://u:secret",
        "postgres://u:secret/d",
        "postgres://u@h/d?password=x&secret=1&ret",
        "postgres://u@h/d?password=sec%ret",
        "u:secret@h",
    ] {
        let problems = Dsn::parse(text).expect_err(text);
        for problem in problems {
            assert!(!problem.contains("sec") && !problem.contains("ret"), "{text}: {problem}");
        }
    }
    let dsn = Dsn::parse("postgres://u:secret@h/d?search_path=backend").unwrap();
    assert_eq!(format!("{:?}", dsn.password), "Some(***)");
    assert!(!format!("{dsn:?}{dsn}").contains("secret"));
    assert_eq!(dsn.password.unwrap().expose(), b"secret");
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC*", tail in "[a-z@:/?&=%,\\[\\]0-9.]{0,60}") {
        let _ = Dsn::parse(&text);
        let _ = Dsn::parse(&format!("postgres://{text}"));
        let _ = Dsn::parse(&format!("postgres://{tail}"));
    }

    #[test]
    fn what_is_printed_is_read_back_as_the_same(
        user in "\\PC{1,9}", password in "\\PC{1,9}", database in "\\PC{1,9}",
        options in "\\PC{0,9}", port in 1u16..,
    ) {
        let text = format!(
            "postgres://{}:{}@h:{port}/{}?options={}&search_path=backend",
            encoded_except(&user, b""), encoded_except(&password, b""),
            encoded_except(&database, b""), encoded_except(&options, b""),
        );
        let dsn = Dsn::parse(&text).unwrap();
        prop_assert_eq!(&dsn.user, &user);
        prop_assert_eq!(&dsn.database, &database);
        let printed = dsn.to_string().replace("***", &encoded_except(&password, b""));
        prop_assert_eq!(Dsn::parse(&printed).unwrap(), dsn);
    }
}
