//! What a player can do through the gateway, and what nobody can.

use scrabble_backend::account::Role;
use serde_json::json;

use crate::nginx::{Nginx, Upstreams, free_addr};
use crate::side_service::{login, recorder};
use crate::support::{Answer, Client, Opened, TestApp};
use crate::{SECRET, X_GATEWAY_SECRET};

const ACCOUNT: &str = "/api/v1/user/account";
const SESSIONS: &str = "/api/v1/user/sessions";

/// An operators' network of which these tests are no part.
pub(crate) const ELSEWHERE: &str = "10.8.0.0/24";

/// A backend behind a gateway, with a service that logs players in.
struct Platform {
    app: TestApp,
    outside: Client,
    _nginx: Nginx,
}

impl Platform {
    async fn start() -> Self {
        Self::with(SECRET, ELSEWHERE).await
    }

    /// With what the gateway takes for the secret and for the operators' network.
    async fn with(secret: &'static str, operators: &'static str) -> Self {
        let app = TestApp::with().set("BACKEND_GATEWAY_SECRET", SECRET).start().await;
        let inside = app.client.clone().carrying(X_GATEWAY_SECRET, SECRET);
        let login = login(inside.clone()).await;
        // The other replica is away, and nobody is to notice.
        let backends = [inside.addr, free_addr()];
        let nginx = Nginx::start(&Upstreams { backends, login, secret, operators }).await;
        Self { app, outside: Client::of_gateway(nginx.addr), _nginx: nginx }
    }

    async fn log_in(&self, telegram_id: &str) -> Opened {
        let asked = json!({"telegram_id": telegram_id});
        let answer = self.outside.post("/login/telegram").json(&asked).send().await;
        Opened::new(answer.expect(201))
    }

    async fn account(&self, token: &str) -> Answer {
        self.outside.get(ACCOUNT).bearer(token).send().await
    }
}

#[tokio::test]
async fn a_player_logs_in_and_acts_as_the_account_and_in_the_session_of_the_token() {
    let platform = Platform::start().await;
    let (ann, again) = (platform.log_in("ann").await, platform.log_in("ann").await);
    let bob = platform.log_in("bob").await;
    for player in [&ann, &bob] {
        let answer = platform.account(&player.token).await;
        assert_eq!(answer.expect(200)["id"], player.account_id);
        assert!(answer.header("x-request-id").is_some_and(|id| id.len() == 32), "{answer:?}");
    }
    let change = json!({"display_name": "Anna"});
    let changed = platform.outside.patch(ACCOUNT).bearer(&ann.token).json(&change).send().await;
    assert_eq!(changed.expect(200)["display_name"], "Anna");
    // All sessions but the one in which it is asked for.
    platform.outside.delete(SESSIONS).bearer(&ann.token).send().await.expect(204);
    platform.account(&ann.token).await.expect(200);
    platform.account(&again.token).await.expect_problem(401, "session_invalid");
    platform.account(&bob.token).await.expect(200);
}

#[tokio::test]
async fn what_a_client_says_of_itself_is_replaced_by_what_the_backend_says() {
    let platform = Platform::start().await;
    let (ann, bob) = (platform.log_in("ann").await, platform.log_in("bob").await);
    let forged = |call: &str| {
        platform
            .outside
            .call(call, ACCOUNT)
            .user(&bob.account_id)
            .header("X-USER-ID", &bob.account_id)
            .header("x_user_id", &bob.account_id)
            .header("x-session-id", &bob.session_id)
            .header(X_GATEWAY_SECRET, "a-secret-that-is-made-up")
    };
    let answer = forged("GET").bearer(&ann.token).send().await;
    assert_eq!(answer.expect(200)["id"], ann.account_id);
    forged("GET").send().await.expect_problem(401, "session_invalid");
    forged("GET").bearer("scrs_made-up").send().await.expect_problem(401, "session_invalid");
    // Nor does the true secret help.
    let knowing = forged("GET").header(X_GATEWAY_SECRET, SECRET).send().await;
    knowing.expect_problem(401, "session_invalid");
}

#[tokio::test]
async fn the_backend_is_told_what_it_trusts_once_and_by_the_gateway() {
    const ANN: &str = "0190163d-8694-739b-aea5-966c26f8ad91";
    const SESSION: &str = "0190163d-8694-739b-aea5-966c26f8ad92";
    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let (addr, mut arrived) = recorder(ANN, SESSION).await;
    let (secret, operators) = (SECRET, ELSEWHERE);
    let nginx =
        Nginx::start(&Upstreams { backends: [addr, addr], login: addr, secret, operators }).await;
    let call = Client::of_gateway(nginx.addr)
        .call("PATCH", ACCOUNT)
        .bearer("the-token")
        .user("bob")
        .header("x-session-id", "bob's")
        .header(X_GATEWAY_SECRET, "bob's")
        .header("traceparent", TRACE)
        .header("tracestate", "vendor=1")
        .header("x-request-id", "bob's")
        .header("connection", "x-user-id");
    call.json(&json!({"display_name": "Anna"})).send().await.expect(200);

    let (resolve, change) = (arrived.recv().await.unwrap(), arrived.recv().await.unwrap());
    let said = |name| resolve.headers.get_all(name).iter().collect::<Vec<_>>();
    assert_eq!((&*resolve.method, &*resolve.path), ("GET", "/api/v1/internal/sessions/resolve"));
    assert_eq!(said("authorization"), ["Bearer the-token"]);
    assert_eq!(said(X_GATEWAY_SECRET), [SECRET]);
    assert_eq!(said("x-user-id").len(), 0);
    assert!(resolve.body.is_empty());
    let request_id = said("x-request-id")[0];

    let said = |name| change.headers.get_all(name).iter().collect::<Vec<_>>();
    assert_eq!((&*change.method, &*change.path), ("PATCH", ACCOUNT));
    assert_eq!(said("x-user-id"), [ANN]);
    assert_eq!(said("x-session-id"), [SESSION]);
    assert_eq!(said(X_GATEWAY_SECRET), [SECRET]);
    assert_eq!(said("x-request-id"), [request_id]);
    assert_ne!(request_id, "bob's");
    for stripped in ["traceparent", "tracestate", "connection"] {
        assert_eq!(said(stripped).len(), 0, "{stripped}");
    }
    assert_eq!(change.body, r#"{"display_name":"Anna"}"#);
}

#[tokio::test]
async fn without_a_session_there_is_a_401_that_says_so() {
    let platform = Platform::start().await;
    let ann = platform.log_in("ann").await;
    let refused = |answer: Answer| {
        answer.expect_problem(401, "session_invalid");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
        assert_eq!(answer.headers.get_all("www-authenticate").iter().count(), 1);
    };
    refused(platform.outside.get(ACCOUNT).send().await);
    refused(platform.account("").await);
    refused(platform.account(&format!("scrs_{}", "A".repeat(43))).await);
    refused(platform.outside.get(ACCOUNT).header("authorization", &ann.token).send().await);

    platform.account(&ann.token).await.expect(200);
    let own = format!("{SESSIONS}/{}", ann.session_id);
    platform.outside.delete(&own).bearer(&ann.token).send().await.expect(204);
    refused(platform.account(&ann.token).await);
}

#[tokio::test]
async fn a_backend_that_is_down_is_a_503_and_logs_nobody_out() {
    let platform = Platform::start().await;
    let ann = platform.log_in("ann").await;
    platform.account(&ann.token).await.expect(200);
    platform.app.stop().await;
    let outside = &platform.outside;
    for call in [
        outside.get(ACCOUNT).bearer(&ann.token),
        outside.patch(ACCOUNT).bearer(&ann.token).json(&json!({"display_name": "Anna"})),
        outside.get(ACCOUNT),
        outside.get("/api/v1/public/anything"),
    ] {
        let answer = call.send().await;
        answer.expect_problem(503, "backend_unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.header("www-authenticate"), None);
    }
}

#[tokio::test]
async fn a_backend_that_can_not_tell_is_a_503_and_logs_nobody_out() {
    let platform = Platform::start().await;
    platform.app.database.refuse_connections().await;
    // Of a token that is in no cache only the database knows.
    let answer = platform.account(&format!("scrs_{}", "A".repeat(43))).await;
    answer.expect_problem(503, "backend_unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
    platform.app.database.accept_connections().await;
}

#[tokio::test]
async fn a_gateway_with_a_wrong_secret_logs_nobody_out() {
    let platform = Platform::with("Zz0-a-secret-of-yesterday", ELSEWHERE).await;
    let ann = platform.log_in("ann").await;
    let answer = platform.account(&ann.token).await;
    answer.expect_problem(503, "backend_unavailable");
    assert_ne!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}

#[tokio::test]
async fn what_is_not_for_players_is_not_there() {
    let platform = Platform::start().await;
    let ann = platform.log_in("ann").await;
    let suspension = format!("/api/v1/admin/accounts/{}/suspension", ann.account_id);
    let account = format!("/api/v1/internal/accounts/{}", ann.account_id);
    for (method, path) in [
        ("GET", "/api/v1/internal/sessions/resolve"),
        ("POST", "/api/v1/internal/sessions"),
        ("GET", account.as_str()),
        ("PUT", suspension.as_str()),
        ("GET", "/resolve"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/"),
        ("GET", "/api/v1/user/../internal/sessions/resolve"),
        ("GET", "/api/v1/user/%2e%2e/internal/sessions/resolve"),
        ("GET", "/api/v1/user/..%2finternal%2fsessions/resolve"),
        ("GET", "/api/v1/public//../internal/sessions/resolve"),
    ] {
        let body = json!({"reason": "none", "identity": {"kind": "guest"}});
        let call = platform.outside.call(method, path).bearer(&ann.token);
        let answer = call.header(X_GATEWAY_SECRET, SECRET).json(&body).send().await;
        assert_eq!((answer.status, answer.code()), (404, "route_unknown"), "{method} {path}");
        // Told by nginx: the backend says in this header whose request it was.
        assert_eq!(answer.header("x-request-id"), None, "{method} {path}");
    }
    // Where nginx understands a path otherwise than it is written, the backend is told what it understood.
    let winding = "/api/v1/internal/accounts/..%2f..%2fuser%2faccount";
    let answer = platform.outside.get(winding).bearer(&ann.token).send().await;
    assert_eq!(answer.expect(200)["id"], ann.account_id);
    // The public group is the backend's own affair.
    let public = platform.outside.get("/api/v1/public/nothing").send().await;
    public.expect_problem(404, "route_unknown");
    assert!(public.header("x-request-id").is_some());
}

#[tokio::test]
async fn operators_administer_from_their_own_network() {
    let platform = Platform::with(SECRET, "127.0.0.1/32").await;
    let (ann, olga) = (platform.log_in("ann").await, platform.log_in("olga").await);
    let id = olga.account_id.parse().unwrap();
    platform.app.admin.set_role(id, Role::Operator).await.unwrap();
    // That has ended the session.
    let olga = platform.log_in("olga").await;
    let path = format!("/api/v1/admin/accounts/{}/suspension", ann.account_id);
    let suspend = |token: &str| {
        let reason = json!({"reason": "plays with an engine"});
        platform.outside.put(&path).bearer(token).json(&reason).send()
    };
    suspend("").await.expect_problem(401, "session_invalid");
    suspend(&ann.token).await.expect_problem(403, "operator_required");
    suspend(&olga.token).await.expect(200);
    platform.account(&ann.token).await.expect_problem(401, "session_invalid");
}
