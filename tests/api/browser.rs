//! A browser, as far as the pages of OAuth need one: it signs in, keeps cookies and reads hidden fields.

use url::form_urlencoded::{Serializer, parse};

use super::ask::{self, Body};
use super::world::{Made, PASSWORD, World};
use crate::harness::http::Answer;

/// alice's browser.
pub struct Browser<'a> {
    world: &'a World,
    cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    /// Signs alice in.
    pub async fn open(world: &'a World) -> Made<Self> {
        let mut browser = Self { world, cookies: Vec::new() };
        let page = browser.send("GET", "/auth/sign_in", &Body::None).await;
        let form = filled(&page.body, &[("login", "alice@example.com"), ("password", PASSWORD)]);
        let answer = browser.send("POST", "/auth/sign_in", &Body::Form(form)).await;
        if answer.status == 303 {
            Ok(browser)
        } else {
            Err(format!("signing in: {} {:.200}", answer.status, answer.body))
        }
    }

    /// One request with the cookies.
    pub async fn send(&mut self, method: &str, path: &str, body: &Body) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = [("accept", "text/html".to_owned()), ("cookie", cookies.join("; "))];
        let answer = ask::send(&self.world.here.domain, method, path, &headers, body).await;
        for cookie in answer.headers("set-cookie") {
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        answer
    }

    /// One request; a form is that of the page on which it stands.
    pub async fn asks(world: &'a World, method: &str, path: &str, form: &str) -> Made<Answer> {
        let mut browser = Self::open(world).await?;
        let body = match form {
            "" => Body::None,
            "$consent" => {
                let page = browser.send("GET", &Self::request(world).await?, &Body::None).await;
                Body::Form(filled(&page.body, &[("decision", "allow")]))
            }
            _ => {
                let page = browser.send("GET", "/oauth/authorized_applications", &Body::None).await;
                Body::Form(filled(&page.body, &[]))
            }
        };
        Ok(browser.send(method, path, &body).await)
    }

    async fn request(world: &World) -> Made<String> {
        let app = world.thing("client_id").await?;
        Ok(format!(
            "/oauth/authorize?response_type=code&client_id={app}&redirect_uri=https%3A%2F%2Fapp.example%2Fback&scope=read&state=x"
        ))
    }

    /// Lets an app in, so that there is one to throw out again; the app's client id.
    pub async fn consent(world: &'a World) -> Made<String> {
        let answer = Self::asks(world, "POST", "/oauth/authorize", "$consent").await?;
        let code = answer.header("location").split_once("code=").map(|(_, rest)| rest.to_owned());
        let code = code.ok_or_else(|| format!("no code: {} {:.200}", answer.status, answer.body))?;
        let code = code.split('&').next().unwrap_or_default().to_owned();
        let (id, secret) = (world.thing("client_id").await?, world.thing("client_secret").await?);
        let body = serde_json::json!({"grant_type": "authorization_code", "client_id": id, "client_secret": secret,
                                      "redirect_uri": "https://app.example/back", "code": code});
        let token = world.ask("POST", "/oauth/token", None, &Body::Json(body)).await;
        if token.status == 200 { Ok(id) } else { Err(format!("no token: {}", token.body)) }
    }

    /// The first app on the page of apps that alice let in.
    pub async fn first_app(world: &'a World) -> Made<String> {
        let mut browser = Self::open(world).await?;
        let page = browser.send("GET", "/oauth/authorized_applications", &Body::None).await;
        let id = page.body.split("/oauth/authorized_applications/").nth(1);
        let id: String = id.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
        if id.is_empty() { Err(format!("the page names no app: {}", page.status)) } else { Ok(id) }
    }
}

/// The hidden fields of the page's last form, with these.
fn filled(page: &str, more: &[(&str, &str)]) -> String {
    let form = page.rsplit_once("<main").map_or(page, |(_, form)| form);
    let mut fields = Serializer::new(String::new());
    for input in form.split("<input type=\"hidden\" name=\"").skip(1) {
        let Some((name, rest)) = input.split_once("\" value=\"") else { continue };
        let value = rest.split('"').next().unwrap_or_default().replace("&#38;", "&").replace("&amp;", "&");
        fields.append_pair(name, &value);
    }
    fields.extend_pairs(more);
    let text = fields.finish();
    debug_assert!(parse(text.as_bytes()).count() >= more.len());
    text
}
