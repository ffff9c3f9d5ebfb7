"""Signing in as an app does: registration, the pages for people, codes with PKCE, tokens, revocation."""

import base64
import hashlib
import secrets
import urllib.parse

import requests
from bs4 import BeautifulSoup
from mastodon import Mastodon

CALLBACK = "http://127.0.0.1:9/callback"  # Nobody listens there; we read the code from the redirect.
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = ["read", "write", "follow", "push"]
NO = ("deny", "denied", "cancel", "reject", "no", "拒否", "許可しない", "キャンセル")


class Browser:
    """As much of a browser as the pages need: cookies, forms, redirects."""

    def __init__(self, base_url, language="en"):
        self.base_url = base_url
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = language
        self.session.headers["Accept"] = "text/html"
        self.page = None
        self.url = None
        self.left_for = None  # Where a redirect led that leaves the server.

    def go(self, url, method="GET", data=None):
        url = urllib.parse.urljoin(self.url or self.base_url, url)
        for _ in range(8):
            headers = {"Origin": self.base_url, "Referer": self.url or self.base_url} if method == "POST" else {}
            answer = self.session.request(method, url, data=data, headers=headers, allow_redirects=False, timeout=20)
            self.url = url
            if answer.status_code not in (301, 302, 303, 307, 308):
                kind = answer.headers.get("Content-Type", "")
                assert kind.startswith("text/html"), f"{url} answered {answer.status_code} {kind}: {answer.text[:500]}"
                self.status = answer.status_code
                self.page = BeautifulSoup(answer.text, "html.parser")
                return self
            url = urllib.parse.urljoin(url, answer.headers["Location"])
            if not url.startswith(self.base_url + "/"):
                self.left_for = url
                return self
            method, data = "GET", None
        raise AssertionError("eight redirects in a row")

    def text(self):
        return self.page.get_text(" ", strip=True)

    def forms(self):
        return self.page.find_all("form")

    def sign_in_form(self):
        return next((f for f in self.forms() if f.find("input", {"type": "password"})), None)

    def submit(self, form, fill=None, button=None):
        """Sends `form` as it stands, with `fill` on top and the name of the pressed `button`."""
        data = []
        for field in form.find_all(["input", "select", "textarea"]):
            kind = field.get("type", "text")
            if not field.get("name") or kind in ("submit", "button", "image", "reset", "file"):
                continue
            if kind in ("checkbox", "radio") and not field.has_attr("checked"):
                continue
            data.append((field["name"], (fill or {}).get(field["name"], field.get("value", ""))))
        if button is not None and button.get("name"):
            data.append((button["name"], button.get("value", "")))
        action = (button.get("formaction") if button is not None else None) or form.get("action") or self.url
        return self.go(action, form.get("method", "get").upper(), data)

    def sign_in(self, name, password):
        form = self.sign_in_form()
        assert form is not None, f"no sign-in form on {self.url}: {self.text()[:300]}"
        fill = {}
        for field in form.find_all("input"):
            kind = field.get("type", "text")
            if kind == "password":
                fill[field["name"]] = password
            elif kind in ("text", "email") and field.get("name"):
                fill[field["name"]] = name
        return self.submit(form, fill, form.find(["button", "input"], {"type": "submit"}))

    def answer_consent(self, yes):
        """Presses yes or no on the consent page, be it two forms or one with two buttons."""
        choices = []
        for form in self.forms():
            if "/oauth/authorize" not in (form.get("action") or self.url):
                continue  # Signing out, for instance, is another form on the same page.
            refuses = form.find("input", {"name": "_method", "value": lambda v: v and v.lower() == "delete"})
            for button in form.find_all(["button", "input"]):
                if button.get("type", "submit") != "submit":
                    continue
                words = f"{button.get('name', '')} {button.get('value', '')} {button.get_text()}".lower()
                says_no = bool(refuses) or any(word in words.split() for word in NO) or any(w in words for w in NO[-3:])
                choices.append((not says_no, form, button))
        for agrees, form, button in choices:
            if agrees == yes:
                return self.submit(form, button=button)
        raise AssertionError(f"no button for {'yes' if yes else 'no'} on {self.url}: {self.text()[:300]}")


def query(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


def run(tally, demo):
    for username in ("alice", "bob"):
        base_url, account = demo.account(username)
        code_flow(tally, base_url, account)
    base_url, account = demo.account("alice")
    pages(tally, base_url, account)
    mastodon_py(tally, base_url, account)
    app_tokens(tally, base_url, account)


def register(base_url, redirect=CALLBACK):
    answer = requests.post(
        f"{base_url}/api/v1/apps",
        json={"client_name": "A test", "redirect_uris": redirect, "scopes": " ".join(SCOPES)},
        timeout=10,
    )
    assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
    return answer.json()


def authorize_url(base_url, app, redirect=CALLBACK, **more):
    wish = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": redirect,
        "scope": " ".join(SCOPES),
    }
    return f"{base_url}/oauth/authorize?{urllib.parse.urlencode({**wish, **more})}"


def exchange(base_url, app, code, verifier=None, redirect=CALLBACK):
    wish = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": redirect,
    }
    if verifier:
        wish["code_verifier"] = verifier
    return requests.post(f"{base_url}/oauth/token", data=wish, timeout=10)


def whoami(base_url, token):
    return requests.get(
        f"{base_url}/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {token}"}, timeout=10
    )


def code_with_pkce(base_url, account, app):
    """Goes through the pages. Returns the code and the verifier that belongs to it."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    state = secrets.token_urlsafe(12)
    browser = Browser(base_url)
    browser.go(authorize_url(base_url, app, state=state, code_challenge=challenge, code_challenge_method="S256"))
    browser.sign_in(account.get("email") or account["username"], account["password"])
    assert browser.left_for is None, "no consent page was shown"
    browser.answer_consent(yes=True)
    assert browser.left_for, f"still on {browser.url}: {browser.text()[:300]}"
    assert browser.left_for.startswith(CALLBACK), browser.left_for
    told = query(browser.left_for)
    assert told.get("state") == state, f"the state came back as {told.get('state')}"
    return told["code"], verifier


def code_flow(tally, base_url, account):
    name = f"oauth, {account['username']}: "
    app = tally.check(name + "an app registers", lambda: register(base_url))
    if app is None:
        return
    walked = tally.check(name + "sign-in and consent lead to a code", lambda: code_with_pkce(base_url, account, app))
    if walked is None:
        return
    code, verifier = walked

    def traded():
        answer = exchange(base_url, app, code, verifier)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        token = answer.json()
        assert token["token_type"].lower() == "bearer" and isinstance(token["created_at"], int), token
        assert set(token["scope"].split()) == set(SCOPES), token["scope"]
        return token["access_token"]

    token = tally.check(name + "code and verifier give a token", traded)
    if token is None:
        return
    tally.check(name + "the token is its owner's", lambda: whoami(base_url, token).json()["username"] == account["username"])
    tally.check(name + "a code works once", lambda: exchange(base_url, app, code, verifier).status_code == 400)

    def wrong_verifier():
        code, _ = code_with_pkce(base_url, account, app)
        answer = exchange(base_url, app, code, secrets.token_urlsafe(48))
        assert answer.status_code == 400 and answer.json()["error"] == "invalid_grant", answer.text

    tally.check(name + "another verifier does not", wrong_verifier)

    def revoke():
        wish = {"client_id": app["client_id"], "client_secret": app["client_secret"], "token": token}
        answer = requests.post(f"{base_url}/oauth/revoke", data=wish, timeout=10)
        assert answer.status_code == 200 and answer.json() == {}, f"{answer.status_code} {answer.text}"
        assert whoami(base_url, token).status_code == 401, "the revoked token still works"

    # The same app, user and scopes may share one token, so this comes last.
    tally.check(name + "a revoked token is refused", revoke)


def pages(tally, base_url, account):
    """The pages themselves: languages, wrong passwords, refusal, the code to copy."""
    app = register(base_url, f"{CALLBACK}\n{OUT_OF_BAND}")

    def languages():
        english = Browser(base_url, "en").go(authorize_url(base_url, app)).text()
        japanese = Browser(base_url, "ja").go(authorize_url(base_url, app)).text()
        assert not any("぀" <= c <= "ヿ" for c in english), english
        assert any("぀" <= c <= "ヿ" for c in japanese), japanese

    tally.check("oauth pages: English and Japanese", languages)

    def wrong_password():
        browser = Browser(base_url).go(authorize_url(base_url, app))
        browser.sign_in(account.get("email") or account["username"], "not " + account["password"])
        assert browser.left_for is None and browser.sign_in_form() is not None, "a wrong password got in"

    tally.check("oauth pages: a wrong password stays outside", wrong_password)

    def denied():
        browser = Browser(base_url).go(authorize_url(base_url, app, state="s"))
        browser.sign_in(account.get("email") or account["username"], account["password"])
        browser.answer_consent(yes=False)
        told = query(browser.left_for or "")
        assert told.get("error") == "access_denied" and told.get("state") == "s", browser.left_for

    tally.check("oauth pages: no means access_denied", denied)

    def out_of_band():
        browser = Browser(base_url).go(authorize_url(base_url, app, redirect=OUT_OF_BAND))
        browser.sign_in(account.get("email") or account["username"], account["password"])
        browser.answer_consent(yes=True)
        answer = exchange(base_url, app, shown_code(browser), redirect=OUT_OF_BAND)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"

    tally.check("oauth pages: a code to copy works", out_of_band)

    def stranger_redirect():
        browser = Browser(base_url).go(authorize_url(base_url, app, redirect="https://evil.example/"))
        assert browser.left_for is None and browser.status >= 400, f"{browser.status}, {browser.left_for}"

    tally.check("oauth pages: an unregistered redirect is refused on the page", stranger_redirect)

    def forged():
        """A consent that another site sends for us has no token of our page."""
        browser = Browser(base_url).go(authorize_url(base_url, app))
        browser.sign_in(account.get("email") or account["username"], account["password"])
        answer = browser.session.post(
            f"{base_url}/oauth/authorize",
            data=query(authorize_url(base_url, app)),
            headers={"Origin": "https://evil.example"},
            allow_redirects=False,
            timeout=10,
        )
        location = answer.headers.get("Location", "")
        assert "code=" not in location, f"{answer.status_code} {location}"

    tally.check("oauth pages: a forged consent gives no code", forged)


def shown_code(browser):
    """The code on the page after consent, wherever it stands."""
    if browser.left_for:
        return query(browser.left_for)["code"]
    if "code" in query(browser.url):
        return query(browser.url)["code"]
    for element in browser.page.find_all(["code", "kbd", "input", "pre", "output"]):
        text = element.get("value") or element.get_text(strip=True)
        if len(text) >= 16 and " " not in text:
            return text
    raise AssertionError(f"no code on {browser.url}: {browser.text()[:300]}")


def mastodon_py(tally, base_url, account):
    """The same as Mastodon.py does it."""

    def signed_in():
        client_id, client_secret = Mastodon.create_app(
            "Mastodon.py", scopes=SCOPES, redirect_uris=CALLBACK, api_base_url=base_url
        )
        client = Mastodon(client_id=client_id, client_secret=client_secret, api_base_url=base_url)
        url = client.auth_request_url(redirect_uris=CALLBACK, scopes=SCOPES, allow_http=True)
        browser = Browser(base_url).go(url)
        browser.sign_in(account.get("email") or account["username"], account["password"])
        browser.answer_consent(yes=True)
        client.log_in(code=query(browser.left_for)["code"], redirect_uri=CALLBACK, scopes=SCOPES, allow_http=True)
        assert client.account_verify_credentials().username == account["username"]
        assert client.app_verify_credentials().name == "Mastodon.py"
        return client

    client = tally.check("oauth: Mastodon.py signs in", signed_in)
    if client:
        tally.check("oauth: and out again", lambda: client.revoke_access_token(allow_http=True))


def app_tokens(tally, base_url, account):
    app = register(base_url)

    def token(**more):
        wish = {"grant_type": "client_credentials", "client_id": app["client_id"], "client_secret": app["client_secret"]}
        return requests.post(f"{base_url}/oauth/token", data={**wish, **more}, timeout=10)

    def granted():
        answer = token(scope="read")
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        seen = requests.get(f"{base_url}/api/v1/apps/verify_credentials", headers=bearer, timeout=10)
        assert seen.status_code == 200 and seen.json()["name"] == "A test", seen.text
        home = requests.get(f"{base_url}/api/v1/timelines/home", headers=bearer, timeout=10)
        assert home.status_code == 422, f"an app without a person read a home timeline: {home.status_code}"

    tally.check("oauth: an app's own token", granted)

    def basic():
        answer = requests.post(
            f"{base_url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(app["client_id"], app["client_secret"]),
            timeout=10,
        )
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"

    tally.check("oauth: the app may show its secret by HTTP Basic", basic)

    def wrong():
        answer = token(client_secret="wrong")
        assert answer.status_code == 401 and answer.json()["error"] == "invalid_client", answer.text

    tally.check("oauth: a wrong secret is invalid_client", wrong)
    tally.check(
        "oauth: scopes beyond the registered are invalid_scope",
        lambda: (lambda a: a.status_code == 400 and a.json()["error"] == "invalid_scope")(token(scope="admin:read")),
    )

    def metadata():
        told = requests.get(f"{base_url}/.well-known/oauth-authorization-server", timeout=10).json()
        assert told["issuer"].rstrip("/") == base_url, told["issuer"]
        assert "S256" in told["code_challenge_methods_supported"]
        assert "authorization_code" in told["grant_types_supported"]

    tally.check("oauth: the metadata of RFC 8414", metadata)
