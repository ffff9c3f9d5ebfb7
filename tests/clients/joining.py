"""Signing up by an app: on the demo, which sends no mail, and on a server that asks for the address to be confirmed."""

import email
import email.policy
import queue
import re
import socketserver
import threading

import requests
from house import House
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError
from oauth import CALLBACK, Browser

SCOPES = ["read", "write"]
PASSWORD = "long enough to join"


class MailServer:
    """Takes every mail and keeps it. A context manager."""

    def __enter__(self):
        mails = self.mails = queue.Queue()

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line + b"\r\n")

            def handle(self):
                self.say(b"220 here")
                for line in self.rfile:
                    verb = line.split()[0].upper() if line.split() else b""
                    if verb == b"QUIT":
                        return self.say(b"221 bye")
                    if verb == b"DATA":
                        self.say(b"354 go on")
                        mails.put(b"".join(iter(self.rfile.readline, b".\r\n")))
                    self.say(b"250 fine")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"smtp://127.0.0.1:{self._server.server_address[1]}?tls=off"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def link(self, to):
        """The link in the next mail, which must be to this address."""
        mail = email.message_from_bytes(self.mails.get(timeout=20), policy=email.policy.default)
        assert mail["To"] == to, mail["To"]
        return re.search(r"http://\S+token=[\w-]+", mail.get_body(("plain",)).get_content()).group()


def newcomer(base_url):
    """An app that nobody has signed in to yet."""
    made = Mastodon.create_app("Joining", scopes=SCOPES, redirect_uris=CALLBACK, api_base_url=base_url)
    return Mastodon(client_id=made[0], client_secret=made[1], api_base_url=base_url)


def run(tally, demo):
    at_once(tally, demo)
    with MailServer() as mails, House(demo.program, {"mail": mails.url}) as house:
        house.command("registrations", "open")
        confirmed(tally, house, mails)


def join(client, name, **more):
    wish = {"agreement": True, "locale": "en", "scopes": SCOPES, **more}
    return client.create_account(name, PASSWORD, f"{name}@example.com", **wish)


def at_once(tally, demo):
    """Without mail the token works at once."""
    base_url, _ = demo.account("alice")
    client = newcomer(base_url)

    def closed():
        try:
            join(client, "dora")
        except Exception as error:
            assert "not allowed" in str(error), error
            return True
        return False

    tally.check("joining: nobody gets in by invitation only", closed)
    tally.check("joining: the door is opened", lambda: "open" in demo.command("alice", "registrations", "open"))

    def faults():
        token, wrong = join(client, "alice", agreement=False, return_detailed_error=True)
        assert token is None, "a name was given twice"
        codes = {field: found[0].error for field, found in wrong.details.items() if found}
        assert codes["username"] == "ERR_TAKEN" and codes["agreement"] == "ERR_ACCEPTED", codes

    tally.check("joining: what is wrong is said by field", faults)

    def joined():
        token = join(client, "dora")
        assert token == client.access_token, "the token is not in use"
        assert client.account_verify_credentials().username == "dora"
        return client.status_post("Good evening, I am new here").content

    tally.check("joining: Mastodon.py create_account, and its token works", joined)

    def needless():
        try:
            client.email_resend_confirmation()
        except MastodonAPIError as error:
            return error.args[1] == 403
        return False

    tally.check("joining: whose address is confirmed cannot ask for a mail", needless)
    tally.check("joining: the door is closed again", lambda: demo.command("alice", "registrations", "invite"))


def confirmed(tally, house, mails):
    """With mail the token waits for the click on a link."""
    client = newcomer(house.base)

    def ask(method, path, **more):
        bearer = {"Authorization": f"Bearer {client.access_token}"}
        return requests.request(method, house.base + path, headers=bearer, timeout=10, **more)

    def joined():
        join(client, "emma")
        refused = ask("GET", "/api/v1/accounts/verify_credentials")
        assert refused.status_code == 403, f"{refused.status_code} {refused.text}"
        return mails.link("emma@example.com")

    first = tally.check("joining: a newcomer with mail waits", joined)
    tally.check("joining: the address is not confirmed yet", lambda: ask("GET", "/api/v1/emails/check_confirmation").json() is False)
    # The same address gets no second mail within two minutes, another one does.
    tally.check("joining: Mastodon.py email_resend_confirmation", lambda: client.email_resend_confirmation() or True)

    def elsewhere():
        answer = ask("POST", "/api/v1/emails/confirmations", json={"email": "emma@mail.example"})
        assert (answer.status_code, answer.json()) == (200, {}), f"{answer.status_code} {answer.text}"
        return mails.link("emma@mail.example")

    second = tally.check("joining: a mistyped address is mended", elsewhere)

    def clicked():
        old = requests.get(first, headers={"Accept": "text/html"}, timeout=10)
        assert old.status_code == 410, f"the link to the old address answers {old.status_code}"
        browser = Browser(house.base).go(second)
        form = next(form for form in browser.forms() if "confirmation" in (form.get("action") or browser.url))
        browser.submit(form, button=form.find(["button", "input"], {"type": "submit"}))
        assert browser.status == 200, browser.text()
        assert ask("GET", "/api/v1/emails/check_confirmation").json() is True
        assert client.account_verify_credentials().username == "emma"

    tally.check("joining: the link confirms it, and the token works", clicked)
