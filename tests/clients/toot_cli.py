"""What the command line client `toot` does on the demo's two servers."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

from demo import eventually

WITHIN = 5.0


class Toot:
    """The `toot` program with both people signed in: a configuration of its own, in a temporary folder."""

    def __init__(self, demo, folder):
        self._folder = folder
        self._program = str(pathlib.Path(sys.executable).parent / "toot")
        self.handles = {}
        config = {"apps": {}, "users": {}, "active_user": None}
        for username in ("alice", "bob"):
            base_url, account = demo.account(username)
            instance = urllib.parse.urlsplit(base_url).netloc
            handle = f"{username}@{instance}"
            self.handles[username] = handle
            config["apps"][instance] = {
                "instance": instance,
                "base_url": base_url,
                "client_id": "unused",
                "client_secret": "unused",
            }
            config["users"][handle] = {
                "instance": instance,
                "username": username,
                "access_token": account["token"],
            }
            config["active_user"] = handle
        path = pathlib.Path(folder, "toot", "config.json")
        path.parent.mkdir()
        path.write_text(json.dumps(config))

    def __call__(self, username, *arguments):
        """Runs `toot --as USERNAME ARGUMENTS…`; its output. A failure raises with what it said."""
        environment = {**os.environ, "XDG_CONFIG_HOME": self._folder, "XDG_CACHE_HOME": self._folder}
        done = subprocess.run(
            [self._program, "--as", self.handles[username], *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"toot {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, username, *arguments):
        return json.loads(self(username, *arguments, "--json"))


def run(tally, demo):
    with tempfile.TemporaryDirectory(prefix="nagaya-toot-") as folder:
        toot = Toot(demo, folder)
        tally.check("toot whoami", lambda: "alice" in toot("alice", "whoami"))
        tally.check("toot instance", lambda: "127.0.0." in toot("alice", "instance"))
        for me, other in (("alice", "bob"), ("bob", "alice")):
            conversation(tally, toot, me, other)
            following(tally, toot, me, other)


def home(toot, username, uri):
    return eventually(
        lambda: next((s for s in toot.json(username, "timelines", "home", "--no-pager") if s["uri"] == uri), None),
        WITHIN,
        every=0.2,
    )


def conversation(tally, toot, me, other):
    name = f"toot, {me} → {other}: "
    text = f"Typed in a terminal {time.time_ns()}"
    status = tally.check(name + "post", lambda: toot.json(me, "post", text))
    if status is None:
        return
    copy = tally.check(name + "timelines home", lambda: home(toot, other, status["uri"]))
    if copy is None:
        return
    tally.check(name + "timelines home, as people see it", lambda: text in toot(other, "timelines", "home", "--no-pager"))
    tally.check(name + "favourite", lambda: toot(other, "favourite", copy["id"]))
    tally.check(name + "reblog", lambda: toot(other, "reblog", copy["id"]))
    tally.check(name + "post --reply-to", lambda: toot(other, "post", "--reply-to", copy["id"], f"@{toot.handles[me]} read it"))

    def counted():
        seen = toot.json(me, "status", status["id"])
        return (seen["favourites_count"], seen["reblogs_count"], seen["replies_count"]) == (1, 1, 1)

    tally.check(name + "favourite, boost and reply arrive", lambda: eventually(counted, WITHIN, every=0.2))
    tally.check(name + "thread", lambda: "read it" in toot(me, "thread", status["id"]))
    tally.check(name + "notifications", lambda: toot.handles[other] in toot(me, "notifications"))
    tally.check(name + "unfavourite", lambda: toot(other, "unfavourite", copy["id"]))
    tally.check(name + "unreblog", lambda: toot(other, "unreblog", copy["id"]))
    tally.check(name + "delete", lambda: toot(me, "delete", status["id"]))

    def gone():
        try:
            toot(other, "status", copy["id"])
        except AssertionError:
            return True
        return False

    tally.check(name + "the copy is gone", lambda: eventually(gone, WITHIN, every=0.2))


def following(tally, toot, me, other):
    name = f"toot, {me} → {other}: "
    handle = toot.handles[other]
    tally.check(name + "search", lambda: handle in toot(me, "search", "--resolve", f"@{handle}"))
    tally.check(name + "unfollow", lambda: toot(me, "unfollow", handle))
    tally.check(name + "following, without", lambda: handle not in toot(me, "following"))
    tally.check(name + "follow", lambda: toot(me, "follow", handle))
    tally.check(
        name + "following, with", lambda: eventually(lambda: handle in toot(me, "following"), WITHIN, every=0.2)
    )
    tally.check(
        name + "followers of the other",
        lambda: eventually(lambda: toot.handles[me] in toot(other, "followers"), WITHIN, every=0.2),
    )
