//! Who may moderate, and the lists of people.

use serde_json::{Value, json};

use super::World;
use crate::actions::token::issue_token;
use crate::app::tests::local_account;
use crate::clock::Time;
use crate::ids::AccountId;
use crate::store::user_ips;

/// A local person with this role, and a token with these scopes.
pub(super) async fn person(world: &World, name: &str, role: &str, scopes: &str) -> (AccountId, String) {
    let id = local_account(&world.app, name, role).await.id;
    let token = issue_token(&world.app, id, scopes, "test").await.expect("a token");
    (id, token)
}

#[tokio::test]
async fn lists_need_scope_and_role() {
    let world = World::new().await;
    for (name, role, scopes, expected) in [
        ("m1", "member", "admin:read", 403),
        ("m2", "moderator", "admin:read", 200),
        ("m3", "moderator", "admin:read:accounts", 200),
        ("m4", "moderator", "admin:read:reports read write", 403),
        ("m5", "admin", "admin:read:accounts", 200),
        ("m6", "owner", "admin:read:accounts", 200),
        ("m7", "owner", "admin:write", 403),
    ] {
        let (_, token) = person(&world, name, role, scopes).await;
        for path in ["/api/v1/admin/accounts", "/api/v2/admin/accounts"] {
            let answer = world.ask("GET", path, Some(&token), Value::Null).await;
            assert_eq!(answer.code, expected, "{role} {scopes} {path}");
        }
    }
    assert_eq!(world.peek("/api/v1/admin/accounts").await.code, 401);
}

#[tokio::test]
async fn people_are_found_by_every_filter_and_paged() {
    let world = World::new().await;
    let (alice, bob) = (world.alice, world.bob);
    let (mira, token) = person(&world, "mira", "moderator", "admin:read:accounts").await;
    let written = world.app.store.write(move |tx| {
        user_ips::note(tx, alice, "192.0.2.9", Time(1))?;
        tx.execute("UPDATE accounts SET silenced_at = 1 WHERE id = ?1", [bob])?;
        Ok(tx.execute("UPDATE users SET approved_at = NULL, disabled_at = 1 WHERE account_id = ?1", [alice])?)
    });
    written.await.expect("writes");
    for (query, expected) in [
        ("v1?", vec![mira, bob, alice]),
        ("v1?local=true", vec![mira, alice]),
        ("v1?remote=1", vec![bob]),
        ("v1?silenced=true", vec![bob]),
        ("v1?pending=true", vec![alice]),
        ("v1?disabled=true", vec![alice]),
        ("v1?suspended=true", vec![]),
        ("v1?sensitized=true", vec![]),
        ("v1?staff=true", vec![mira, alice]),
        ("v1?username=BO", vec![bob]),
        ("v1?display_name=ali", vec![alice]),
        ("v1?by_domain=b.example", vec![bob]),
        ("v1?email=alice@", vec![alice]),
        ("v1?ip=192.0.2.0/24", vec![alice]),
        ("v1?ip=nonsense", vec![]),
        ("v2?origin=remote", vec![bob]),
        ("v2?origin=local&status=active", vec![mira, alice]),
        ("v2?status=pending", vec![alice]),
        ("v2?permissions=staff", vec![mira, alice]),
        ("v2?role_ids[]=1", vec![mira]),
        ("v2?role_ids[]=3&role_ids[]=1&permissions=staff", vec![mira, alice]),
        ("v2?role_ids[]=-99", vec![]),
        ("v2?invited_by=1", vec![]),
        ("v1?limit=1", vec![mira]),
    ] {
        let (version, query) = query.split_once('?').expect("a query");
        let path = format!("/api/{version}/admin/accounts?{query}");
        let answer = world.ask("GET", &path, Some(&token), Value::Null).await;
        let expected: Vec<String> = expected.iter().map(AccountId::to_string).collect();
        assert_eq!(answer.ids(), expected, "{path}");
    }
    let page = world.ask("GET", "/api/v1/admin/accounts?limit=1", Some(&token), Value::Null).await;
    assert!(page.header("link").contains(&format!("max_id={mira}>; rel=\"next\"")), "{}", page.header("link"));
    let newer = format!("/api/v1/admin/accounts?limit=1&min_id={alice}");
    assert_eq!(world.ask("GET", &newer, Some(&token), Value::Null).await.ids(), [&*bob.to_string()]);

    let one = world.ask("GET", &format!("/api/v1/admin/accounts/{alice}"), Some(&token), Value::Null).await.body;
    assert_eq!((&one["email"], &one["ip"]), (&json!("alice@mail.test"), &json!("192.0.2.9")));
    assert_eq!((&one["role"]["name"], &one["domain"]), (&json!("Owner"), &Value::Null));
    assert_eq!((&one["approved"], &one["disabled"], &one["confirmed"]), (&json!(false), &json!(true), &json!(true)));
    assert_eq!(one["account"]["roles"], json!([{"id": "3", "name": "Owner", "color": ""}]));
    let remote = world.ask("GET", &format!("/api/v1/admin/accounts/{bob}"), Some(&token), Value::Null).await.body;
    assert_eq!((&remote["email"], &remote["role"], &remote["silenced"]), (&json!(""), &Value::Null, &json!(true)));
    let unknown = world.ask("GET", "/api/v1/admin/accounts/7", Some(&token), Value::Null).await;
    assert_eq!(unknown.code, 404);
}
