"""Two running servers exchange every verb, each told what to do through the Mastodon API that both serve.

    python3 tests/peers/by_hand.py PEOPLE.json [--report FILE.json]

PEOPLE.json lists two people of each server: {"ours": [PERSON, PERSON], "theirs": [PERSON, PERSON]}, a PERSON being
{"base_url", "handle", "token"} with a token for everything, the first of each an administrator; "forms": true where the
API takes forms rather than JSON (snac). Nothing is installed or
started here: it is for trying real servers, on addresses of this machine only. What a server's API cannot be asked for is
told as `not spoken`. Results stand in docs/interop.md. Standard library only.
"""

import argparse
import json
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zlib

WITHIN = 8.0


class NotSpoken(Exception):
    """The API does not have it."""


class Api:
    """A person at a server."""

    def __init__(self, person):
        self.base_url, self.handle, self.token = person["base_url"].rstrip("/"), person["handle"], person["token"]
        self.known, self.forms = {}, person.get("forms", False)

    def ask(self, method, path, body=None, files=None, **query):
        url = self.base_url + path + (f"?{urllib.parse.urlencode(query)}" if query else "")
        headers, data = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}, None
        if files is not None:
            mark = uuid.uuid4().hex
            headers["Content-Type"] = f"multipart/form-data; boundary={mark}"
            data = b""
            for key, value in (body or {}).items():
                data += f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, (name, kind, content) in files.items():
                data += (
                    f'--{mark}\r\nContent-Disposition: form-data; name="{key}"; filename="{name}"\r\n'
                    f"Content-Type: {kind}\r\n\r\n"
                ).encode() + content + b"\r\n"
            data += f"--{mark}--\r\n".encode()
        elif body is not None or method in ("POST", "PUT", "PATCH"):
            if self.forms:
                data = urllib.parse.urlencode(list(fields(body or {}))).encode()
            else:
                headers["Content-Type"] = "application/json"
                data = json.dumps(body or {}).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=60) as answer:
                text = answer.read()
                return json.loads(text) if text.strip() else {}
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:300]
            if error.code in (404, 405, 501) and method != "GET":
                raise NotSpoken(f"{method} {path}: {error.code} {said}") from None
            raise AssertionError(f"{method} {path}: {error.code} {said}") from None

    def get(self, path, **query):
        return self.ask("GET", path, **query)

    def post(self, path, **body):
        return self.ask("POST", path, body)

    def find(self, other):
        """The id of another person here."""
        if other.handle not in self.known:
            name = other.handle.split("@")[0]
            # Some take a handle with a bare address for no handle.
            for query in (f"@{other.handle}", f"{other.base_url}/users/{name}", f"{other.base_url}/{name}"):
                found = self.get("/api/v2/search", q=query, resolve="true", type="accounts")["accounts"]
                if found := [a["id"] for a in found if a["username"] == name]:
                    self.known[other.handle] = found[0]
                    return found[0]
            raise AssertionError(f"@{other.handle} was not found")
        return self.known[other.handle]

    def relationship(self, other):
        return self.ask("GET", "/api/v1/accounts/relationships?id[]=" + self.find(other))[0]

    def say(self, text, **more):
        return self.post("/api/v1/statuses", status=text, **more)

    def home(self):
        return self.get("/api/v1/timelines/home", limit=40)

    def seen(self, word):
        """The post with this word in it, at home or among the notifications, as soon as it is there."""

        def look():
            posts = self.home() + [n["status"] for n in self.get("/api/v1/notifications", limit=30) if n.get("status")]
            return next((s for s in posts if word in plain(s["content"])), None)

        return eventually(look)

    def notified(self, kind, other=None, word=None):
        def fits(n):
            by = other is None or other.handle.split("@")[0] == n["account"]["username"]
            return n["type"] == kind and by and (word is None or word in plain((n.get("status") or {}).get("content")))

        return eventually(lambda: next(filter(fits, self.get("/api/v1/notifications", limit=30)), None))


def fields(body, inside=None):
    """`body` as the fields of a form: a[b], a[]."""
    for key, value in body.items() if isinstance(body, dict) else (("", value) for value in body):
        name = key if inside is None else f"{inside}[{key}]"
        if isinstance(value, (dict, list)):
            yield from fields(value, name)
        else:
            yield name, str(value).lower() if isinstance(value, bool) else value


def plain(html):
    return re.sub("<[^>]*>", "", html or "")


def eventually(look, within=WITHIN):
    deadline = time.monotonic() + within
    while True:
        try:
            answer = look()
            if answer:
                return answer
            last = f"last answer {answer!r}"
        except NotSpoken:
            raise
        except Exception as error:
            last = f"{type(error).__name__}: {error}"
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s; {last}")
        time.sleep(0.3)


def same(what, wanted):
    assert what == wanted, f"{what!r} instead of {wanted!r}"


def fresh(word):
    return f"{word}{time.time_ns() % 10**12}"


def picture():
    """A red PNG of 8 by 8."""

    def chunk(kind, content):
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    rows = b"".join(b"\0" + b"\xd0\x20\x20" * 8 for _ in range(8))
    head = (8).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# Each part: `a` does it, `b` sees it; `a2` and `b2` live beside them.


def lookup(a, b, **_):
    a.find(b)


def follow(a, b, **_):
    a.post(f"/api/v1/accounts/{a.find(b)}/follow")
    eventually(lambda: a.relationship(b)["following"])
    b.notified("follow", a)


def follow_request(a2, b2, **_):
    """Locked: refused, then let in."""
    b2.ask("PATCH", "/api/v1/accounts/update_credentials", {"locked": True})
    eventually(lambda: b2.get("/api/v1/accounts/verify_credentials")["locked"], 3)
    a2.ask("GET", "/api/v2/search", q=f"@{b2.handle}", resolve="true")

    def asked():
        return next((r for r in b2.get("/api/v1/follow_requests") if r["username"] == a2.handle.split("@")[0]), None)

    a2.post(f"/api/v1/accounts/{a2.find(b2)}/follow")
    request = eventually(asked)
    b2.post(f"/api/v1/follow_requests/{request['id']}/reject")
    eventually(lambda: not a2.relationship(b2)["requested"] and not a2.relationship(b2)["following"])
    a2.post(f"/api/v1/accounts/{a2.find(b2)}/follow")
    request = eventually(asked)
    b2.post(f"/api/v1/follow_requests/{request['id']}/authorize")
    eventually(lambda: a2.relationship(b2)["following"])
    b2.ask("PATCH", "/api/v1/accounts/update_credentials", {"locked": False})


def post_as(visibility):
    def part(a, b, **_):
        word = fresh(visibility)
        a.say(f"@{b.handle} {word}" if visibility == "direct" else word, visibility=visibility)
        status = b.seen(word)
        same(status["visibility"], visibility)

    return part


def warning(a, b, **_):
    word = fresh("warned")
    a.say(word, spoiler_text="careful", sensitive=True)
    status = b.seen(word)
    same((status["spoiler_text"], status["sensitive"]), ("careful", True))


def mention_and_tag(a, b, **_):
    word = fresh("mentioned")
    a.say(f"@{b.handle} {word} #長屋 #tea")
    status = b.notified("mention", a, word)["status"]
    # snac's API leaves the reader out of the list.
    same([m["username"] for m in status["mentions"]] or [b.handle.split("@")[0]], [b.handle.split("@")[0]])
    same(sorted(urllib.parse.unquote(t["name"]).lower() for t in status["tags"]), ["tea", "長屋"])


def reply(a, b, **_):
    word, root = fresh("answer"), b.say(fresh("root"))
    here = a.seen(plain(root["content"]))
    a.say(f"@{b.handle} {word}", in_reply_to_id=here["id"])
    status = b.notified("mention", a, word)["status"]
    same(status["in_reply_to_id"], root["id"])
    context = eventually(lambda: b.get(f"/api/v1/statuses/{root['id']}/context")["descendants"])
    same([word in plain(s["content"]) for s in context], [True])


def edit(a, b, **_):
    word, better = fresh("first"), fresh("better")
    mine = a.say(word)
    here = b.seen(word)
    time.sleep(1.1)  # Edits of the same second are the same version to some.
    a.ask("PUT", f"/api/v1/statuses/{mine['id']}", {"status": better})
    eventually(lambda: better in plain(b.get(f"/api/v1/statuses/{here['id']}")["content"]))


def deletion(a, b, **_):
    word = fresh("doomed")
    mine = a.say(word)
    here = b.seen(word)
    a.ask("DELETE", f"/api/v1/statuses/{mine['id']}")

    def gone():
        try:
            b.get(f"/api/v1/statuses/{here['id']}")
        except AssertionError as error:
            return ": 404" in str(error) or ": 410" in str(error)
        return word not in str(b.home())

    eventually(gone)


def counted(verb, undo, field, kind):
    def part(a, b, **_):
        word = fresh("count")
        theirs = b.say(word)
        here = a.seen(word)
        a.post(f"/api/v1/statuses/{here['id']}/{verb}")
        eventually(lambda: b.get(f"/api/v1/statuses/{theirs['id']}")[field] == 1)
        b.notified(kind, a)
        a.post(f"/api/v1/statuses/{here['id']}/{undo}")
        eventually(lambda: b.get(f"/api/v1/statuses/{theirs['id']}")[field] == 0)

    return part


def boost_of_third(a, a2, b, **_):
    """`b` follows `a`, not `a2`: the boost brings the post of `a2`."""
    word = fresh("third")
    post = a2.say(word)
    here = next(s for s in [a.get(f"/api/v1/statuses/{post['id']}")])
    a.post(f"/api/v1/statuses/{here['id']}/reblog")
    eventually(lambda: [s for s in b.home() if s.get("reblog") and word in plain(s["reblog"]["content"])])


def poll(a, b, **_):
    word = fresh("poll")
    mine = a.say(word, poll={"options": ["tea", "coffee"], "expires_in": 3600})
    status = b.seen(word)
    same([o["title"] for o in status["poll"]["options"]], ["tea", "coffee"])
    b.post(f"/api/v1/polls/{status['poll']['id']}/votes", choices=[1])
    eventually(lambda: [o["votes_count"] for o in a.get(f"/api/v1/statuses/{mine['id']}")["poll"]["options"]] == [0, 1])


def reaction(a, b, **_):
    word = fresh("feel")
    theirs = b.say(word)
    here = a.seen(word)
    emoji = urllib.parse.quote("🍵")
    a.ask("PUT", f"/api/v1/pleroma/statuses/{here['id']}/reactions/{emoji}")

    def reacted():
        status = b.get(f"/api/v1/statuses/{theirs['id']}")
        listed = (status.get("pleroma") or {}).get("emoji_reactions") or status.get("reactions") or []
        if any(r["name"] == "🍵" for r in listed):
            return "reaction"
        if status["favourites_count"]:
            return "favourite"
        return next((n["type"] for n in b.get("/api/v1/notifications") if "reaction" in n["type"]), None)

    return {"reaction": "", "favourite": "counts as a favourite"}.get(eventually(reacted), "notified")


def media(a, b, **_):
    word = fresh("red")
    upload = a.ask("POST", "/api/v2/media", {"description": "a red square"}, {"file": ("red.png", "image/png", picture())})
    time.sleep(1)
    a.say(word, media_ids=[upload["id"]])
    shown = eventually(lambda: b.seen(word)["media_attachments"])
    same((len(shown), shown[0]["type"], shown[0]["description"]), (1, "image", "a red square"))
    with urllib.request.urlopen(shown[0]["url"], timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("image/"), answer.headers["Content-Type"]


def emoji(a, b, **_):
    code, word = fresh("red"), fresh("with")
    image = {"image": ("red.png", "image/png", picture())}
    try:
        a.ask("POST", "/api/v1/admin/custom_emojis", {"shortcode": code}, image)
    except NotSpoken:
        a.ask("POST", "/api/nagaya/v1/admin/emojis", {"shortcode": code}, image)
    a.say(f"{word} :{code}:")
    status = b.seen(word)
    shown = eventually(lambda: b.get(f"/api/v1/statuses/{status['id']}")["emojis"])
    same([e["shortcode"] for e in shown], [code])


def profile(a, b, **_):
    name, here = fresh("Name"), b.find(a)
    a.ask("PATCH", "/api/v1/accounts/update_credentials", {"display_name": name})
    eventually(lambda: b.get(f"/api/v1/accounts/{here}")["display_name"] == name)


def pin(a, b, **_):
    word = fresh("pinned")
    mine = a.say(word)
    b.seen(word)
    a.post(f"/api/v1/statuses/{mine['id']}/pin")
    here = b.find(a)

    def pinned():
        return any(word in plain(s["content"]) for s in b.get(f"/api/v1/accounts/{here}/statuses", pinned="true"))

    eventually(pinned)
    a.post(f"/api/v1/statuses/{mine['id']}/unpin")
    eventually(lambda: not pinned())


def report(a, b, **_):
    word = fresh("rude")
    theirs = b.say(fresh("report"))
    here = a.seen(plain(theirs["content"]))
    a.post("/api/v1/reports", account_id=a.find(b), status_ids=[here["id"]], comment=word, forward=True)
    eventually(lambda: word in json.dumps(b.get("/api/v1/admin/reports")))


def quote(a, b, **_):
    word, mine = fresh("wise"), fresh("indeed")
    b.say(word, quote_approval_policy="public")
    here = a.seen(word)
    post = a.say(mine, quoted_status_id=here["id"], quote_id=here["id"])
    a_side = eventually(lambda: a.get(f"/api/v1/statuses/{post['id']}").get("quote"))
    state = a_side.get("state", "shown") if isinstance(a_side, dict) else "?"
    status = b.seen(mine)
    return f"asked: {state}; read: {'as a quote' if status.get('quote') else 'as a link'}"


def block(a2, b2, **_):
    """`b2` follows `a2`; the Block ends it. Then an unblock."""
    b2.post(f"/api/v1/accounts/{b2.find(a2)}/follow")
    eventually(lambda: b2.relationship(a2)["following"])
    a2.post(f"/api/v1/accounts/{a2.find(b2)}/block")
    eventually(lambda: not b2.relationship(a2)["following"])
    told = b2.relationship(a2)["blocked_by"]
    a2.post(f"/api/v1/accounts/{a2.find(b2)}/unblock")
    return "" if told else "the follow ends; the one blocked is not told"


def unfollow(a, b, **_):
    a.post(f"/api/v1/accounts/{a.find(b)}/unfollow")
    eventually(lambda: not b.relationship(a)["followed_by"])


FIRST = {"Look up by handle": lookup, "Follow, Accept": follow}
PARTS = {
    "Follow of a locked account: Reject, Accept": follow_request,
    "Create, public": post_as("public"),
    "Create, unlisted": post_as("unlisted"),
    "Create, followers only": post_as("private"),
    "Create, direct": post_as("direct"),
    "Content warning": warning,
    "Mention and hashtags": mention_and_tag,
    "Reply": reply,
    "Edit (Update)": edit,
    "Delete": deletion,
    "Like, Undo": counted("favourite", "unfavourite", "favourites_count", "favourite"),
    "Announce, Undo": counted("reblog", "unreblog", "reblogs_count", "reblog"),
    "Announce of somebody else's post": boost_of_third,
    "Question, vote": poll,
    "Emoji reaction": reaction,
    "Picture with description": media,
    "Custom emoji": emoji,
    "Profile (Update)": profile,
    "Pin, unpin (Add, Remove)": pin,
    "Quote": quote,
    "Flag": report,
    "Block, Undo": block,
    "Unfollow (Undo)": unfollow,
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("people")
    arguments.add_argument("--report")
    arguments.add_argument("--only")
    arguments = arguments.parse_args()
    with open(arguments.people) as file:
        people = json.load(file)
    ours, theirs = ([Api(person) for person in people[side]] for side in ("ours", "theirs"))
    for person in [*ours, *theirs]:
        person.ask("PATCH", "/api/v1/accounts/update_credentials", {"locked": False})
    directions = (("→", ours, theirs), ("←", theirs, ours))
    results = {}
    for parts in (FIRST, PARTS):
        for name, part in parts.items():
            if arguments.only and parts is PARTS and arguments.only not in name:
                continue
            for arrow, (a, a2), (b, b2) in directions:
                try:
                    note = part(a=a, a2=a2, b=b, b2=b2)
                    verdict = ("yes", note or "")
                except NotSpoken as error:
                    verdict = ("not spoken", str(error))
                except Exception as error:
                    verdict = ("NO", f"{type(error).__name__}: {error}")
                results.setdefault(name, {})[arrow] = verdict
                print(f"{arrow} {name}: {verdict[0]}{f' ({verdict[1]})' if verdict[1] else ''}", flush=True)
    if arguments.report:
        with open(arguments.report, "w") as file:
            json.dump(results, file, indent=1, ensure_ascii=False)
    failed = sum(verdict[0] == "NO" for row in results.values() for verdict in row.values())
    print(f"{sum(map(len, results.values())) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
