//! The gateway's secret: whoever does not carry it is nobody, and learns nothing.

use serde_json::json;

use crate::support::{Answer, TestApp};

const SECRET: &str = "Xk3-the-old-secret";
const NEXT: &str = "Yw9-the-new-secret";
const HEADER: &str = "x-gateway-secret";
const SESSIONS: &str = "/api/v1/internal/sessions";

/// A path that there is, with these values of the header.
async fn ask(app: &TestApp, method: &str, path: &str, secrets: &[&str]) -> Answer {
    let guest = json!({"identity": {"kind": "guest"}});
    let mut call = app.client.call(method, path).json(&guest);
    for secret in secrets {
        call = call.header(HEADER, secret);
    }
    call.send().await
}

#[tokio::test]
async fn whoever_shows_no_secret_or_a_wrong_one_learns_not_even_the_paths() {
    let app = TestApp::with().set("BACKEND_GATEWAY_SECRET", SECRET).start().await;
    let longer = format!("{SECRET}x");
    let wrong: [&[&str]; 7] = [
        &[],
        &[""],
        &[NEXT],
        &[&SECRET[1..]],
        &[&longer],
        &[&SECRET.to_lowercase()],
        &[SECRET, SECRET],
    ];
    for secrets in wrong {
        for (method, path) in [
            ("POST", SESSIONS),
            ("PUT", SESSIONS),
            ("GET", "/api/v1/user/account"),
            ("DELETE", "/api/v1/user/sessions/42"),
            ("PUT", "/api/v1/admin/accounts/42/suspension"),
            ("GET", "/nowhere"),
            ("POST", "/healthz"),
        ] {
            let answer = ask(&app, method, path, secrets).await;
            answer.expect_problem(401, "gateway_unknown");
            assert_eq!(answer.header("www-authenticate"), Some("X-Gateway-Secret"));
            assert_eq!(answer.header("allow"), None, "{method} {path}");
            assert!(!answer.text.contains("secret\":") && !answer.text.contains(SECRET));
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn whoever_shows_the_secret_is_answered_as_ever() {
    let app = TestApp::with().set("BACKEND_GATEWAY_SECRET", SECRET).start().await;
    ask(&app, "POST", SESSIONS, &[SECRET]).await.expect(201);
    ask(&app, "GET", "/nowhere", &[SECRET]).await.expect_problem(404, "route_unknown");
    ask(&app, "PUT", SESSIONS, &[SECRET]).await.expect_problem(405, "method_not_allowed");
    let user = ask(&app, "GET", "/api/v1/user/account", &[SECRET]).await;
    user.expect_problem(401, "caller_missing");
    app.stop().await;
}

#[tokio::test]
async fn probes_are_answered_to_everybody() {
    let app = TestApp::with().set("BACKEND_GATEWAY_SECRET", SECRET).start().await;
    for path in ["/healthz", "/readyz"] {
        for secrets in [&[][..], &[NEXT]] {
            ask(&app, "GET", path, secrets).await.expect(200);
            ask(&app, "HEAD", path, secrets).await.expect(200);
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn while_a_secret_is_rotated_the_old_one_and_the_new_one_are_good() {
    let both = format!("{SECRET},{NEXT}");
    let app = TestApp::with().set("BACKEND_GATEWAY_SECRET", &both).start().await;
    for secret in [SECRET, NEXT] {
        ask(&app, "POST", SESSIONS, &[secret]).await.expect(201);
    }
    for secrets in [&[both.as_str()][..], &[SECRET, NEXT], &[""]] {
        ask(&app, "POST", SESSIONS, secrets).await.expect_problem(401, "gateway_unknown");
    }
    app.stop().await;
}

#[tokio::test]
async fn where_none_is_set_nobody_is_asked() {
    let app = TestApp::start().await;
    for secrets in [&[][..], &[SECRET], &[SECRET, NEXT]] {
        ask(&app, "POST", SESSIONS, secrets).await.expect(201);
    }
    app.stop().await;
}
