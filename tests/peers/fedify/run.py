"""Nagaya and a server made of Fedify exchange Follow, Accept, Create, Like and Undo, in both directions.

    python3 tests/peers/fedify/run.py PATH/TO/nagaya        (after `npm ci` in this folder)

Standard library only.
"""

import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "harness"))
from demo import Demo, Tally, eventually  # noqa: E402

HOST = "127.0.0.3"
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


class Peer:
    """Carol's server, a child process."""

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [str(HERE / "node"), "peer.mjs", HOST, str(port)],
            cwd=HERE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        line = self._process.stdout.readline()
        if not line:
            self.__exit__(None, None, None)
            self.show_log()
            raise SystemExit("the Fedify peer did not start")
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
        for line in self._log.readlines()[-60:]:
            print("  peer | " + line.rstrip(), file=sys.stderr)

    def do(self, command, **wish):
        return call("POST", f"{self.base_url}/control/{command}", wish)

    def log(self):
        return call("GET", f"{self.base_url}/control/log")

    def received(self, kind, **wanted):
        """The first verified activity of `kind` with these fields, as soon as it is there."""
        return eventually(
            lambda: next(
                (a for a in self.log() if a["type"] == kind and all(a[k] == v for k, v in wanted.items())), None
            ),
            WITHIN,
        )


class Person:
    """Somebody on a Nagaya server, through the client API."""

    def __init__(self, base_url, account):
        self.base_url, self.username, self._token = base_url, account["username"], account["token"]
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

    def delete(self, path):
        return call("DELETE", self.base_url + path, token=self._token)

    def home_post(self, uri):
        return eventually(
            lambda: next((s for s in self.get("/api/v1/timelines/home", limit=40) if s["uri"] == uri), None), WITHIN
        )

    def relationship(self, account):
        return self.get("/api/v1/accounts/relationships", **{"id[]": account})[0]


def carol_comes(tally, peer, me, _banned_word):
    """The peer acts first: it follows, receives, likes, takes back."""
    name = f"peer → {me.username}"
    follow = tally.check(f"{name}: a Follow is taken", lambda: peer.do("follow", actor=me.actor))
    if follow is None:
        return
    accept = tally.check(f"{name}: the Accept arrives", lambda: peer.received("Accept", actor=me.actor))
    if accept:
        tally.check(f"{name}: it accepts that very Follow", lambda: accept["object"] == follow["id"])
    tally.check(
        f"{name}: a notification tells of the follower",
        lambda: eventually(
            lambda: any(
                n["type"] == "follow" and n["account"]["acct"] == peer.handle
                for n in me.get("/api/v1/notifications")
            ),
            WITHIN,
        ),
    )

    word = f"for the neighbours {time.time_ns()}"
    status = tally.check(f"{name}: a post is made", lambda: me.post("/api/v1/statuses", status=word))
    if status is None:
        return
    create = tally.check(
        f"{name}: the Create arrives with the Note", lambda: peer.received("Create", object=status["uri"])
    )
    if create:
        tally.check(
            f"{name}: Fedify read the text ({create['scheme']})",
            lambda: create["objectType"] == "Note" and word in re.sub("<[^>]*>", "", create["content"]),
        )

    tally.check(
        f"{name}: a Like is taken",
        lambda: peer.do("like", object=status["uri"], actor=me.actor),
    )

    def favourites():
        return me.get(f"/api/v1/statuses/{status['id']}")["favourites_count"]

    tally.check(f"{name}: the like counts", lambda: eventually(lambda: favourites() == 1, WITHIN))
    tally.check(
        f"{name}: a notification tells of the like",
        lambda: eventually(
            lambda: any(
                n["type"] == "favourite" and n["status"]["id"] == status["id"]
                for n in me.get("/api/v1/notifications")
            ),
            WITHIN,
        ),
    )
    tally.check(f"{name}: Undo(Like) is taken", lambda: peer.do("unlike", object=status["uri"]))
    tally.check(f"{name}: the like is gone", lambda: eventually(lambda: favourites() == 0, WITHIN))

    tally.check(f"{name}: a deletion is accepted", lambda: me.delete(f"/api/v1/statuses/{status['id']}"))
    tally.check(f"{name}: the Delete arrives", lambda: peer.received("Delete", actor=me.actor))

    before = me.get(f"/api/v1/accounts/{me.id}")["followers_count"]
    tally.check(f"{name}: Undo(Follow) is taken", lambda: peer.do("unfollow", actor=me.actor))
    tally.check(
        f"{name}: one follower less",
        lambda: eventually(
            lambda: me.get(f"/api/v1/accounts/{me.id}")["followers_count"] == before - 1,
            WITHIN,
        ),
    )


def we_go(tally, peer, me, banned_word):
    """Nagaya acts first: it finds, follows, receives, likes, takes back."""
    name = f"{me.username} → peer"

    def find():
        found = me.get("/api/v2/search", q=f"@{peer.handle}", resolve="true", type="accounts")["accounts"]
        assert found, f"@{peer.handle} was not found"
        return found[0]

    carol = tally.check(f"{name}: search finds @{peer.handle}", find)
    if carol is None:
        return
    tally.check(f"{name}: she is who she says", lambda: carol["acct"] == peer.handle and carol["uri"] == peer.actor)
    tally.check(f"{name}: follow", lambda: me.post(f"/api/v1/accounts/{carol['id']}/follow"))
    tally.check(f"{name}: the Follow arrives", lambda: peer.received("Follow", actor=me.actor, object=peer.actor))
    tally.check(
        f"{name}: after Fedify's Accept we follow",
        lambda: eventually(lambda: me.relationship(carol["id"])["following"], WITHIN),
    )
    tally.check(f"{name}: and no request is left", lambda: not me.relationship(carol["id"])["requested"])

    word = f"hello from Fedify {time.time_ns()}"
    note = tally.check(f"{name}: Fedify's Create is taken", lambda: peer.do("note", content=word))
    status = note and tally.check(f"{name}: the note is in the home timeline", lambda: me.home_post(note["id"]))
    if status:
        tally.check(f"{name}: its text is whole", lambda: word in status["content"])
        tally.check(f"{name}: favourite", lambda: me.post(f"/api/v1/statuses/{status['id']}/favourite")["favourited"])
        like = tally.check(f"{name}: the Like arrives", lambda: peer.received("Like", actor=me.actor, object=note["id"]))
        tally.check(
            f"{name}: unfavourite", lambda: not me.post(f"/api/v1/statuses/{status['id']}/unfavourite")["favourited"]
        )
        if like:
            tally.check(
                f"{name}: Undo of that very Like arrives",
                lambda: peer.received("Undo", actor=me.actor, object=like["id"]),
            )
        tally.check(f"{name}: Fedify's Delete is taken", lambda: peer.do("delete", object=note["id"]))
        tally.check(
            f"{name}: the note leaves the home timeline",
            lambda: eventually(
                lambda: all(s["uri"] != note["id"] for s in me.get("/api/v1/timelines/home", limit=40)), WITHIN
            ),
        )

    banned = tally.check(
        f"{name}: a note with the word “{banned_word}” is taken", lambda: peer.do("note", content=f"Win at the {banned_word}!")
    )
    later = tally.check(f"{name}: and a decent one after it", lambda: peer.do("note", content="Or rather, come to tea."))
    if banned and later:
        tally.check(f"{name}: the decent one arrives", lambda: me.home_post(later["id"]))
        tally.check(
            f"{name}: the filter kept the other one out",
            lambda: banned["id"] not in [s["uri"] for s in me.get("/api/v1/timelines/home", limit=40)],
        )

    mention = tally.check(
        f"{name}: a note also addressed to {me.username} is taken",
        lambda: peer.do("note", content=f"to you {time.time_ns()}", to=[me.actor]),
    )
    if mention:
        tally.check(f"{name}: it arrives once, though it was sent twice", lambda: once(me, mention["id"]))

    follow = peer.received("Follow", actor=me.actor, object=peer.actor)
    tally.check(f"{name}: unfollow", lambda: not me.post(f"/api/v1/accounts/{carol['id']}/unfollow")["following"])
    tally.check(
        f"{name}: Undo of that very Follow arrives",
        lambda: peer.received("Undo", actor=me.actor, object=follow["id"]),
    )
    tally.check(
        f"{name}: Fedify sends nothing more", lambda: me.actor not in peer.do("state")["followers"]
    )

    peer.do("refuse", refuse=True)
    tally.check(f"{name}: follow, refused this time", lambda: me.post(f"/api/v1/accounts/{carol['id']}/follow"))
    tally.check(
        f"{name}: after Fedify's Reject we neither follow nor wait",
        lambda: eventually(
            lambda: (lambda r: not r["following"] and not r["requested"])(me.relationship(carol["id"])), WITHIN
        ),
    )
    peer.do("refuse", refuse=False)


def once(me, uri):
    """Whether the post `uri` stands exactly once in the home timeline, now and a little later."""
    me.home_post(uri)
    time.sleep(0.3)
    return [s["uri"] for s in me.get("/api/v1/timelines/home", limit=40)].count(uri) == 1


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    tally = Tally()
    with Demo(sys.argv[1]) as demo, Peer() as peer:
        for username in ("alice", "bob"):
            me = tally.check(f"{username} is there", lambda: Person(*demo.account(username)))
            if me is None:
                continue
            for part in (carol_comes, we_go):
                # A part that breaks off is one more failure; the parts after it still run.
                tally.check(f"{part.__name__} runs to its end", lambda: part(tally, peer, me, demo.banned_word()))
        if tally.failed:
            peer.show_log()
            demo.show_log()
    return tally.finish()


sys.exit(main())
