//! No secret is ever in what the process prints: logs, traces and metrics of a whole run.

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{Client, Database, Opened, Process};

#[tokio::test]
async fn tokens_hashes_and_passwords_are_in_no_output_of_a_full_run() {
    const PASSWORD: &str = "correct-horse-battery-staple";
    const GATEWAY: &str = "Vt5-known-to-the-gateway";
    let database = Database::migrated().await;
    let owner = database.connect().await;
    let role = format!("secret_{}", std::process::id());
    owner
        .batch_execute(&format!(
            "create role {role} login superuser password '{PASSWORD}'; alter role {role} set log_statement = 'none'"
        ))
        .await
        .unwrap();
    let dsn = database.dsn_of(&role, PASSWORD);
    let variables = [
        ("BACKEND_LOG_LEVEL", "debug"),
        ("BACKEND_GATEWAY_SECRET", GATEWAY),
        ("BACKEND_OTEL_TRACES_EXPORTER", "stdout"),
        ("BACKEND_OTEL_METRICS_EXPORTER", "stdout"),
    ];
    let service = Process::start(&dsn, &variables).await;
    let client = service.client.clone().carrying("x-gateway-secret", GATEWAY);
    let stray = "Wu6-known-to-nobody-else";
    service.client.get("/").header("x-gateway-secret", stray).send().await.expect(401);
    let mut tokens = drive(&client, &owner).await;
    tokens.push(drive_without_database(&client, &database, &tokens[0]).await);
    let (code, output) = service.end().await;
    assert_eq!(code, Some(0));
    assert!(output.contains("the request failed"), "the run has its 5xx in the log");
    for status in [200, 201, 204, 401, 405, 500, 503] {
        let line = |line: &&str| {
            line.contains("\"answered\"") && line.contains(&format!("\"status\":{status},"))
        };
        assert!(output.lines().any(|it| line(&it)), "the run has a line of a {status} in the log");
    }
    assert!(
        output.contains("http.server.request"),
        "the run has its spans and metrics in the output"
    );
    assert!(output.contains("/api/v1/internal/sessions/resolve"));
    let mut secrets = [PASSWORD, GATEWAY, stray].map(str::to_owned).to_vec();
    for token in &tokens {
        let digest = Sha256::digest(token);
        secrets.push(token["scrs_".len()..].to_owned());
        secrets.push(digest.iter().map(|byte| format!("{byte:02x}")).collect());
    }
    for secret in secrets {
        let line = output.lines().find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
        assert_eq!(line, None, "a secret was printed");
    }
    database.accept_connections().await;
    let owner = database.connect().await;
    owner.batch_execute(&format!("drop role {role}")).await.unwrap();
}

/// Every kind of request, with good and bad tokens, also while the table of sessions is away.
async fn drive(client: &Client, owner: &tokio_postgres::Client) -> Vec<String> {
    const SESSIONS: &str = "/api/v1/internal/sessions";
    let identity =
        json!({"identity": {"kind": "platform", "provider": "telegram", "subject": "1"}});
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let answer = client.post(SESSIONS).json(&identity).send().await;
        tokens.push(Opened::new(answer.expect(201)));
    }
    let unknown = format!("scrs_{}", "Zq9-".repeat(11).split_at(43).0);
    let resolve = format!("{SESSIONS}/resolve");
    for token in [&tokens[0].token, &unknown] {
        client.get(&resolve).bearer(token).send().await;
        client.get(&resolve).header("authorization", token).send().await;
    }
    let account = &tokens[0].account_id;
    let leaked = &tokens[0].token;
    client.get(&format!("{SESSIONS}/{leaked}")).header("x-request-id", leaked).send().await;
    client.get(&format!("/api/v1/internal/accounts/{leaked}")).send().await.expect(400);
    let change = json!({"display_name": "Anna"});
    client.patch("/api/v1/user/account").user(account).json(&change).send().await.expect(200);
    let lookup = json!({"ids": [account]});
    client.post("/api/v1/internal/accounts/lookup").json(&lookup).send().await.expect(200);
    let link = json!({"kind": "platform", "provider": "discord", "subject": "1"});
    let linked = client
        .post("/api/v1/user/identities")
        .user(account)
        .header("x-session-id", &tokens[0].session_id)
        .json(&link)
        .send()
        .await;
    let old = tokens[0].clone();
    tokens[0].token = linked.expect(201)["token"].as_str().unwrap().to_owned();
    let account = &old.account_id;
    let linked_identity =
        format!("/api/v1/user/identities/{}", linked.body["id"].as_str().unwrap());
    client.delete(&linked_identity).user(account).send().await.expect(204);
    let suspension = format!("/api/v1/admin/accounts/{account}/suspension");
    let refused = client.put(&suspension).user(account).json(&json!({"reason": "x"}));
    refused.send().await.expect(403);
    client.get("/api/v1/user/sessions").user(account).send().await.expect(200);
    client.delete(&format!("{SESSIONS}/current")).bearer(&tokens[1].token).send().await.expect(204);
    client
        .get(&format!("/api/v1/user/sessions/{}", tokens[2].session_id))
        .user(account)
        .send()
        .await
        .expect(405);
    owner.batch_execute("alter table session rename to hidden").await.unwrap();
    let unlucky = format!("scrs_{}", "Wk3_".repeat(11).split_at(43).0);
    client.get(&resolve).bearer(&unlucky).send().await.expect(500);
    client.delete(&format!("{SESSIONS}/current")).bearer(&tokens[2].token).send().await.expect(500);
    client.post(SESSIONS).json(&identity).send().await.expect(500);
    owner.batch_execute("alter table hidden rename to session").await.unwrap();
    let all = tokens.into_iter().map(|opened| opened.token);
    all.chain([unknown, unlucky, old.token]).collect()
}

/// Known and unknown tokens while the database lets nobody in; gives the unknown one.
async fn drive_without_database(client: &Client, database: &Database, token: &str) -> String {
    database.refuse_connections().await;
    let unknown = format!("scrs_{}", "Xp7_".repeat(11).split_at(43).0);
    let resolve = "/api/v1/internal/sessions/resolve";
    client.get(resolve).bearer(&unknown).send().await.expect_problem(503, "database_unavailable");
    let close = client.delete("/api/v1/internal/sessions/current").bearer(token).send().await;
    close.expect_problem(503, "database_unavailable");
    client.get("/readyz").send().await.expect(503);
    client.get(resolve).bearer(token).send().await.expect(200);
    unknown
}
