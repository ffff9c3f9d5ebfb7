"""What the command line client `toot` does on the demo's two servers."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

import click
from demo import eventually
from neighbours import picture
from toot.cli import cli

WITHIN = 5.0
# Commands with commands of their own.
GROUPS = {name for name, command in cli.commands.items() if isinstance(command, click.Group)}


# What is not called, and why nobody misses it.
EXCEPTIONS = {
    "activate": "changes toot's own configuration only",
    "auth": "reads toot's own configuration only",
    "diag": "asks people what to put into a bug report",
    "env": "an old name of diag",
    "list_accounts": "an old name of lists accounts",
    "list_add": "an old name of lists add",
    "list_create": "an old name of lists create",
    "list_delete": "an old name of lists delete",
    "list_remove": "an old name of lists remove",
    "login": "opens a browser; the part oauth goes that way by itself",
    "login_cli": "by the password grant, which Mastodon 4.4 removed",
    "reblogged_by": "an old name of reblogged-by",
    "timelines link": "only for links that are being talked about: 404 otherwise",
    "tui": "a program for a terminal with somebody in front of it",
    "update_account": "an old name of update-account",
}


class Toot:
    """The `toot` program with both people signed in: a configuration of its own, in a temporary folder."""

    def __init__(self, demo, folder):
        self._folder = folder
        self.used = set()
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
        words = arguments[:2]
        self.used |= {words[0], " ".join(words)}
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
        everything(tally, toot)
        tally.check("no command of toot is forgotten", lambda: forgotten(toot.used))


def commands(group=cli, prefix=""):
    """The names of every command, those of groups with two words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name


def forgotten(used):
    left = sorted(set(commands()) - used - set(EXCEPTIONS))
    assert not left, f"{len(left)} are neither used nor excepted: {', '.join(left)}"


def everything(tally, toot):
    """Every command that the stories above and below leave, each once."""
    bob = toot.handles["bob"]
    status = toot.json("alice", "post", "Typed with care")["id"]
    tag = f"toot{time.time_ns()}"

    def does(*arguments, says=""):
        name = " ".join(arguments[:2] if arguments[0] in GROUPS else arguments[:1])
        tally.check(f"toot {name}", lambda: says in toot("alice", *arguments))

    does("whois", bob, says="bob")
    for deed in ("bookmark", "unbookmark", "pin", "unpin", "favourite", "reblog"):
        does(deed, status)
    does("reblogged-by", status, says="alice")
    does("unreblog", status)
    toot("alice", "bookmark", status)
    does("bookmarks", "--once", says="Typed with care")
    for deed, undo, many in (("mute", "unmute", "muted"), ("block", "unblock", "blocked")):
        does(deed, bob)
        does(many, says="bob")
        does(undo, bob)
    # A block ends what was between them; it is made up again below.
    toot("alice", "follow", bob)
    toot("bob", "unfollow", toot.handles["alice"])
    toot("alice", "update-account", "--locked")
    for verdict in ("reject", "accept"):
        toot("bob", "follow", toot.handles["alice"])
        knocked = lambda: "bob" in toot("alice", "follow-requests", "list")  # noqa: E731
        tally.check("toot follow-requests list", lambda: eventually(knocked, WITHIN, every=0.2))
        does("follow-requests", verdict, bob)
        time.sleep(0.5)
    does("update-account", "--no-locked", "--display-name", "Alice")
    for deed in ("follow", "followed", "info", "feature", "featured", "unfeature", "unfollow"):
        does("tags", deed, *([tag] if deed not in ("followed", "featured") else []))
    does("lists", "create", "Neighbours")
    does("lists", "list", says="Neighbours")
    does("lists", "add", "Neighbours", bob)
    does("lists", "accounts", "Neighbours", says="bob")
    does("timelines", "list", "Neighbours", "--no-pager")
    does("lists", "remove", "Neighbours", bob)
    does("lists", "delete", "Neighbours")
    for which in (["account", bob], ["favourites"], ["public"], ["tag", "nagaya"], ["trending"]):
        does("timelines", *which, "--no-pager")
    does("timeline", "--once", "--public")
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(picture())
        file.flush()
        does("upload", file.name)
    poll = toot.json("bob", "post", "Which?", "--poll-option", "this", "--poll-option", "that")
    copy = home(toot, "alice", poll["uri"])
    does("polls", "show", copy["poll"]["id"], says="this")
    does("polls", "vote", copy["poll"]["id"], "1")
    does("logout", toot.handles["alice"])


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
