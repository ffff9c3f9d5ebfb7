"""Carol and her neighbours, on a server made of bovine (Python): an implementation that shares no line with Nagaya.

    python peer.py HOST PORT

It keeps everything in memory and does what a script tells it: the commands stand in tests/harness/peer.py. bovine builds
and signs what is sent, fetches with signed requests, and verifies and parses what arrives; aiohttp serves.
"""

import asyncio
import json
import logging
import re
import sys
import time
import uuid

from aiohttp import web
from bovine import BovineActor
from bovine.activitystreams import Actor, OrderedCollection
from bovine.activitystreams.activity_factory import ActivityFactory
from bovine.activitystreams.object_factory import Object, ObjectFactory
from bovine.crypto import build_validate_http_signature_raw, generate_rsa_public_private_key
from bovine.crypto.types import CryptographicIdentifier
from bovine.parse import Activity as ParsedActivity
from bovine.parse import Actor as ParsedActor
from bovine.parse import Object as ParsedObject
from bovine.types import Visibility

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
HOST, PORT = sys.argv[1], int(sys.argv[2])
ORIGIN = f"http://{HOST}:{PORT}"
NAMES = re.compile(r"(carol|dave|erin|zoe)(-\w+)?")
PUBLIC_KEY, PRIVATE_KEY = generate_rsa_public_private_key()

log = []  # What arrived and was verified, in order.
people = {}  # Name → Somebody.
posts = {}  # Id → (who, document).
answers = {"refuse": False}


def listed(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def id_of(value):
    return value.get("id") if isinstance(value, dict) else value


class Somebody:
    def __init__(self, name):
        self.name, self.shown, self.id = name, name.capitalize(), f"{ORIGIN}/users/{name}"
        self.followers, self.following, self.sent, self.pins = {}, {}, {}, []
        self.aliases, self.moved_to, self.gone = [], None, False
        self.client = BovineActor(actor_id=self.id, public_key_url=f"{self.id}#main-key", secret=PRIVATE_KEY)
        information = {"id": self.id, "followers": f"{self.id}/followers"}
        self.activities = ActivityFactory(information, id_generator=lambda: f"{self.id}/activities/{uuid.uuid4()}")
        self.objects = ObjectFactory(information, id_generator=lambda: f"{ORIGIN}/objects/{uuid.uuid4()}")

    def document(self):
        more = {"featured": f"{self.id}/featured", "alsoKnownAs": self.aliases}
        if self.moved_to:
            more["movedTo"] = self.moved_to
        return Actor(
            id=self.id,
            name=self.shown,
            preferred_username=self.name,
            inbox=f"{self.id}/inbox",
            outbox=f"{self.id}/outbox",
            followers=f"{self.id}/followers",
            summary="<p>I live in a test.</p>",
            url=self.id,
            public_key=PUBLIC_KEY,
            public_key_name="main-key",
            properties=more,
        ).build(Visibility.OWNER)  # A stranger would not learn where the followers are listed.

    async def send(self, inbox, activity):
        answer = await self.client.post(inbox, activity)  # Raises unless it was taken.
        logging.warning("sent %s to %s: %s", activity["type"], inbox, answer.status)

    async def tell(self, actor, activity):
        """To one actor, at its own inbox."""
        await self.send((await self.client.get(actor))["inbox"], activity)
        return {"id": activity["id"]}

    async def publish(self, activity, also=()):
        """To all who follow, and to `also`, at their own inboxes."""
        for actor in [*self.followers, *also]:
            await self.tell(actor, activity)
        return {"id": activity["id"]}


async def somebody(name):
    if not NAMES.fullmatch(name):
        return None
    if name not in people:
        people[name] = who = Somebody(name)
        await who.client.init()
    return people[name]


# --- What arrives --------------------------------------------------------------------------------------------------


async def key_of(key_id):
    carol = await somebody("carol")
    document = await carol.client.get(key_id.split("#")[0])
    return CryptographicIdentifier.from_pem(document["publicKey"]["publicKeyPem"], document["id"])


validate = build_validate_http_signature_raw(key_of)


async def inbox(request):
    body = await request.read()
    owner = await validate(request.method, str(request.url), request.headers, request.read)
    activity = json.loads(body)
    if owner is None or owner != id_of(activity["actor"]):
        logging.warning("refused: signed by %s\n%s\n%s", owner, dict(request.headers), body.decode()[:2000])
        return web.Response(status=401)
    carol = await somebody("carol")
    parsed = ParsedActivity(activity)
    given = activity.get("object")
    thing = given if isinstance(given, dict) else {}
    if parsed.is_create:
        # bovine checks that the one who creates it is the one who wrote it.
        thing = (await parsed.object_for_create(carol.client.get)).data
    note = ParsedObject(thing) if thing else None
    log.append(
        {
            "type": activity["type"],
            "id": activity.get("id"),
            "actor": parsed.actor_id,
            "object": id_of(listed(given)[0]) if listed(given) else None,
            "objects": [id_of(one) for one in listed(given)],
            "objectType": thing.get("type"),
            "content": activity.get("content") or thing.get("content"),
            "reaction": activity.get("content") if activity["type"] in ("Like", "EmojiReact") else None,
            "name": thing.get("name"),
            "inReplyTo": note.in_reply_to if note else None,
            "options": [option["name"] for option in listed(thing.get("oneOf"))],
            "target": id_of(activity.get("target")),
            "audience": [*listed(activity.get("to")), *listed(activity.get("cc"))],
            "scheme": "rfc9421" if "signature-input" in request.headers else "cavage",
            "at": time.time(),
        }
    )
    asyncio.get_running_loop().create_task(answer(parsed, activity))
    return web.Response(status=202)


async def answer(parsed, activity):
    """A Follow is accepted or rejected; an Undo of one takes effect."""
    carol = await somebody("carol")
    if parsed.is_follow:
        who = await somebody(parsed.object_id.rsplit("/", 1)[1])
        if not answers["refuse"]:
            who.followers[parsed.actor_id] = activity["id"]
        say = who.activities.reject if answers["refuse"] else who.activities.accept
        await who.tell(parsed.actor_id, say(activity).build())
    elif (follow := await parsed.undo_of_follow(carol.client.get)) is not None:
        who = await somebody(follow.object_id.rsplit("/", 1)[1])
        who.followers.pop(parsed.actor_id, None)


# --- What is told to be done ---------------------------------------------------------------------------------------


async def addressed(who, wish, draft):
    """The draft with the audience of `wish`, and its mentions."""
    match wish.get("visibility", "public"):
        case "public":
            draft.as_public()
        case "unlisted":
            draft.as_unlisted()
        case "followers":
            draft.as_followers()
    named = wish.get("to") or []
    (draft.to if wish.get("visibility") in ("direct", "followers") else draft.cc).update(named)
    for actor in named:
        handle = ParsedActor(await who.client.get(actor), domain_may_differ=True)
        name = f"@{handle.data['preferredUsername']}"
        draft.tag.append({"type": "Mention", "href": actor, "name": name})
    return draft


async def note(who, wish):
    content, reply = f"<p>{wish['content']}</p>", wish.get("reply")
    draft = who.objects.note(content=content, summary=wish.get("summary"), in_reply_to=reply)
    document = (await addressed(who, wish, draft)).build()
    document["url"] = document["id"]
    return await posted(who, wish, document)


async def posted(who, wish, document):
    posts[document["id"]] = (who, document)
    create = who.activities.create(document).build()
    if wish.get("visibility") != "direct":
        await who.publish(create)
    for actor in wish.get("to") or []:
        await who.tell(actor, create)
    return {"id": document["id"]}


async def edit(who, wish):
    _, document = posts[wish["object"]]
    document.update(content=f"<p>{wish['content']}</p>", updated=who.objects.note().published)
    return await who.publish(who.activities.update(document).build(), mentioned(document))


async def delete(who, wish):
    _, document = posts.pop(wish["object"])
    activity = who.activities.delete(wish["object"]).as_public().build()
    return await who.publish(activity, mentioned(document))


def mentioned(document):
    return [mention["href"] for mention in ParsedObject(document).mentions]


def one(kind, **more):
    """A command that tells the author of `object` something of `kind`, and remembers it for its Undo."""

    async def run(who, wish):
        told = wish.get("object") or wish["actor"]
        make = getattr(who.activities, kind, None)
        extra = {key: wish[value] for key, value in more.items() if key != "type"}
        draft = make(told) if make else who.activities.custom(type=more["type"], object=told, **extra)
        draft.to.add(wish["actor"])
        activity = (draft.as_public() if kind == "announce" else draft).build()
        who.sent[(kind, told)] = (activity, wish["actor"])
        if kind == "announce":
            await who.publish(activity)
        return await who.tell(wish["actor"], activity)

    return run


def undo(kind):
    async def run(who, wish):
        activity, actor = who.sent.pop((kind, wish.get("object") or wish["actor"]))
        back = who.activities.undo(activity, include_activity=kind == "announce").build()
        if kind == "announce":
            await who.publish(back)
        return await who.tell(actor, back)

    return run


async def flag(who, wish):
    activity = who.activities.custom(type="Flag", content=wish["content"]).build()
    activity["object"] = wish["objects"]
    return await who.tell(wish["actor"], activity)


def pinning(kind):
    async def run(who, wish):
        target = f"{who.id}/featured"
        (who.pins.append if kind == "Add" else who.pins.remove)(wish["object"])
        return await who.publish(who.activities.custom(type=kind, object=wish["object"], target=target).as_public().build())

    return run


async def rename(who, wish):
    who.shown = wish["name"]
    return await who.publish(who.activities.update(who.document(), actor=who.id).as_public().build())


async def alias(who, wish):
    who.aliases.append(wish["actor"])
    return {}


async def move(who, wish):
    new = await somebody(wish["to"])
    new.aliases.append(who.id)
    who.moved_to = new.id
    return await who.publish(who.activities.custom(type="Move", object=who.id, target=new.id).as_followers().build())


async def retire(who, _wish):
    told = await who.publish(who.activities.delete(who.id).as_public().build())
    who.gone = True
    return told


async def state(who, _wish):
    return {"followers": list(who.followers), "following": list(who.following)}


async def refuse(_who, wish):
    answers["refuse"] = wish["refuse"]
    return {}


COMMANDS = {
    "follow": one("follow"),
    "unfollow": undo("follow"),
    "note": note,
    "edit": edit,
    "delete": delete,
    "like": one("like"),
    "unlike": undo("like"),
    "announce": one("announce"),
    "unannounce": undo("announce"),
    "block": one("block"),
    "unblock": undo("block"),
    "react": one("react", type="EmojiReact", content="emoji"),
    "unreact": undo("react"),
    "flag": flag,
    "pin": pinning("Add"),
    "unpin": pinning("Remove"),
    "rename": rename,
    "alias": alias,
    "move": move,
    "retire": retire,
    "state": state,
    "refuse": refuse,
}


async def control(request):
    if request.match_info["command"] == "log":
        return web.json_response(log)
    wish = await request.json()
    try:
        who = await somebody(wish.get("who", "carol"))
        return web.json_response(await COMMANDS[request.match_info["command"]](who, wish))
    except Exception as error:
        logging.exception("a command failed")
        return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=502)


# --- What is served ------------------------------------------------------------------------------------------------


def document(content, status=200, kind="application/activity+json"):
    return web.json_response(content, status=status, content_type=kind)


async def person(request):
    who = await somebody(request.match_info["name"])
    if who is None:
        return web.Response(status=404)
    if who.gone:
        return document(Object(type="Tombstone", id=who.id).build(), 410)
    return document(who.document())


async def collection(request):
    who = await somebody(request.match_info["name"])
    if who is None:
        return web.Response(status=404)
    items = {
        "followers": list(who.followers),
        "featured": who.pins,
        "outbox": [id for id, (by, _) in posts.items() if by is who],
    }[request.match_info["collection"]]
    return document(OrderedCollection(id=ORIGIN + request.path, items=items, count=len(items)).build())


async def post(request):
    known = posts.get(f"{ORIGIN}{request.path}")
    return document(known[1]) if known else web.Response(status=404)


async def webfinger(request):
    resource = request.query.get("resource", "")
    name = resource.removeprefix("acct:").split("@")[0]
    who = await somebody(name)
    if who is None or resource != f"acct:{name}@{HOST}:{PORT}":
        return web.Response(status=404)
    links = [{"rel": "self", "type": "application/activity+json", "href": who.id}]
    return document({"subject": resource, "links": links}, kind="application/jrd+json")


async def main():
    app = web.Application()
    app.add_routes(
        [
            web.get("/control/{command}", control),
            web.post("/control/{command}", control),
            web.get("/users/{name}", person),
            web.post("/users/{name}/inbox", inbox),
            web.get("/users/{name}/{collection:followers|featured|outbox}", collection),
            web.get("/objects/{id}", post),
            web.get("/.well-known/webfinger", webfinger),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, PORT).start()
    print(json.dumps({"base_url": ORIGIN, "actor": f"{ORIGIN}/users/carol", "handle": f"carol@{HOST}:{PORT}"}), flush=True)
    await asyncio.Event().wait()


logging.basicConfig(level=logging.WARNING)
asyncio.run(main())
