"""The exchange that every peer of tests/peers/ goes through: each verb, in both directions.

A peer whose library has no words for a verb leaves its name out of `speaks`: edit, react, poll, block, flag, pin, profile,
move, retire, quote. Everything else all of them do. Standard library only.
"""

import re
import time
import urllib.parse

from demo import eventually
from peer import WITHIN

TEA = urllib.parse.quote("🍵")
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def plain(html):
    return re.sub("<[^>]*>", "", html or "")


def fresh(text):
    """`text`, unlike any text before."""
    return f"{text} {time.time_ns()}"


class Exchange:
    """Between one person of ours and a peer."""

    def __init__(self, tally, peer, me, banned_word=None, stranger=None):
        self.tally, self.peer, self.me = tally, peer, me
        self.banned_word, self.stranger = banned_word, stranger

    def run(self):
        for direction, parts in (
            (f"{self.peer.name} → {self.me.username}", PEER_ACTS),
            (f"{self.me.username} → {self.peer.name}", WE_ACT),
        ):
            self.name = direction
            for needs, part in parts:
                if needs and needs not in self.peer.speaks:
                    continue
                # A part that breaks off is one more failure; the parts after it still run.
                self.tally.check(f"{self.name}: {part.__name__} runs to its end", lambda: part(self) or True)

    def check(self, what, run):
        return self.tally.check(f"{self.name}: {what}", run)

    def soon(self, what, look):
        """Checks that `look` becomes true."""
        return self.check(what, lambda: eventually(look, WITHIN))

    def must(self, what, run):
        """As `check`, but the part cannot go on without it."""
        found = self.check(what, run)
        assert found, f"{what}: without it nothing more can be tried"
        return found


# --- The peer acts -----------------------------------------------------------------------------------------------


def follow_us(x):
    peer, me = x.peer, x.me
    follow = x.must("a Follow is taken", lambda: peer.do("follow", actor=me.actor))
    accept = x.must("the Accept arrives", lambda: peer.received("Accept", actor=me.actor))
    x.check("it accepts that very Follow", lambda: accept["object"] == follow["id"])
    x.check("a notification tells of the follower", lambda: me.notified("follow", acct=peer.handle))


def read_us(x):
    """Create, Update and Delete of ours reach a follower, for each audience."""
    peer, me = x.peer, x.me
    followers = f"{me.actor}/followers"
    for visibility, told, untold in (
        ("public", {PUBLIC, followers}, set()),
        ("unlisted", {PUBLIC, followers}, set()),
        ("private", {followers}, {PUBLIC}),
        ("direct", {peer.actor}, {PUBLIC, followers}),
    ):
        word = fresh(f"a {visibility} word")
        text = f"@{peer.handle} {word}" if visibility == "direct" else word
        status = x.must(f"a {visibility} post is made", lambda: me.say(text, visibility=visibility))
        create = x.check(
            "its Create arrives with the Note", lambda: peer.received("Create", object=status["uri"], actor=me.actor)
        )
        if create is None:
            continue
        x.check(
            f"the peer read its text ({create['scheme']})",
            lambda: create["objectType"] == "Note" and word in plain(create["content"]),
        )
        audience = set(create["audience"])
        x.check(f"its audience is {visibility}", lambda: told <= audience and not untold & audience)
        if visibility == "public" and "edit" in peer.speaks:
            word = fresh("said better")
            x.check("an edit is made", lambda: me.put(f"/api/v1/statuses/{status['id']}", status=word))
            update = x.check("the Update arrives", lambda: peer.received("Update", object=status["uri"]))
            x.check("with the new text", lambda: word in plain(update["content"]))
        x.check(f"the {visibility} post is deleted", lambda: me.delete(f"/api/v1/statuses/{status['id']}"))
        x.check(
            "the Delete arrives",
            lambda: peer.received("Delete", actor=me.actor, object=status["uri"]),
        )


def like_us(x):
    peer, me = x.peer, x.me
    status = x.must("a post to like", lambda: me.say(fresh("do you like it")))
    for verb, undo, count, kind in (
        ("like", "unlike", "favourites_count", "favourite"),
        ("announce", "unannounce", "reblogs_count", "reblog"),
    ):
        x.check(f"{verb}: it is taken", lambda: peer.do(verb, object=status["uri"], actor=me.actor))
        x.soon(f"{verb}: it counts", lambda: me.status(status["id"])[count] == 1)
        x.check(f"{verb}: a notification tells", lambda: me.notified(kind, status=status["id"], acct=peer.handle))
        x.check(f"{verb}: its Undo is taken", lambda: peer.do(undo, object=status["uri"]))
        x.soon(f"{verb}: it is gone", lambda: me.status(status["id"])[count] == 0)


def react_to_us(x):
    peer, me = x.peer, x.me
    status = x.must("a post to react to", lambda: me.say(fresh("how do you feel")))
    x.check("an EmojiReact is taken", lambda: peer.do("react", object=status["uri"], actor=me.actor, emoji="🐈"))

    def reactions():
        return [(r["name"], r["count"]) for r in me.get(f"/api/v1/pleroma/statuses/{status['id']}/reactions")]

    x.soon("the reaction counts", lambda: reactions() == [("🐈", 1)])
    x.check("it is no favourite", lambda: me.status(status["id"])["favourites_count"] == 0)
    x.check("its Undo is taken", lambda: peer.do("unreact", object=status["uri"]))
    x.soon("the reaction is gone", lambda: reactions() == [])


def answer_us(x):
    """A reply: it notifies, stands in the thread, is edited and deleted."""
    peer, me = x.peer, x.me
    status = x.must("a post to answer", lambda: me.say(fresh("what do you say")))
    word = fresh("an answer")
    reply = x.must(
        "a reply is taken", lambda: peer.do("note", content=word, to=[me.actor], reply=status["uri"])
    )
    mention = x.must("a notification tells of it", lambda: me.notified("mention", uri=reply["id"]))
    here = mention["status"]["id"]
    x.check("it answers that post", lambda: mention["status"]["in_reply_to_id"] == status["id"])
    x.check("its text is whole", lambda: word in plain(mention["status"]["content"]))

    def thread():
        return [s["uri"] for s in me.get(f"/api/v1/statuses/{status['id']}/context")["descendants"]]

    x.soon("it stands in the thread", lambda: thread() == [reply["id"]])
    if "edit" in peer.speaks:
        word = fresh("a better answer")
        x.check("its Update is taken", lambda: peer.do("edit", object=reply["id"], content=word))
        x.soon("the text is the new one", lambda: word in plain(me.status(here)["content"]))
        x.soon("and marked as edited", lambda: me.status(here)["edited_at"] is not None)
    x.check("its Delete is taken", lambda: peer.do("delete", object=reply["id"]))
    x.soon("it is gone from the thread", lambda: thread() == [])


def vote_with_us(x):
    peer, me = x.peer, x.me
    status = x.must(
        "a poll is made",
        lambda: me.say(fresh("tea or coffee"), poll={"options": ["tea", "coffee"], "expires_in": 3600}),
    )
    create = x.check("the Question arrives", lambda: peer.received("Create", object=status["uri"]))
    x.check("with its options", lambda: create["objectType"] == "Question" and create["options"] == ["tea", "coffee"])
    x.check("a vote is taken", lambda: peer.do("vote", object=status["uri"], actor=me.actor, option="coffee"))

    def votes():
        return [o["votes_count"] for o in me.get(f"/api/v1/polls/{status['poll']['id']}")["options"]]

    x.soon("the vote counts", lambda: votes() == [0, 1])
    x.check("a second vote is taken", lambda: peer.do("vote", object=status["uri"], actor=me.actor, option="tea"))
    time.sleep(0.3)
    x.check("but counts nothing", lambda: votes() == [0, 1])


def see_our_pins(x):
    peer, me = x.peer, x.me
    status = x.must("a post to pin", lambda: me.say(fresh("on top")))
    x.check("pin", lambda: me.post(f"/api/v1/statuses/{status['id']}/pin")["pinned"])
    featured = x.check("the Add arrives", lambda: peer.received("Add", actor=me.actor, object=status["uri"]))
    x.check("unpin", lambda: not me.post(f"/api/v1/statuses/{status['id']}/unpin")["pinned"])
    x.check(
        "the Remove arrives, for the same collection",
        lambda: peer.received("Remove", actor=me.actor, object=status["uri"], target=featured["target"]),
    )


def see_our_profile(x):
    name = fresh("Neighbour")
    x.must(
        "a new name", lambda: x.me.patch("/api/v1/accounts/update_credentials", display_name=name)["display_name"] == name
    )
    x.check(
        "the Update of the actor arrives",
        lambda: x.peer.received("Update", actor=x.me.actor, object=x.me.actor, name=name),
    )


def report_us(x):
    peer, me = x.peer, x.me
    status = x.must("a post to report", lambda: me.say(fresh("how rude")))
    word = fresh("rude")
    x.check(
        "a Flag is taken", lambda: peer.do("flag", actor=me.actor, objects=[me.actor, status["uri"]], content=word)
    )

    def report():
        return next((r for r in me.get("/api/v1/admin/reports", limit=20) if r["comment"] == word), None)

    filed = x.must("the moderators have the report", lambda: eventually(report, WITHIN))
    x.check(
        "it names account and post",
        lambda: filed["target_account"]["username"] == me.username
        and [s["id"] for s in filed["statuses"]] == [status["id"]],
    )


def quote_us(x):
    """FEP-044f: they ask, we answer with a stamp, they publish."""
    peer, me = x.peer, x.me
    status = x.must("a post to quote", lambda: me.say(fresh("quote me"), quote_approval_policy="public"))
    word = fresh("as they say")
    asked = x.must(
        "a QuoteRequest is taken", lambda: peer.do("quote", object=status["uri"], actor=me.actor, content=word)
    )
    accept = x.must(
        "its Accept arrives", lambda: peer.received("Accept", actor=me.actor, object=asked["request"])
    )
    x.check(
        "with a stamp, which the peer could read",
        lambda: peer.received("Accept", id=accept["id"], stampOf=asked["id"]),
    )
    x.check("a notification tells of it", lambda: me.notified("quote", uri=asked["id"]))
    x.soon("the quote counts", lambda: me.status(status["id"])["quotes_count"] == 1)
    nobody = x.must("a post that nobody may quote", lambda: me.say(fresh("do not"), quote_approval_policy="nobody"))
    asked = x.must(
        "a second QuoteRequest is taken", lambda: peer.do("quote", object=nobody["uri"], actor=me.actor, content=word)
    )
    x.check("its Reject arrives", lambda: peer.received("Reject", actor=me.actor, object=asked["request"]))


def lose_us(x):
    """Undo(Follow), and the Reject by which we end a follow."""
    peer, me = x.peer, x.me

    def followers():
        return me.get(f"/api/v1/accounts/{me.id}")["followers_count"]

    before = followers()
    x.check("Undo(Follow) is taken", lambda: peer.do("unfollow", actor=me.actor))
    x.soon("one follower less", lambda: followers() == before - 1)
    follow = x.must("a second Follow is taken", lambda: peer.do("follow", actor=me.actor))
    x.check("its Accept arrives", lambda: peer.received("Accept", actor=me.actor, object=follow["id"]))
    carol = x.me.find(peer.handle)
    x.check(
        "we remove the follower", lambda: me.post(f"/api/v1/accounts/{carol['id']}/remove_from_followers")["followed_by"] is False
    )
    x.check("the Reject arrives", lambda: peer.received("Reject", actor=me.actor, object=follow["id"]))
    x.check("lock", lambda: me.patch("/api/v1/accounts/update_credentials", locked=True)["locked"])
    follow = x.must("a third Follow is taken", lambda: peer.do("follow", actor=me.actor))
    x.check("it waits for an answer", lambda: me.notified("follow_request", acct=peer.handle))
    x.check(
        "we refuse it", lambda: not me.post(f"/api/v1/follow_requests/{carol['id']}/reject")["followed_by"]
    )
    x.check("its Reject arrives", lambda: peer.received("Reject", actor=me.actor, object=follow["id"]))
    x.check("unlock", lambda: not me.patch("/api/v1/accounts/update_credentials", locked=False)["locked"])


# --- We act --------------------------------------------------------------------------------------------------------


def follow_them(x):
    peer, me = x.peer, x.me
    carol = x.must(f"search finds @{peer.handle}", lambda: me.find(peer.handle))
    x.check("she is who she says", lambda: carol["acct"] == peer.handle and carol["uri"] == peer.actor)
    x.check("follow", lambda: me.post(f"/api/v1/accounts/{carol['id']}/follow"))
    x.check("the Follow arrives", lambda: peer.received("Follow", actor=me.actor, object=peer.actor))
    x.soon("after the Accept we follow", lambda: me.relationship(carol["id"])["following"])
    x.check("and no request is left", lambda: not me.relationship(carol["id"])["requested"])


def write_to_us(x):
    """A direct note; from whom we follow, since the notifications of strangers' ones wait to be let through."""
    peer, me = x.peer, x.me
    word = fresh("between us")
    note = x.must(
        "a direct note is taken", lambda: peer.do("note", content=word, to=[me.actor], visibility="direct")
    )
    told = x.must("a notification tells of it", lambda: me.notified("mention", uri=note["id"]))
    x.check("it is direct", lambda: told["status"]["visibility"] == "direct")
    x.soon(
        "it stands among the conversations",
        lambda: any((c["last_status"] or {}).get("uri") == note["id"] for c in me.get("/api/v1/conversations")),
    )


def read_them(x):
    """Notes arrive at home for each audience, are liked, boosted and answered; edits and deletions arrive too."""
    peer, me = x.peer, x.me
    for visibility, ours in (("public", "public"), ("unlisted", "unlisted"), ("followers", "private")):
        word = fresh("hello from a peer")
        note = x.must(f"a {visibility} note is taken", lambda: peer.do("note", content=word, visibility=visibility))
        status = x.must("it is in the home timeline", lambda: me.home_post(note["id"]))
        x.check(f"it is {ours}, its text whole", lambda: word in status["content"] and status["visibility"] == ours)
        here = status["id"]
        if visibility == "public":
            like_them(x, note, here)
        if visibility == "unlisted" and "edit" in peer.speaks:
            word = fresh("said better")
            x.check("its Update is taken", lambda: peer.do("edit", object=note["id"], content=word))
            x.soon("the text is the new one", lambda: word in plain(me.status(here)["content"]))
        x.check("its Delete is taken", lambda: peer.do("delete", object=note["id"]))
        x.soon("it leaves the home timeline", lambda: note["id"] not in [s["uri"] for s in me.home()])
    word = fresh("careful")
    note = x.must("a note with a warning is taken", lambda: peer.do("note", content=word, summary="cats"))
    status = x.must("it arrives", lambda: me.home_post(note["id"]))
    x.check("its warning is kept", lambda: status["spoiler_text"] == "cats")


def like_them(x, note, here):
    peer, me = x.peer, x.me
    for verb, undo, kind, flag in (
        ("favourite", "unfavourite", "Like", "favourited"),
        ("reblog", "unreblog", "Announce", "reblogged"),
    ):
        x.check(verb, lambda: me.post(f"/api/v1/statuses/{here}/{verb}")[flag])
        sent = x.check(f"the {kind} arrives", lambda: peer.received(kind, actor=me.actor, object=note["id"]))
        x.check(undo, lambda: not me.post(f"/api/v1/statuses/{here}/{undo}")[flag])
        if sent:
            x.check(
                f"Undo of that very {kind} arrives", lambda: peer.received("Undo", actor=me.actor, object=sent["id"])
            )
    if "react" in peer.speaks:
        x.check("react", lambda: me.put(f"/api/v1/pleroma/statuses/{here}/reactions/{TEA}"))
        sent = x.check(
            "a Like with an emoji arrives",
            lambda: peer.received("Like", actor=me.actor, object=note["id"], reaction="🍵"),
        )
        x.check("take it back", lambda: me.delete(f"/api/v1/pleroma/statuses/{here}/reactions/{TEA}"))
        if sent:
            x.check("its Undo arrives", lambda: peer.received("Undo", actor=me.actor, object=sent["id"]))
    word = fresh("well said")
    reply = x.must("answer", lambda: me.say(f"@{peer.handle} {word}", in_reply_to_id=here))
    create = x.check("the reply arrives", lambda: peer.received("Create", object=reply["uri"]))
    if create:
        x.check(
            "it answers that note, with its text",
            lambda: create["inReplyTo"] == note["id"] and word in plain(create["content"]),
        )


def filter_them(x):
    peer, me = x.peer, x.me
    if not x.banned_word:
        return
    banned = x.must(
        f"a note with the word “{x.banned_word}” is taken", lambda: peer.do("note", content=f"Win at the {x.banned_word}!")
    )
    later = x.must("and a decent one after it", lambda: peer.do("note", content="Or rather, come to tea."))
    x.check("the decent one arrives", lambda: me.home_post(later["id"]))
    x.check("the filter kept the other one out", lambda: banned["id"] not in [s["uri"] for s in me.home()])


def hear_them_twice(x):
    peer, me = x.peer, x.me
    note = x.must(
        f"a note also addressed to {me.username} is taken", lambda: peer.do("note", content=fresh("to you"), to=[me.actor])
    )

    def once():
        me.home_post(note["id"])
        time.sleep(0.3)
        return [s["uri"] for s in me.home()].count(note["id"]) == 1

    x.check("it arrives once, though it was sent twice", once)


def see_their_boosts(x):
    """They boost what a stranger of a third server wrote."""
    peer, me = x.peer, x.me
    if x.stranger is None:
        return
    status = x.must("a stranger's post", lambda: x.stranger.say(fresh("of a third house")))
    boost = x.must(
        "an Announce is taken", lambda: peer.do("announce", object=status["uri"], actor=x.stranger.actor)
    )

    def seen():
        return next((s for s in me.home() if s["reblog"] and s["reblog"]["uri"] == status["uri"]), None)

    found = x.must("it stands at home as a boost", lambda: eventually(seen, WITHIN))
    x.check("of theirs", lambda: found["account"]["acct"] == peer.handle and found["uri"] == boost["id"])
    x.check("its Undo is taken", lambda: peer.do("unannounce", object=status["uri"]))
    x.soon("it is gone", lambda: seen() is None)


def vote_with_them(x):
    peer, me = x.peer, x.me
    question = x.must(
        "a Question is taken", lambda: peer.do("question", content=fresh("cats or dogs"), options=["cats", "dogs"])
    )
    status = x.must("it arrives", lambda: me.home_post(question["id"]))
    x.check("as a poll", lambda: [o["title"] for o in status["poll"]["options"]] == ["cats", "dogs"])
    x.check("vote", lambda: me.post(f"/api/v1/polls/{status['poll']['id']}/votes", choices=[0])["own_votes"] == [0])
    x.check(
        "the vote arrives", lambda: peer.received("Create", actor=me.actor, name="cats", inReplyTo=question["id"])
    )


def see_their_pins(x):
    peer, me = x.peer, x.me
    carol = me.find(peer.handle)
    note = x.must("a note is taken", lambda: peer.do("note", content=fresh("mine on top")))
    x.check("it arrives", lambda: me.home_post(note["id"]))

    def pinned():
        return [s["uri"] for s in me.get(f"/api/v1/accounts/{carol['id']}/statuses", pinned="true")]

    x.check("its Add is taken", lambda: peer.do("pin", object=note["id"]))
    x.soon("it is pinned here", lambda: pinned() == [note["id"]])
    x.check("its Remove is taken", lambda: peer.do("unpin", object=note["id"]))
    x.soon("it is not any more", lambda: pinned() == [])


def see_their_profile(x):
    peer, me = x.peer, x.me
    carol, name = me.find(peer.handle), fresh("Carol")
    x.check("an Update of the actor is taken", lambda: peer.do("rename", name=name))
    x.soon("the new name is here", lambda: me.get(f"/api/v1/accounts/{carol['id']}")["display_name"] == name)


def quote_them(x):
    peer, me = x.peer, x.me
    note = x.must("a note that may be quoted is taken", lambda: peer.do("note", content=fresh("wise"), quotable=True))
    status = x.must("it arrives", lambda: me.home_post(note["id"]))
    mine = x.must("quote it", lambda: me.say(fresh("how true"), quoted_status_id=status["id"]))
    x.check(
        "the QuoteRequest arrives",
        lambda: peer.received("QuoteRequest", actor=me.actor, object=note["id"], instrument=mine["uri"]),
    )
    x.soon("after the Accept the quote shows", lambda: me.status(mine["id"])["quote"]["state"] == "accepted")

    def served():
        # What they would read now: the post names the stamp that they gave.
        return any(s.get("quoteAuthorization") for s in [peer.do("read", object=mine["uri"])])

    x.soon("the post carries their stamp", served)


def report_them(x):
    peer, me = x.peer, x.me
    carol, word = me.find(peer.handle), fresh("rude")
    note = x.must("a note is taken", lambda: peer.do("note", content=fresh("how rude")))
    status = x.must("it arrives", lambda: me.home_post(note["id"]))
    x.check(
        "report it, and tell their server",
        lambda: me.post("/api/v1/reports", account_id=carol["id"], status_ids=[status["id"]], comment=word, forward=True),
    )
    flag = x.check("the Flag arrives", lambda: peer.received("Flag", content=word))
    x.check("not in our name", lambda: flag["actor"] != me.actor)
    x.check("with account and note", lambda: set(flag["objects"]) == {peer.actor, note["id"]})


def follow_their_move(x):
    """dave moves to erin, and the one who followed dave now follows erin; then erin leaves for good."""
    peer, me = x.peer, x.me
    dave, erin = f"dave-{me.username}", f"erin-{me.username}"
    old = x.must("dave is found", lambda: me.find(peer.named(dave)[1]))
    x.check("follow dave", lambda: me.post(f"/api/v1/accounts/{old['id']}/follow"))
    x.soon("dave accepted", lambda: me.relationship(old["id"])["following"])
    x.check("a Move is taken", lambda: peer.do("move", who=dave, to=erin))
    new = x.must("erin is found", lambda: me.find(peer.named(erin)[1]))
    x.soon("we follow erin", lambda: me.relationship(new["id"])["following"])
    x.soon("and dave no more", lambda: not me.relationship(old["id"])["following"])
    if "retire" in peer.speaks:
        x.check("a Delete of erin is taken", lambda: peer.do("retire", who=erin))

        def gone():
            try:
                me.get(f"/api/v1/accounts/{new['id']}")
            except AssertionError as error:
                return ": 404 " in str(error)
            return False

        x.soon("erin is gone", gone)


def lose_them(x):
    peer, me = x.peer, x.me
    carol = me.find(peer.handle)
    follow = peer.received("Follow", actor=me.actor, object=peer.actor)
    x.check("unfollow", lambda: not me.post(f"/api/v1/accounts/{carol['id']}/unfollow")["following"])
    x.check("Undo of that very Follow arrives", lambda: peer.received("Undo", actor=me.actor, object=follow["id"]))
    x.soon("they send nothing more", lambda: me.actor not in peer.do("state")["followers"])
    peer.do("refuse", refuse=True)
    x.check("follow, refused this time", lambda: me.post(f"/api/v1/accounts/{carol['id']}/follow"))
    x.soon(
        "after the Reject we neither follow nor wait",
        lambda: (lambda r: not r["following"] and not r["requested"])(me.relationship(carol["id"])),
    )
    peer.do("refuse", refuse=False)


def block_each_other(x):
    peer, me = x.peer, x.me
    carol = me.find(peer.handle)
    x.check("follow once more", lambda: me.post(f"/api/v1/accounts/{carol['id']}/follow"))
    x.soon("we follow", lambda: me.relationship(carol["id"])["following"])
    x.check("their Block is taken", lambda: peer.do("block", actor=me.actor))
    x.soon("it ends our follow", lambda: not me.relationship(carol["id"])["following"])
    x.soon("and we know of it", lambda: me.relationship(carol["id"])["blocked_by"])
    x.check("their Undo is taken", lambda: peer.do("unblock", actor=me.actor))
    x.soon("we are blocked no more", lambda: not me.relationship(carol["id"])["blocked_by"])
    x.check("block", lambda: me.post(f"/api/v1/accounts/{carol['id']}/block")["blocking"])
    block = x.check("our Block arrives", lambda: peer.received("Block", actor=me.actor, object=peer.actor))
    x.check("unblock", lambda: not me.post(f"/api/v1/accounts/{carol['id']}/unblock")["blocking"])
    x.check("Undo of that very Block arrives", lambda: peer.received("Undo", actor=me.actor, object=block["id"]))


def move_to_them(x):
    """The last part: afterwards the account is frozen."""
    peer, me = x.peer, x.me
    zoe = f"zoe-{me.username}"
    peer.do("alias", who=zoe, actor=me.actor)
    follow = x.must("a Follow is taken", lambda: peer.do("follow", actor=me.actor))
    x.must("its Accept arrives", lambda: peer.received("Accept", actor=me.actor, object=follow["id"]))
    target, handle = peer.named(zoe)
    x.check("move away", lambda: me.post("/api/nagaya/v1/migration", acct=handle, password=me.password))
    x.check("the Move arrives", lambda: peer.received("Move", actor=me.actor, object=me.actor, target=target))


PEER_ACTS = (
    (None, follow_us),
    (None, read_us),
    (None, like_us),
    ("react", react_to_us),
    (None, answer_us),
    ("poll", vote_with_us),
    ("pin", see_our_pins),
    ("profile", see_our_profile),
    ("flag", report_us),
    ("quote", quote_us),
    (None, lose_us),
)
WE_ACT = (
    (None, follow_them),
    (None, write_to_us),
    (None, read_them),
    (None, filter_them),
    (None, hear_them_twice),
    (None, see_their_boosts),
    ("poll", vote_with_them),
    ("pin", see_their_pins),
    ("profile", see_their_profile),
    ("quote", quote_them),
    ("flag", report_them),
    ("move", follow_their_move),
    (None, lose_them),
    ("block", block_each_other),
    ("move", move_to_them),
)
