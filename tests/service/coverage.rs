//! Every route of the table has its happy case, its bad input and its authorisation case.
//!
//! A route without its cases fails the test by name, and so does a case whose route is gone.

use std::collections::BTreeSet;

use scrabble_backend::account::Role;
use scrabble_backend::http::{Group, Method};
use scrabble_backend::routes;
use serde_json::{Value, json};

use crate::support::{Answer, MailServer, Opened, Table, TestApp, terms};

/// A route's cases.
struct Case {
    method: Method,
    path: &'static str,
    happy: Sent,
    happy_status: u16,
    bad: Bad,
    authorisation: Authorisation,
}

/// What is sent; `{id}` in the path stands for `id`.
#[derive(Clone, Default)]
struct Sent {
    id: String,
    /// With its question mark.
    query: &'static str,
    caller: Option<String>,
    bearer: Option<String>,
    body: Option<Value>,
}

/// Input that is refused, and how.
enum Bad {
    /// This, with status and code.
    Input(Sent, u16, &'static str),
    /// The route takes no input at all.
    TakesNone,
}

/// What happens to whoever may not.
enum Authorisation {
    /// The group needs the account that acts; one that is no operator is refused in the admin group.
    Caller,
    /// The token is the authorisation: without one it is refused with this code.
    Token,
    /// Every caller inside the platform may: the group is not reachable from outside.
    Everybody,
}

#[tokio::test]
async fn every_route_has_its_happy_case_its_bad_input_and_its_authorisation_case() {
    let server = MailServer::start().await;
    let app = TestApp::with().mail_by(&server).start().await;
    let operator = app.opened("operator").await.account_id;
    app.admin.set_role(operator.parse().unwrap(), Role::Operator).await.unwrap();
    let cases = cases(&app, &operator).await;

    let mut uncovered: BTreeSet<String> =
        routes::table().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    for case in cases {
        let name = format!("{} {}", case.method, case.path);
        assert!(uncovered.remove(&name), "{name}: there is no such route, or it has cases twice");
        let group = routes::table()
            .iter()
            .find(|route| route.method == case.method && route.path == case.path)
            .map(|route| route.group)
            .unwrap();
        // Refusals first: the happy case may end what it works on.
        authorisation_holds(&app, &case, group, &name).await;
        if let Bad::Input(sent, status, code) = &case.bad {
            let answer = send(&app, &case, sent).await;
            assert_eq!((answer.status, answer.code()), (*status, *code), "{name}: {answer:?}");
        }
        let answer = send(&app, &case, &case.happy).await;
        assert_eq!(answer.status, case.happy_status, "{name}: {answer:?}");
        assert!(answer.header("x-request-id").is_some(), "{name}");
    }
    assert!(uncovered.is_empty(), "routes without cases in this file: {uncovered:?}");
    app.stop().await;
}

/// Sees that whoever may not is refused, as the group promises.
async fn authorisation_holds(app: &TestApp, case: &Case, group: Group, name: &str) {
    let anonymous = Sent { caller: None, bearer: None, ..case.happy.clone() };
    match case.authorisation {
        Authorisation::Caller => {
            assert!(matches!(group, Group::User | Group::Admin), "{name}");
            send(app, case, &anonymous).await.expect_problem(401, "caller_missing");
            let malformed = Sent { caller: Some("42".to_owned()), ..anonymous };
            send(app, case, &malformed).await.expect_problem(400, "invalid_input");
            if group == Group::Admin {
                let player = app.opened("player").await.account_id;
                let player = Sent { caller: Some(player), ..case.happy.clone() };
                send(app, case, &player).await.expect_problem(403, "operator_required");
            }
        }
        Authorisation::Token => {
            let answer = send(app, case, &anonymous).await;
            assert_eq!(answer.status, 401, "{name}");
            assert!(answer.header("www-authenticate").is_some(), "{name}");
        }
        Authorisation::Everybody => {
            assert!(matches!(group, Group::Probe | Group::Public | Group::Internal), "{name}");
        }
    }
}

async fn send(app: &TestApp, case: &Case, sent: &Sent) -> Answer {
    let path = case.path.replace("{id}", &sent.id) + sent.query;
    let mut call = app.client.call(case.method.as_str(), &path);
    if let Some(caller) = &sent.caller {
        call = call.user(caller);
    }
    if let Some(token) = &sent.bearer {
        call = call.bearer(token);
    }
    if let Some(body) = &sent.body {
        call = call.json(body);
    }
    call.send().await
}

/// A fresh player for a case, so that no case leans on another.
async fn player(app: &TestApp, name: &str) -> Opened {
    app.opened(&format!("coverage of {name}").replace(' ', "-")).await
}

async fn cases(app: &TestApp, operator: &str) -> Vec<Case> {
    let mut cases = probes();
    cases.extend(of_sessions(app).await);
    cases.extend(of_accounts(app).await);
    cases.extend(of_games(app).await);
    cases.extend(of_seeks(app).await);
    cases.extend(of_invitations(app).await);
    cases.extend(of_blocks(app).await);
    cases.extend(of_presence(app).await);
    cases.extend(of_matchmaking(app).await);
    cases.extend(of_administration(app, operator).await);
    cases
}

fn probes() -> Vec<Case> {
    let probe = |path| Case {
        method: Method::GET,
        path,
        happy: Sent::default(),
        happy_status: 200,
        bad: Bad::TakesNone,
        authorisation: Authorisation::Everybody,
    };
    let paths = ["/healthz", "/readyz", "/api/v1/public/openapi.json", "/api/v1/public/rules"];
    paths.map(probe).into()
}

async fn of_sessions(app: &TestApp) -> Vec<Case> {
    let guest = json!({"identity": {"kind": "guest"}});
    let stray = json!({"identity": {"kind": "guest"}, "profil": {}});
    let mut cases = vec![Case {
        method: Method::POST,
        path: "/api/v1/internal/sessions",
        happy: Sent { body: Some(guest), ..Sent::default() },
        happy_status: 201,
        bad: Bad::Input(Sent { body: Some(stray), ..Sent::default() }, 400, "invalid_input"),
        authorisation: Authorisation::Everybody,
    }];
    let code = |email: &str| json!({"email": email, "client": {"ip": "203.0.113.7"}});
    cases.push(Case {
        method: Method::POST,
        path: "/api/v1/internal/email-codes",
        happy: Sent { body: Some(code("ann@example.com")), ..Sent::default() },
        happy_status: 202,
        bad: Bad::Input(Sent { body: Some(code("ann")), ..Sent::default() }, 400, "invalid_input"),
        authorisation: Authorisation::Everybody,
    });
    for method in [Method::GET, Method::HEAD, Method::POST] {
        // An answer to HEAD has no body, and so no code.
        let code = if method == Method::HEAD { "" } else { "session_invalid" };
        let bearer = Some(player(app, method.as_str()).await.token);
        cases.push(Case {
            method,
            path: "/api/v1/internal/sessions/resolve",
            happy: Sent { bearer, ..Sent::default() },
            happy_status: 200,
            bad: Bad::Input(Sent { bearer: Some("x".to_owned()), ..Sent::default() }, 401, code),
            authorisation: Authorisation::Token,
        });
    }
    for (method, path, happy_status) in [
        (Method::POST, "/api/v1/internal/sessions/current/rotate", 200),
        (Method::DELETE, "/api/v1/internal/sessions/current", 204),
    ] {
        let bearer = Some(player(app, "current").await.token);
        cases.push(Case {
            method,
            path,
            happy: Sent { bearer, ..Sent::default() },
            happy_status,
            bad: Bad::Input(Sent::default(), 401, "session_invalid"),
            authorisation: Authorisation::Token,
        });
    }
    let own = player(app, "own sessions").await;
    let caller = Some(own.account_id.clone());
    let malformed = Sent { id: "42".to_owned(), caller: caller.clone(), ..Sent::default() };
    cases.push(user(Method::GET, "/api/v1/user/sessions", &caller, 200, Bad::TakesNone));
    let mut revoke = user(
        Method::DELETE,
        "/api/v1/user/sessions/{id}",
        &caller,
        204,
        Bad::Input(malformed, 400, "invalid_input"),
    );
    revoke.happy.id = own.session_id;
    cases.push(revoke);
    cases.push(user(Method::DELETE, "/api/v1/user/sessions", &caller, 204, Bad::TakesNone));
    cases
}

async fn of_accounts(app: &TestApp) -> Vec<Case> {
    let own = player(app, "account").await;
    let caller = Some(own.account_id.clone());
    let unknown = "0190163d-8694-739b-aea5-966c26f8ad91";
    let with = |body: Value| Sent { caller: caller.clone(), body: Some(body), ..Sent::default() };
    let internal = |method, path, happy, bad| Case {
        method,
        path,
        happy,
        happy_status: 200,
        bad,
        authorisation: Authorisation::Everybody,
    };
    let link = json!({"kind": "platform", "provider": "discord", "subject": "coverage"});
    let linked =
        app.client.post("/api/v1/user/identities").user(&own.account_id).json(&link).send().await;
    let identity_id = linked.expect(201)["id"].as_str().unwrap().to_owned();

    let named = |id: &str| Sent { id: id.to_owned(), ..Sent::default() };
    let body = |body: Value| Sent { body: Some(body), ..Sent::default() };
    let bad_ids = Bad::Input(body(json!({"ids": ["42"]})), 400, "invalid_input");
    let bad_name = Bad::Input(with(json!({"display_name": "\u{7}"})), 400, "invalid_input");
    let bad_kind = Bad::Input(with(json!({"kind": "stranger"})), 400, "invalid_input");
    let bad_id =
        Bad::Input(Sent { id: unknown.to_owned(), ..with(Value::Null) }, 404, "identity_unknown");
    let mut change = user(Method::PATCH, "/api/v1/user/account", &caller, 200, bad_name);
    change.happy.body = Some(json!({"language": "lv"}));
    let mut add = user(Method::POST, "/api/v1/user/identities", &caller, 201, bad_kind);
    add.happy.body = Some(json!({"kind": "platform", "provider": "vk", "subject": "coverage"}));
    let bad_proof = Bad::Input(with(json!({"token": "x"})), 403, "proof_invalid");
    let mut merge = user(Method::POST, "/api/v1/user/account/merge", &caller, 200, bad_proof);
    merge.happy.body = Some(json!({"token": player(app, "merger").await.token}));
    let gone = Some(player(app, "erasure").await.account_id);
    let mut remove = user(Method::DELETE, "/api/v1/user/identities/{id}", &caller, 204, bad_id);
    remove.happy.id = identity_id;
    vec![
        internal(
            Method::GET,
            "/api/v1/internal/accounts/{id}",
            named(&own.account_id),
            Bad::Input(named("me"), 400, "invalid_input"),
        ),
        internal(
            Method::GET,
            "/api/v1/internal/accounts/{id}/ratings",
            named(&own.account_id),
            Bad::Input(named("me"), 400, "invalid_input"),
        ),
        internal(
            Method::GET,
            "/api/v1/internal/events",
            Sent::default(),
            Bad::Input(Sent { query: "?kinds=chess", ..Sent::default() }, 400, "invalid_input"),
        ),
        user(Method::GET, "/api/v1/user/ratings", &caller, 200, Bad::TakesNone),
        internal(
            Method::POST,
            "/api/v1/internal/accounts/lookup",
            body(json!({"ids": [unknown]})),
            bad_ids,
        ),
        user(Method::GET, "/api/v1/user/account", &caller, 200, Bad::TakesNone),
        change,
        merge,
        user(Method::DELETE, "/api/v1/user/account", &gone, 204, Bad::TakesNone),
        user(Method::GET, "/api/v1/user/identities", &caller, 200, Bad::TakesNone),
        add,
        remove,
    ]
}

async fn of_games(app: &TestApp) -> Vec<Case> {
    let Table { game, players } = Table::of(app, "coverage", &terms()).await;
    let caller = Some(players[0].clone());
    let sent = |id: &str, body: Option<Value>| sent_by(&caller, id, body);
    let malformed = || Bad::Input(sent("42", None), 400, "invalid_input");
    let of_game = |method, path, bad| Case {
        happy: sent(&game, None),
        ..user(method, path, &caller, 200, bad)
    };
    let pass = Some(json!({"turn": 1, "action": "pass"}));
    let stale = Some(json!({"turn": 2, "action": "pass"}));
    vec![
        user(Method::GET, "/api/v1/user/games", &caller, 200, Bad::TakesNone),
        of_game(Method::GET, "/api/v1/user/games/{id}", malformed()),
        of_game(Method::GET, "/api/v1/user/games/{id}/steps", malformed()),
        Case {
            happy: sent(&game, pass),
            ..of_game(
                Method::POST,
                "/api/v1/user/games/{id}/commands",
                Bad::Input(sent(&game, stale), 409, "stale_turn"),
            )
        },
    ]
}

fn wanted() -> Value {
    json!({"rules": "english", "time_control": {"kind": "real_time", "initial_seconds": 600}})
}

/// What a caller sends to something with an id.
fn sent_by(caller: &Option<String>, id: &str, body: Option<Value>) -> Sent {
    Sent { id: id.to_owned(), caller: caller.clone(), body, ..Sent::default() }
}

async fn of_seeks(app: &TestApp) -> Vec<Case> {
    let (caller, other) = (player(app, "joiner").await.account_id, player(app, "owner").await);
    let caller = Some(caller);
    let open = |owner: &str| {
        let call = app.client.post("/api/v1/user/seeks").user(owner);
        call.json(&json!({"terms": wanted()})).send()
    };
    let id = |answer: &Answer| answer.expect(201)["id"].as_str().unwrap().to_owned();
    let of_other = id(&open(&other.account_id).await);
    let own = id(&open(caller.as_deref().unwrap()).await);
    let sent = |id: &str, body: Option<Value>| sent_by(&caller, id, body);
    let malformed = || Bad::Input(sent("42", None), 400, "invalid_input");
    let path = "/api/v1/user/seeks/{id}";
    let bad = Bad::Input(sent("", Some(json!({"terms": {}}))), 400, "invalid_input");
    vec![
        user(Method::GET, "/api/v1/user/seeks", &caller, 200, Bad::TakesNone),
        Case {
            happy: sent("", Some(json!({"terms": wanted()}))),
            ..user(Method::POST, "/api/v1/user/seeks", &caller, 201, bad)
        },
        Case { happy: sent(&own, None), ..user(Method::GET, path, &caller, 200, malformed()) },
        Case { happy: sent(&own, None), ..user(Method::DELETE, path, &caller, 204, malformed()) },
        Case {
            happy: sent(&of_other, None),
            ..user(Method::POST, "/api/v1/user/seeks/{id}/join", &caller, 200, malformed())
        },
    ]
}

async fn of_invitations(app: &TestApp) -> Vec<Case> {
    let (caller, other) = (player(app, "invited").await.account_id, player(app, "inviter").await);
    let invite = || {
        let call = app.client.post("/api/v1/user/invitations").user(&other.account_id);
        call.json(&json!({"terms": wanted(), "account_ids": [caller]})).send()
    };
    let id = |answer: &Answer| answer.expect(201)["id"].as_str().unwrap().to_owned();
    let (accepted, declined) = (id(&invite().await), id(&invite().await));
    let over = Table::of(app, "coverage-of-rematches", &terms()).await;
    over.ask(app, 0, &json!({"turn": 1, "action": "resign"})).await.expect(200);
    let caller = Some(caller);
    let sent = |id: &str, body: Option<Value>| sent_by(&caller, id, body);
    let malformed = || Bad::Input(sent("42", None), 400, "invalid_input");
    let path = "/api/v1/user/invitations/{id}";
    let nobody = json!({"terms": wanted(), "account_ids": []});
    let bad = Bad::Input(sent("", Some(nobody)), 400, "invalid_input");
    let new = json!({"terms": wanted(), "account_ids": [other.account_id]});
    let rematch = Sent { caller: Some(over.players[0].clone()), ..sent(&over.game, None) };
    vec![
        user(Method::GET, "/api/v1/user/invitations", &caller, 200, Bad::TakesNone),
        Case {
            happy: sent("", Some(new)),
            ..user(Method::POST, "/api/v1/user/invitations", &caller, 201, bad)
        },
        Case { happy: sent(&declined, None), ..user(Method::GET, path, &caller, 200, malformed()) },
        Case {
            happy: sent(&declined, None),
            ..user(Method::DELETE, path, &caller, 204, malformed())
        },
        Case {
            happy: sent(&accepted, None),
            ..user(Method::POST, "/api/v1/user/invitations/{id}/accept", &caller, 200, malformed())
        },
        Case {
            happy: rematch,
            ..user(Method::POST, "/api/v1/user/games/{id}/rematch", &caller, 200, malformed())
        },
    ]
}

async fn of_blocks(app: &TestApp) -> Vec<Case> {
    let caller = Some(player(app, "blocker").await.account_id);
    let other = player(app, "blocked").await.account_id;
    let path = "/api/v1/user/blocks/{id}";
    let malformed = Sent { id: "42".to_owned(), caller: caller.clone(), ..Sent::default() };
    let bad = || Bad::Input(malformed.clone(), 400, "invalid_input");
    let mut cases = vec![
        user(Method::PUT, path, &caller, 204, bad()),
        user(Method::GET, "/api/v1/user/blocks", &caller, 200, Bad::TakesNone),
        user(Method::DELETE, path, &caller, 204, bad()),
    ];
    cases.iter_mut().for_each(|case| case.happy.id.clone_from(&other));
    cases
}

async fn of_presence(app: &TestApp) -> Vec<Case> {
    let caller = Some(player(app, "presence").await.account_id);
    let body = |body: Value| Sent { body: Some(body), ..Sent::default() };
    let internal = |method, path, happy, bad| Case {
        method,
        path,
        happy,
        happy_status: 200,
        bad,
        authorisation: Authorisation::Everybody,
    };
    let bad = |body| Bad::Input(body, 400, "invalid_input");
    vec![
        internal(
            Method::POST,
            "/api/v1/internal/presence",
            body(json!({"gateway": "coverage", "here": [caller]})),
            bad(body(json!({"gateway": "", "here": []}))),
        ),
        internal(Method::GET, "/api/v1/internal/presence", Sent::default(), Bad::TakesNone),
        internal(
            Method::POST,
            "/api/v1/internal/presence/lookup",
            body(json!({"ids": [caller]})),
            bad(body(json!({"ids": [42]}))),
        ),
        user(Method::GET, "/api/v1/user/presence", &caller, 200, Bad::TakesNone),
    ]
}

async fn of_matchmaking(app: &TestApp) -> Vec<Case> {
    let caller = Some(player(app, "matchmaking").await.account_id);
    let path = "/api/v1/user/matchmaking";
    let wanted = |seconds: u32| {
        let time_control = json!({"kind": "real_time", "initial_seconds": seconds});
        let body = json!({"terms": {"rules": "english", "time_control": time_control}});
        Sent { caller: caller.clone(), body: Some(body), ..Sent::default() }
    };
    let bad = Bad::Input(wanted(1), 400, "invalid_input");
    let mut enter = user(Method::POST, path, &caller, 201, bad);
    enter.happy = wanted(600);
    let stranger = Some(player(app, "no matchmaking").await.account_id);
    let not_waiting = Sent { caller: stranger, ..Sent::default() };
    vec![
        enter,
        user(Method::GET, path, &caller, 200, Bad::TakesNone),
        user(
            Method::POST,
            "/api/v1/user/matchmaking/renew",
            &caller,
            200,
            Bad::Input(not_waiting, 404, "not_waiting"),
        ),
        user(Method::DELETE, path, &caller, 204, Bad::TakesNone),
    ]
}

async fn of_administration(app: &TestApp, operator: &str) -> Vec<Case> {
    let subject = player(app, "suspension").await.account_id;
    let sent = |id: &str, body: Option<Value>| Sent {
        id: id.to_owned(),
        caller: Some(operator.to_owned()),
        body,
        ..Sent::default()
    };
    let path = "/api/v1/admin/accounts/{id}/suspension";
    let reason = Some(json!({"reason": "coverage"}));
    let loser = Some(json!({"loser_id": player(app, "merger by an operator").await.account_id}));
    let gone = player(app, "erasure by an operator").await.account_id;
    vec![
        Case {
            method: Method::POST,
            path: "/api/v1/admin/accounts/{id}/merge",
            happy: sent(&subject, loser),
            happy_status: 200,
            bad: Bad::Input(sent(&subject, Some(json!({}))), 400, "invalid_input"),
            authorisation: Authorisation::Caller,
        },
        Case {
            method: Method::DELETE,
            path: "/api/v1/admin/accounts/{id}",
            happy: sent(&gone, None),
            happy_status: 204,
            bad: Bad::Input(sent("42", None), 400, "invalid_input"),
            authorisation: Authorisation::Caller,
        },
        Case {
            method: Method::PUT,
            path,
            happy: sent(&subject, reason),
            happy_status: 200,
            bad: Bad::Input(sent(&subject, Some(json!({"reason": ""}))), 400, "invalid_input"),
            authorisation: Authorisation::Caller,
        },
        Case {
            method: Method::DELETE,
            path,
            happy: sent(&subject, None),
            happy_status: 204,
            bad: Bad::Input(sent("42", None), 400, "invalid_input"),
            authorisation: Authorisation::Caller,
        },
    ]
}

/// A route of the user group that takes no body.
fn user(
    method: Method,
    path: &'static str,
    caller: &Option<String>,
    happy_status: u16,
    bad: Bad,
) -> Case {
    let happy = Sent { caller: caller.clone(), ..Sent::default() };
    Case { method, path, happy, happy_status, bad, authorisation: Authorisation::Caller }
}
