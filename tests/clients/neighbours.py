"""What Mastodon.py sees of the demo's two servers: everything that alice does reaches bob, and the other way round."""

import struct
import threading
import time
import urllib.parse
import zlib

import requests
from mastodon import Mastodon, MastodonAPIError, MastodonError, StreamListener
from mastodon.errors import MastodonNotFoundError

from demo import eventually

WITHIN = 5.0  # Seconds that something may take to travel; it takes some ten milliseconds.
PROMISE = 1.0  # Seconds from the click on "post" to the other's home timeline and open stream.


class Person:
    """Somebody of the demo, with a client of their own."""

    def __init__(self, base_url, account):
        self.base_url = base_url
        self.username = account["username"]
        self.password = account["password"]
        self.client = Mastodon(access_token=account["token"], api_base_url=base_url, ratelimit_method="throw")
        self.me = self.client.account_verify_credentials()
        self.host = urllib.parse.urlsplit(base_url).netloc
        self.handle = f"{self.username}@{self.host}"

    def find(self, handle):
        """The account with this full handle, as this person's server knows it."""
        found = self.client.search_v2(f"@{handle}", resolve=True, result_type="accounts").accounts
        assert found, f"{self.handle} does not find @{handle}"
        return found[0]

    def befriend(self, other):
        """Both follow each other from now on."""
        for one, two in ((self, other), (other, self)):
            them = one.find(two.handle)
            one.client.account_follow(them)
            eventually(lambda: one.client.account_relationships(them)[0].following, WITHIN)

    def in_home(self, uri):
        return next((s for s in self.client.timeline_home(limit=40) if s.uri == uri), None)

    def in_home_soon(self, uri, within=WITHIN):
        return eventually(lambda: self.in_home(uri), within)

    def known(self, uri):
        """The post with this address, as this person's server has it."""
        return self.client.search_v2(uri, resolve=True, result_type="statuses").statuses[0]

    def notified(self, kind, status_id=None):
        return eventually(
            lambda: next(
                (
                    n
                    for n in self.client.notifications(limit=30)
                    if n.type == kind and (status_id is None or n.status.id == status_id)
                ),
                None,
            ),
            WITHIN,
        )


class Ears(StreamListener):
    """Remembers what a stream told, and when."""

    def __init__(self):
        self.heard = []

    def on_update(self, status):
        self.heard.append((time.monotonic(), "update", status))

    def on_status_update(self, status):
        self.heard.append((time.monotonic(), "status.update", status))

    def on_delete(self, status_id):
        self.heard.append((time.monotonic(), "delete", status_id))

    def on_notification(self, notification):
        self.heard.append((time.monotonic(), "notification", notification))

    def first(self, kind, of):
        return next(((when, what) for when, name, what in list(self.heard) if name == kind and of(what)), None)

    def soon(self, kind, of, within=WITHIN):
        return eventually(lambda: self.first(kind, of), within, every=0.005)


def run(tally, demo):
    alice, bob = (Person(*demo.account(name)) for name in ("alice", "bob"))
    begin(tally, alice, bob)
    for me, other in ((alice, bob), (bob, alice)):
        travels(tally, me, other)
        follows(tally, me, other)
        visibility(tally, me, other)
        media(tally, me, other)
        rejected(tally, me, other, demo.banned_word())
    pages(tally, alice, bob)
    manners(tally, alice)


def begin(tally, alice, bob):
    """What the demo promises to have prepared."""
    for me, other in ((alice, bob), (bob, alice)):
        name = f"{me.username}: "
        tally.check(name + "Mastodon.py reads the instance", lambda: me.client.instance_v2().domain == me.host)
        tally.check(name + "and its older shape", lambda: me.client.instance_v1().uri)
        tally.check(name + "finds the other by handle", lambda: me.find(other.handle).acct == other.handle)
        tally.check(
            name + "follows and is followed",
            lambda: (lambda r: r.following and r.followed_by)(
                me.client.account_relationships(me.find(other.handle))[0]
            ),
        )
        tally.check(
            name + "has posts in the home timeline that came from elsewhere",
            lambda: any(s.account.acct == other.handle for s in me.client.timeline_home()),
        )


def travels(tally, me, other):
    """A post and everything that happens to it."""
    name = f"{me.username} → {other.username}: "
    stream, socket = Ears(), Ears()
    sse = tally.check(name + "the event stream opens", lambda: other.client.stream_user(stream, run_async=True))
    handle = tally.check(name + "the WebSocket opens", lambda: open_socket(other, socket))
    try:
        status = arrives(tally, name, me, other, stream, socket)
        if status is None:
            return
        copy = other.in_home(status.uri)
        reactions(tally, name, me, other, status, copy)
        answers(tally, name, me, other, status, copy)
        changes(tally, name, me, other, status, copy, socket)
    finally:
        for opened in (sse, handle):
            if opened is not None:
                opened.close()


def open_socket(person, ears):
    handle = person.client.stream_open_websocket()
    person.client.stream_user(ears, websocket_handle=handle)
    eventually(handle.is_receiving, WITHIN)
    time.sleep(0.3)  # The subscription itself has no answer.
    return handle


def arrives(tally, name, me, other, stream, socket):
    """Posts, and measures how long it takes to the other's eyes."""
    seen = {}
    text = f"Good morning, {other.username}! {time.time_ns()}"

    def look():
        # The text is our own and unique, so we need not wait for the answer that tells the address.
        eventually(lambda: next((s for s in other.client.timeline_home(limit=5) if text in s.content), None), WITHIN)
        seen["home"] = time.monotonic()

    watcher = threading.Thread(target=look)
    begun = time.monotonic()
    watcher.start()
    status = tally.check(name + "posts", lambda: me.client.status_post(text))
    watcher.join()
    if status is None:
        return None

    def within(kind):
        took = seen[kind] - begun
        print(f"       {name}{kind} after {took * 1000:.0f} ms")
        assert took <= PROMISE, f"{took:.3f} s"

    def listened(kind, ears):
        seen[kind] = ears.soon("update", lambda s: s.uri == status.uri)[0]
        within(kind)

    tally.check(name + "reaches the home timeline within a second", lambda: within("home"))
    tally.check(name + "reaches the open event stream within a second", lambda: listened("event stream", stream))
    tally.check(name + "reaches the open WebSocket within a second", lambda: listened("WebSocket", socket))
    copy = tally.check(name + "the copy says whose it is", lambda: other.in_home_soon(status.uri))
    if copy is None:
        return None
    tally.check(name + "author and visibility are right", lambda: copy.account.acct == me.handle and copy.visibility == "public")
    return status


def reactions(tally, name, me, other, status, copy):
    def counts():
        return me.client.status(status)

    tally.check(name + "the other favourites it", lambda: other.client.status_favourite(copy).favourited)
    tally.check(name + "the favourite counts", lambda: eventually(lambda: counts().favourites_count == 1, WITHIN))
    tally.check(name + "and is told", lambda: me.notified("favourite", status.id).account.acct == other.handle)
    tally.check(
        name + "favourited_by names the other",
        lambda: me.client.status_favourited_by(status)[0].acct == other.handle,
    )
    tally.check(name + "the favourite is taken back", lambda: not other.client.status_unfavourite(copy).favourited)
    tally.check(name + "and counts no more", lambda: eventually(lambda: counts().favourites_count == 0, WITHIN))

    tally.check(name + "the other boosts it", lambda: other.client.status_reblog(copy).reblog.uri == status.uri)
    tally.check(name + "the boost counts", lambda: eventually(lambda: counts().reblogs_count == 1, WITHIN))
    tally.check(name + "and is told", lambda: me.notified("reblog", status.id).account.acct == other.handle)
    tally.check(name + "the boost is taken back", lambda: not other.client.status_unreblog(copy).reblogged)
    tally.check(name + "and counts no more", lambda: eventually(lambda: counts().reblogs_count == 0, WITHIN))

    tally.check(name + "bookmark and back", lambda: bookmark(other, copy))


def bookmark(person, status):
    assert person.client.status_bookmark(status).bookmarked
    assert status.id in [s.id for s in person.client.bookmarks()]
    assert not person.client.status_unbookmark(status).bookmarked
    assert status.id not in [s.id for s in person.client.bookmarks()]


def answers(tally, name, me, other, status, copy):
    reply = tally.check(
        name + "the other replies", lambda: other.client.status_reply(copy, f"Good morning to you, {time.time_ns()}")
    )
    if reply is None:
        return
    tally.check(name + "the reply mentions the author", lambda: any(m.acct == me.handle for m in reply.mentions))

    def mentioned():
        return next((n for n in me.client.notifications() if n.type == "mention" and n.status.uri == reply.uri), None)

    notice = tally.check(name + "and is told", lambda: eventually(mentioned, WITHIN))
    if notice:
        tally.check(name + "as an answer to that post", lambda: notice.status.in_reply_to_id == status.id)
    tally.check(
        name + "the thread shows it",
        lambda: reply.uri in [s.uri for s in me.client.status_context(status).descendants],
    )
    tally.check(
        name + "and the other's thread shows the post above it",
        lambda: [s.uri for s in other.client.status_context(reply).ancestors] == [status.uri],
    )
    tally.check(name + "the reply counts", lambda: me.client.status(status).replies_count == 1)
    # And one back, so that a thread of three has crossed twice.
    if notice:
        back = tally.check(name + "and answers back", lambda: me.client.status_reply(notice.status, "Sleep well?"))
        if back:
            tally.check(
                name + "which arrives below the reply",
                lambda: eventually(
                    lambda: back.uri in [s.uri for s in other.client.status_context(copy).descendants], WITHIN
                ),
            )


def changes(tally, name, me, other, status, copy, socket):
    text = f"Good evening! {time.time_ns()}"
    tally.check(name + "edits", lambda: me.client.status_update(status, text).edited_at is not None)
    tally.check(
        name + "the copy changes",
        lambda: eventually(lambda: text in other.client.status(copy).content, WITHIN),
    )
    tally.check(
        name + "the stream tells of the edit",
        lambda: socket.soon("status.update", lambda s: s.uri == status.uri)[1].content,
    )
    tally.check(name + "both versions are kept", lambda: len(me.client.status_history(status)) == 2)
    tally.check(name + "the source is as typed", lambda: me.client.status_source(status).text == text)

    tally.check(name + "deletes, and gets the text back", lambda: me.client.status_delete(status).text == text)
    tally.check(name + "the copy is gone", lambda: eventually(lambda: gone(other, copy), WITHIN))
    tally.check(name + "and not in the home timeline", lambda: other.in_home(status.uri) is None)
    tally.check(
        name + "the stream tells of the deletion", lambda: socket.soon("delete", lambda i: str(i) == str(copy.id))
    )


def gone(person, status):
    try:
        person.client.status(status)
    except MastodonNotFoundError:
        return True
    return False


def follows(tally, me, other):
    """The other unfollows and follows me again; posts stop and go on."""
    name = f"{me.username} ⇆ {other.username}: "
    mine = other.find(me.handle)

    def followers():
        return me.client.account(me.me).followers_count

    before = followers()
    tally.check(name + "unfollow", lambda: not other.client.account_unfollow(mine).following)
    tally.check(name + "one follower less", lambda: eventually(lambda: followers() == before - 1, WITHIN))
    missed = tally.check(name + "a post meanwhile", lambda: me.client.status_post(f"Nobody hears this {time.time_ns()}"))
    tally.check(
        name + "follow again",
        lambda: (lambda r: r.following or r.requested)(other.client.account_follow(mine)),
    )
    tally.check(
        name + "is accepted",
        lambda: eventually(lambda: other.client.account_relationships(mine)[0].following, WITHIN),
    )
    tally.check(name + "one follower more", lambda: eventually(lambda: followers() == before, WITHIN))
    tally.check(name + "who is told of", lambda: me.notified("follow").account.acct == other.handle)
    tally.check(
        name + "followers names the other",
        lambda: other.handle in [a.acct for a in me.client.account_followers(me.me)],
    )
    heard = tally.check(name + "the next post", lambda: me.client.status_post(f"Welcome back {time.time_ns()}"))
    if heard:
        tally.check(name + "arrives again", lambda: other.in_home_soon(heard.uri))
    if missed:
        tally.check(name + "the one meanwhile did not travel by itself", lambda: other.in_home(missed.uri) is None)


def visibility(tally, me, other):
    name = f"{me.username} → {other.username}: "
    for kind in ("unlisted", "private"):
        status = tally.check(
            name + f"posts {kind}",
            lambda: me.client.status_post(f"Psst, {kind} {time.time_ns()}", visibility=kind),
        )
        if status is None:
            continue
        copy = tally.check(name + f"{kind} reaches the follower", lambda: other.in_home_soon(status.uri))
        if copy:
            tally.check(name + f"{kind} stays {kind}", lambda: copy.visibility == kind)
        tally.check(
            name + f"{kind} is {'open to' if kind == 'unlisted' else 'closed to'} strangers with the address",
            lambda: stranger(status) == (kind == "unlisted"),
        )
        tally.check(
            name + f"{kind} is in no public timeline",
            lambda: status.uri not in [s.uri for s in other.client.timeline_public(limit=40)],
        )
    status = tally.check(
        name + "posts direct",
        lambda: me.client.status_post(f"@{other.handle} for you alone {time.time_ns()}", visibility="direct"),
    )
    if status is None:
        return

    def told():
        return next((n for n in other.client.notifications() if n.type == "mention" and n.status.uri == status.uri), None)

    notice = tally.check(name + "direct reaches the one it mentions", lambda: eventually(told, WITHIN))
    if notice:
        tally.check(name + "direct stays direct", lambda: notice.status.visibility == "direct")
        tally.check(
            name + "a direct post cannot be boosted",
            lambda: refused(lambda: other.client.status_reblog(notice.status)),
        )
    tally.check(name + "direct is closed to strangers", lambda: not stranger(status))


def stranger(status):
    """Whether somebody without account or signature can read the post as JSON or as a page."""
    for accept in ("application/activity+json", "text/html"):
        answer = requests.get(status.uri, headers={"Accept": accept}, timeout=10)
        assert answer.status_code in (200, 401, 403, 404), f"{accept}: {answer.status_code}"
        if answer.status_code == 200:
            return True
    return False


def refused(deed):
    """Whether the server refuses (4xx) `deed`."""
    try:
        deed()
    except MastodonAPIError as error:
        return 400 <= error.args[1] < 500
    return False


def picture():
    """A small PNG with a gradient."""
    width, height = 64, 48
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 4, y * 5, 128)) for x in range(width)) for y in range(height)
    )

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def media(tally, me, other):
    name = f"{me.username} → {other.username}: "
    described = "A gradient from black to yellow, 日本語も"

    def upload():
        made = me.client.media_post(picture(), mime_type="image/png", description=described, focus=(0.5, -0.5))
        if made.url:
            return made
        return eventually(lambda: next((m for m in [me.client.media(made)] if m.url), None), WITHIN)

    made = tally.check(name + "uploads a picture", upload)
    if made is None:
        return
    tally.check(name + "its description is kept", lambda: made.description == described)
    tally.check(
        name + "its size is known", lambda: (made.meta.original.width, made.meta.original.height) == (64, 48)
    )
    status = tally.check(
        name + "posts it", lambda: me.client.status_post(f"Look {time.time_ns()}", media_ids=[made], sensitive=True)
    )
    if status is None:
        return
    copy = tally.check(name + "the picture arrives", lambda: other.in_home_soon(status.uri))
    if copy is None:
        return
    tally.check(name + "the warning arrives", lambda: copy.sensitive)

    def described_there():
        [attachment] = copy.media_attachments
        assert attachment.type == "image", attachment.type
        assert attachment.description == described, attachment.description
        assert attachment.blurhash, "no blurhash"
        return attachment

    attachment = tally.check(name + "with description and blurhash", described_there)
    if attachment:
        for which in ("url", "preview_url"):
            tally.check(name + f"its {which} shows a picture", lambda: shows(attachment[which]))


def shows(url):
    answer = requests.get(url, timeout=20)
    assert answer.status_code == 200, f"{url}: {answer.status_code}"
    return answer.headers["Content-Type"].startswith("image/") and len(answer.content) > 100


def rejected(tally, me, other, word):
    """The keyword filter stops a local post. (What comes in is tried by the Fedify peer, which has no such filter.)"""
    name = f"{me.username}: "

    def post():
        answer = requests.post(
            f"{me.base_url}/api/v1/statuses",
            json={"status": f"Win at the {word} {time.time_ns()}"},
            headers={"Authorization": f"Bearer {me.client.access_token}"},
            timeout=10,
        )
        assert answer.status_code == 422, f"{answer.status_code} {answer.text}"
        reason = answer.json()["error"]
        assert word in reason, f"the reason does not name the word: {reason}"

    tally.check(name + f"the filter refuses “{word}” with 422 and its reason", post)
    tally.check(
        name + "and nothing of it was posted",
        lambda: all(word not in s.content for s in me.client.account_statuses(me.me, limit=5)),
    )
    fine = tally.check(name + "other posts pass", lambda: me.client.status_post(f"Nice weather {time.time_ns()}"))
    if fine is None:
        return
    tally.check(
        name + "and may not be edited into it",
        lambda: refused(lambda: me.client.status_update(fine, f"Win at the {word}")),
    )


def pages(tally, me, other):
    """Walking through lists by Link headers, forth and back."""
    made = [me.client.status_post(f"Page {n}", visibility="unlisted").id for n in range(5)]
    newest_first = made[::-1]

    def forth():
        page = me.client.account_statuses(me.me, limit=2)
        seen = []
        while page and len(seen) < 5:
            assert len(page) <= 2, f"{len(page)} on a page of 2"
            seen += [s.id for s in page]
            page = me.client.fetch_next(page)
        assert seen[:5] == newest_first, f"{seen} is not {newest_first}"

    def back():
        page = me.client.account_statuses(me.me, limit=2, max_id=made[2])
        assert page[0].id == made[1], "max_id leaves out its own"
        page = me.client.fetch_previous(page)
        assert [s.id for s in page] == [made[3], made[2]], [s.id for s in page]
        page = me.client.fetch_previous(page)
        assert [s.id for s in page] == [made[4]], [s.id for s in page]
        assert not me.client.fetch_previous(page), "there is something newer than the newest"

    def rest(list_of, limit):
        first = list_of(limit=limit)
        everything = me.client.fetch_remaining(first)
        ids = [e.id for e in everything]
        assert len(ids) == len(set(ids)), "something came twice"
        assert len(ids) > limit, f"only {len(ids)}"
        assert ids == sorted(ids, key=int, reverse=True), "not newest first"

    tally.check("pages: to older posts, two at a time", forth)
    tally.check("pages: back to newer posts, next to the cursor first", back)
    tally.check("pages: the whole home timeline without gap or repeat", lambda: rest(me.client.timeline_home, 3))
    tally.check("pages: all notifications", lambda: rest(me.client.notifications, 3))
    tally.check(
        "pages: since_id gives only what is newer",
        lambda: [s.id for s in me.client.account_statuses(me.me, since_id=made[2])] == newest_first[:2],
    )
    for status in made[:3]:
        me.client.status_favourite(status)

    def favourites():
        page = me.client.favourites(limit=2)
        first = [s.id for s in page]
        second = [s.id for s in me.client.fetch_next(page) or []]
        assert first == [made[2], made[1]] and second[:1] == [made[0]], f"{first}, {second}"

    tally.check("pages: favourites by the time of the favourite", favourites)
    for status in made:
        me.client.status_delete(status)


def manners(tally, me):
    """Small promises of the API."""
    key = f"key {time.time_ns()}"

    def twice():
        first = me.client.status_post("Said once", idempotency_key=key)
        second = me.client.status_post("Said once", idempotency_key=key)
        assert first.id == second.id, "the same key made two posts"

    tally.check("an idempotency key posts once", twice)
    tally.check("preferences", lambda: me.client.preferences()["posting:default:visibility"] == "public")
    tally.check("an unknown post is not found", lambda: gone(me, 1))

    def errors():
        for method, path, wanted in (
            ("GET", "/api/v1/no/such/thing", 404),
            ("POST", "/api/v1/statuses", 401),
            ("GET", "/api/v1/timelines/home", 401),
            ("POST", "/oauth/token", 400),
        ):
            answer = requests.request(method, me.base_url + path, timeout=10)
            kind = answer.headers.get("Content-Type", "")
            assert kind.startswith("application/json"), f"{method} {path}: {kind}"
            assert "error" in answer.json(), f"{method} {path}: {answer.text}"
            if path != "/oauth/token":
                assert answer.status_code == wanted, f"{method} {path}: {answer.status_code}"

    tally.check("errors are JSON, unknown routes too", errors)

    def encodings():
        url, headers = f"{me.base_url}/api/v1/statuses", {"Authorization": f"Bearer {me.client.access_token}"}
        wish = {"status": "Said in three ways", "visibility": "private"}
        for how in ({"json": wish}, {"data": wish}, {"files": {k: (None, v) for k, v in wish.items()}}, {"params": wish}):
            answer = requests.post(url, headers=headers, timeout=10, **how)
            assert answer.status_code == 200, f"{next(iter(how))}: {answer.status_code} {answer.text}"
            assert answer.json()["visibility"] == "private", next(iter(how))
            me.client.status_delete(answer.json()["id"])

    tally.check("a post may come as JSON, form, multipart or query", encodings)

    def cors():
        answer = requests.options(
            f"{me.base_url}/api/v1/statuses",
            headers={
                "Origin": "https://app.example",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,idempotency-key",
            },
            timeout=10,
        )
        assert answer.ok, answer.status_code
        assert answer.headers["Access-Control-Allow-Origin"] == "*"

    tally.check("a web app elsewhere may ask (CORS)", cors)

    def profile():
        old = me.me.display_name
        try:
            assert me.client.account_update_credentials(display_name="Alice 長屋").display_name == "Alice 長屋"
        finally:
            me.client.account_update_credentials(display_name=old)

    tally.check("the profile can be changed", profile)

    def unreachable():
        try:
            me.client.search_v2("@nobody@127.0.0.9:1", resolve=True)
        except MastodonError as error:
            raise AssertionError(f"a server that is not there fails the whole search: {error}") from None

    tally.check("searching for somebody on a dead server answers", unreachable)
