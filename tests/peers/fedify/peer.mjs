// One person, Carol, on a server made of Fedify: an implementation of ActivityPub that shares no line with Nagaya.
//
//   ./node peer.mjs HOST PORT [NAME]
//
// It prints one JSON line when it listens, keeps everything in memory, and does what a script tells it:
//
//   GET  /control/log                       what arrived, verified: [{type, id, actor, object, objectType, scheme, at}]
//   POST /control/follow   {"actor": URI}   /control/unfollow {"actor": URI}
//   POST /control/note     {"content": "…", "to": [URI, …]}          → {"id", "activity"}
//   POST /control/delete   {"object": URI}                            one of its own notes
//   POST /control/like     {"object": URI, "actor": URI}  /control/unlike {"object": URI}
//   POST /control/refuse   {"refuse": true}                           answer the next Follows with Reject
//
// Every control call returns after the other server took the activity, or with 502 and the reason.

import http from "node:http";
import { Temporal } from "@js-temporal/polyfill";
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import {
  Accept,
  Activity,
  Create,
  Delete,
  Endpoints,
  Follow,
  Like,
  Note,
  Person,
  PUBLIC_COLLECTION,
  Reject,
  Tombstone,
  Undo,
} from "@fedify/vocab";

const [host, port, name = "carol"] = process.argv.slice(2);
if (!port) {
  console.error("usage: ./node peer.mjs HOST PORT [NAME]");
  process.exit(2);
}
const origin = `http://${host}:${port}`;

const keys = await Promise.all([generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), generateCryptoKeyPair("Ed25519")]);
const log = []; // What arrived, in order.
const followers = new Map(); // Actor URI → actor.
const following = new Map(); // Actor URI → the Follow that we sent.
const notes = new Map(); // Number → Note.
const likes = new Map(); // Object URI → the Like that we sent and whom it went to.
let refuse = false;
let counter = 0;

const federation = createFederation({
  kv: new MemoryKvStore(),
  origin,
  allowPrivateAddress: true, // We live on loopback addresses.
  userAgent: "Nagaya-test-peer/0 (Fedify)",
});

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (identifier !== name) return null;
    const pairs = await ctx.getActorKeyPairs(identifier);
    return new Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: identifier[0].toUpperCase() + identifier.slice(1),
      summary: "<p>I live in a test.</p>",
      url: ctx.getActorUri(identifier),
      inbox: ctx.getInboxUri(identifier),
      outbox: ctx.getOutboxUri(identifier),
      followers: ctx.getFollowersUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      manuallyApprovesFollowers: false,
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_ctx, identifier) => (identifier === name ? keys : []));

federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [...followers.values()] }));
federation.setOutboxDispatcher("/users/{identifier}/outbox", (ctx) => ({
  items: [...notes.values()].map((note) => create(ctx, note)),
}));
federation.setObjectDispatcher(Note, "/notes/{number}", (_ctx, { number }) => notes.get(number) ?? null);

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Follow, async (ctx, follow) => {
    record(ctx, follow);
    const actor = await follow.getActor(ctx);
    if (actor?.id == null) return;
    const mine = ctx.getActorUri(name);
    const id = new URL(`#answers/${++counter}`, mine);
    if (refuse) return await ctx.sendActivity({ identifier: name }, actor, new Reject({ id, actor: mine, object: follow }));
    followers.set(actor.id.href, actor);
    await ctx.sendActivity({ identifier: name }, actor, new Accept({ id, actor: mine, object: follow }));
  })
  .on(Undo, async (ctx, undo) => {
    record(ctx, undo);
    const undone = await undo.getObject(ctx);
    if (undone instanceof Follow && undone.actorId?.href === undo.actorId?.href) followers.delete(undo.actorId.href);
  })
  .on(Activity, record)
  .onError((_ctx, error) => console.error(`inbox: ${error.stack ?? error}`));

function record(ctx, activity) {
  log.push({
    type: activity.constructor.name,
    id: activity.id?.href ?? null,
    actor: activity.actorId?.href ?? null,
    object: activity.objectId?.href ?? null,
    scheme: ctx.data.scheme,
    at: Date.now(),
  });
  // The embedded object costs a look: an absent one must not fail the listener.
  const entry = log.at(-1);
  return activity.getObject({ ...ctx, suppressError: true }).then(
    (found) => {
      entry.objectType = found?.constructor.name ?? null;
      entry.content = found?.content?.toString() ?? null;
    },
    () => undefined,
  );
}

function create(ctx, note) {
  return new Create({
    id: new URL("#create", note.id),
    actor: ctx.getActorUri(name),
    object: note,
    tos: note.toIds,
    ccs: note.ccIds,
    published: note.published,
  });
}

async function actorOf(ctx, uri) {
  const actor = await ctx.lookupObject(uri);
  if (actor?.inboxId == null) throw new Error(`${uri} is no actor that can be read`);
  return actor;
}

const commands = {
  log: async () => log,
  state: async () => ({ followers: [...followers.keys()], following: [...following.keys()] }),
  refuse: async (_ctx, wish) => ({ refuse: (refuse = Boolean(wish.refuse)) }),

  async follow(ctx, wish) {
    const actor = await actorOf(ctx, wish.actor);
    const mine = ctx.getActorUri(name);
    const follow = new Follow({ id: new URL(`#follows/${++counter}`, mine), actor: mine, object: actor.id });
    following.set(wish.actor, follow);
    await ctx.sendActivity({ identifier: name }, actor, follow);
    return { id: follow.id.href };
  },

  async unfollow(ctx, wish) {
    const follow = following.get(wish.actor);
    if (follow == null) throw new Error(`${wish.actor} was never followed`);
    const mine = ctx.getActorUri(name);
    const undo = new Undo({ id: new URL(`#undos/${++counter}`, mine), actor: mine, object: follow });
    await ctx.sendActivity({ identifier: name }, await actorOf(ctx, wish.actor), undo);
    following.delete(wish.actor);
    return { id: undo.id.href };
  },

  async note(ctx, wish) {
    const number = String(++counter);
    const mine = ctx.getActorUri(name);
    const note = new Note({
      id: ctx.getObjectUri(Note, { number }),
      url: ctx.getObjectUri(Note, { number }),
      attribution: mine,
      to: PUBLIC_COLLECTION,
      ccs: [ctx.getFollowersUri(name), ...(wish.to ?? []).map((uri) => new URL(uri))],
      content: `<p>${wish.content}</p>`,
      published: Temporal.Now.instant(),
    });
    notes.set(number, note);
    const activity = create(ctx, note);
    await ctx.sendActivity({ identifier: name }, [...followers.values()], activity, { preferSharedInbox: true });
    for (const uri of wish.to ?? []) await ctx.sendActivity({ identifier: name }, await actorOf(ctx, uri), activity);
    return { id: note.id.href, activity: activity.id.href };
  },

  async delete(ctx, wish) {
    const entry = [...notes].find(([, note]) => note.id.href === wish.object);
    if (entry == null) throw new Error(`${wish.object} is no note of ours`);
    notes.delete(entry[0]);
    const mine = ctx.getActorUri(name);
    const activity = new Delete({
      id: new URL("#delete", wish.object),
      actor: mine,
      to: PUBLIC_COLLECTION,
      object: new Tombstone({ id: new URL(wish.object) }),
    });
    await ctx.sendActivity({ identifier: name }, [...followers.values()], activity, { preferSharedInbox: true });
    return { id: activity.id.href };
  },

  async like(ctx, wish) {
    const mine = ctx.getActorUri(name);
    const author = await actorOf(ctx, wish.actor);
    const like = new Like({ id: new URL(`#likes/${++counter}`, mine), actor: mine, object: new URL(wish.object) });
    likes.set(wish.object, { like, author });
    await ctx.sendActivity({ identifier: name }, author, like);
    return { id: like.id.href };
  },

  async unlike(ctx, wish) {
    const known = likes.get(wish.object);
    if (known == null) throw new Error(`${wish.object} was never liked`);
    const mine = ctx.getActorUri(name);
    const undo = new Undo({ id: new URL(`#undos/${++counter}`, mine), actor: mine, object: known.like });
    await ctx.sendActivity({ identifier: name }, known.author, undo);
    likes.delete(wish.object);
    return { id: undo.id.href };
  },
};

async function control(command, body) {
  if (!Object.hasOwn(commands, command)) return Response.json({ error: `no such command: ${command}` }, { status: 404 });
  try {
    const ctx = federation.createContext(new URL(origin), { scheme: null });
    return Response.json(await commands[command](ctx, body.length ? JSON.parse(body) : {}));
  } catch (error) {
    return Response.json({ error: String(error.stack ?? error) }, { status: 502 });
  }
}

const server = http.createServer(async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  let answer;
  if (incoming.url.startsWith("/control/")) {
    answer = await control(incoming.url.slice("/control/".length), body.toString());
  } else {
    const headers = new Headers();
    for (let i = 0; i < incoming.rawHeaders.length; i += 2) headers.append(incoming.rawHeaders[i], incoming.rawHeaders[i + 1]);
    const request = new Request(new URL(incoming.url, origin), {
      method: incoming.method,
      headers,
      body: body.length ? body : undefined,
    });
    const scheme = headers.has("signature-input") ? "rfc9421" : headers.has("signature") ? "cavage" : "unsigned";
    answer = await federation
      .fetch(request, { contextData: { scheme } })
      .catch((error) => new Response(String(error.stack ?? error), { status: 500 }));
    if (incoming.method === "POST") {
      console.error(`${incoming.method} ${incoming.url} (${scheme}) → ${answer.status}`);
      if (answer.status >= 400) console.error(`  ${await answer.clone().text()}`);
    }
  }
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  outgoing.end(Buffer.from(await answer.arrayBuffer()));
});
server.listen(Number(port), host, () => {
  const actor = `${origin}/users/${name}`;
  console.log(JSON.stringify({ base_url: origin, actor, handle: `${name}@${host}:${server.address().port}` }));
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
