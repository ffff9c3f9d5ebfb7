"""What the scripts of tests/peers/ share: a peer as a child process, a person on a Nagaya server, one server under a name.

A peer is a program that prints one JSON line, `{"base_url", "actor", "handle"}`, when it listens, and then does what it
is told by `POST BASE/control/COMMAND` (JSON in, JSON out; 502 and the reason when the other server did not take it):

    follow, unfollow {actor} · refuse {refuse: bool}: answer the next Follows with Reject
    note {content, to: [actors], visibility: public|unlisted|followers|direct, reply, summary, quote}   → {id}
    question {content, options} → {id} · edit {object, content} · delete {object} · vote {object, actor, option}
    like, unlike, announce, unannounce {object, actor} · react, unreact {object, actor, emoji}
    pin, unpin {object} · flag {actor, objects, content} · block, unblock {actor}
    rename {name}: an Update of its actor · alias {actor} · move {to} · retire: a Delete of its actor
    GET log: what arrived and was verified, in order; see `Peer.received` · state: {"followers", "following"}

Every command takes `who`, the name of one of its people; carol when it is left out. Standard library only.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from demo import eventually

PASSWORD = "neighbours"
WITHIN = 10.0  # Seconds that an exchange may take; it takes some ten milliseconds.


def call(method, url, body=None, token=None, accept="application/json"):
    """One request; JSON in, JSON out. An error status raises with the body in the message."""
    headers = {"Accept": accept}
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=20) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {url}: {error.code} {error.read().decode(errors='replace')[:2000]}") from None


def free_port(host="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class Peer:
    """An independent implementation, a child process: `command` with its host and port added. A context manager.

    `speaks` names what it can do beyond Follow, Create, Delete, Like, Announce and Undo: see `exchange.py`.
    """

    def __init__(self, name, command, host, folder, speaks, environment=None):
        self.name, self.speaks, self.host = name, frozenset(speaks), host
        self._command, self._folder, self._environment = command, folder, {**os.environ, **(environment or {})}

    def __enter__(self):
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [*self._command, self.host, str(free_port(self.host))],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        line = self._process.stdout.readline()
        if not line:
            self.__exit__(None, None, None)
            self.show_log()
            raise SystemExit(f"the peer {self.name} did not start")
        told = json.loads(line)
        self.base_url, self.actor, self.handle = told["base_url"], told["actor"], told["handle"]
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def show_log(self):
        self._log.seek(0)
        for line in self._log.readlines()[-80:]:
            print("  peer | " + line.rstrip(), file=sys.stderr)

    def named(self, who):
        """(actor id, handle) of another of its people."""
        return self.actor.replace("carol", who), self.handle.replace("carol", who)

    def do(self, command, **wish):
        return call("POST", f"{self.base_url}/control/{command}", wish)

    def log(self):
        return call("GET", f"{self.base_url}/control/log")

    def received(self, kind, **wanted):
        """The first verified activity of `kind` with these fields, as soon as it is there.

        Fields: type, id, actor, object (its id), objectType, content, name, inReplyTo, target, audience (all of to and cc),
        options, quote, scheme (cavage or rfc9421).
        """
        return eventually(
            lambda: next(
                (a for a in self.log() if a["type"] == kind and all(a.get(k) == v for k, v in wanted.items())), None
            ),
            WITHIN,
        )


class Person:
    """Somebody on a Nagaya server, through the client API."""

    def __init__(self, base_url, account):
        self.base_url, self.username, self._token = base_url, account["username"], account["token"]
        self.password = account["password"]
        self.id = self.get("/api/v1/accounts/verify_credentials")["id"]
        handle = f"acct:{self.username}@{urllib.parse.urlsplit(base_url).netloc}"
        found = call("GET", f"{base_url}/.well-known/webfinger?resource={urllib.parse.quote(handle)}")
        self.actor = next(
            link["href"]
            for link in found["links"]
            if link["rel"] == "self" and ("activity+json" in link["type"] or "ld+json" in link["type"])
        )

    def get(self, path, **query):
        query = f"?{urllib.parse.urlencode(query)}" if query else ""
        return call("GET", self.base_url + path + query, token=self._token)

    def post(self, path, **body):
        return call("POST", self.base_url + path, body, self._token)

    def put(self, path, **body):
        return call("PUT", self.base_url + path, body, self._token)

    def patch(self, path, **body):
        return call("PATCH", self.base_url + path, body, self._token)

    def delete(self, path):
        return call("DELETE", self.base_url + path, token=self._token)

    def say(self, text, **more):
        return self.post("/api/v1/statuses", status=text, **more)

    def status(self, id):
        return self.get(f"/api/v1/statuses/{id}")

    def find(self, handle):
        """The account with this handle, looked up at its server."""
        found = self.get("/api/v2/search", q=f"@{handle}", resolve="true", type="accounts")["accounts"]
        assert found, f"@{handle} was not found"
        return found[0]

    def home(self):
        return self.get("/api/v1/timelines/home", limit=40)

    def home_post(self, uri):
        """The post `uri`, as soon as it stands in the home timeline."""
        return eventually(lambda: next((s for s in self.home() if s["uri"] == uri), None), WITHIN)

    def notified(self, kind, **wanted):
        """The newest notification of this kind, as soon as one is there: status=ID, acct=HANDLE narrow it."""

        def fits(n):
            return (
                n["type"] == kind
                and ("status" not in wanted or n["status"]["id"] == wanted["status"])
                and ("uri" not in wanted or n["status"]["uri"] == wanted["uri"])
                and ("acct" not in wanted or n["account"]["acct"] == wanted["acct"])
            )

        return eventually(lambda: next(filter(fits, self.get("/api/v1/notifications", limit=40)), None), WITHIN)

    def relationship(self, account):
        return self.get("/api/v1/accounts/relationships", **{"id[]": account})[0]


def stranger(demo, username):
    """Somebody new beside `username` whom nobody follows."""
    base_url, _ = demo.account(username)
    demo.command(username, "account", "create", "nora", "--email", "nora@example.com", "--password", PASSWORD)
    token = demo.command(username, "token", "create", "nora", "--scopes", "read write").split()[-1]
    return Person(base_url, {"username": "nora", "password": PASSWORD, "token": token})


class House:
    """`nagaya serve` in development, known as `name` and a port, with alice as its owner; the face of `Demo`."""

    def __init__(self, program, name, settings=None):
        self.program, self.settings = os.path.abspath(program), settings or {}
        self._port = free_port()
        self.domain = f"{name}:{self._port}"

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        plain = {
            "domain": self.domain,
            "listen": f"127.0.0.1:{self._port}",
            "development": True,
            "rate_limits": False,
            "log": "warn",
        }
        # A string or a flag is spelled in TOML as in JSON.
        lines = [f"{key} = {json.dumps(value)}" for key, value in {**plain, **self.settings}.items()]
        (folder / "nagaya.toml").write_text("\n".join(lines))
        self._environment = {**os.environ, "NAGAYA_CONFIG": str(folder / "nagaya.toml")}
        self.command("alice", "account", "create", "alice", "--email", "alice@example.com", "--owner", "--password", PASSWORD)
        scopes = "read write follow push admin:read admin:write profile"
        token = self.command("alice", "token", "create", "alice", "--scopes", scopes).split()[-1]
        base_url = f"http://127.0.0.1:{self._port}"
        self.servers = [
            {"base_url": base_url, "accounts": [{"username": "alice", "password": PASSWORD, "token": token}]}
        ]
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [self.program, "serve"], env=self._environment, cwd=folder, stdout=self._log, stderr=self._log
        )
        eventually(lambda: call("GET", f"http://{self.domain}/api/v2/instance"), within=30)
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def account(self, username):
        return f"http://{self.domain}", next(a for a in self.servers[0]["accounts"] if a["username"] == username)

    def command(self, _username, *words):
        """Runs `nagaya WORDS…` on this server; what it printed."""
        done = subprocess.run(
            [self.program, *words],
            env=self._environment,
            cwd=self._folder.name,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"nagaya {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def show_log(self):
        self._log.seek(0)
        for line in self._log.readlines()[-80:]:
            print("  nagaya | " + line.rstrip(), file=sys.stderr)
