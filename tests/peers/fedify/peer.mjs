// Carol and her neighbours, on a server made of Fedify: an implementation of ActivityPub that shares no line with Nagaya.
//
//   ./node peer.mjs HOST PORT
//
// It prints one JSON line when it listens, keeps everything in memory, and does what a script tells it: the commands stand
// in tests/harness/peer.py. Each one returns after the other server took the activity, or with 502 and the reason.
// Besides: `read {object}` fetches a document and tells what Fedify understood of it.

import http from "node:http";
import { Temporal } from "@js-temporal/polyfill";
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import {
  Accept,
  Activity,
  Add,
  Announce,
  Block,
  Collection,
  Create,
  Delete,
  EmojiReact,
  Endpoints,
  Flag,
  Follow,
  InteractionPolicy,
  InteractionRule,
  Like,
  Mention,
  Move,
  Note,
  Person,
  PUBLIC_COLLECTION,
  Question,
  QuoteAuthorization,
  QuoteRequest,
  Reject,
  Remove,
  Tombstone,
  Undo,
  Update,
} from "@fedify/vocab";

const [host, port] = process.argv.slice(2);
if (!port) {
  console.error("usage: ./node peer.mjs HOST PORT");
  process.exit(2);
}
const origin = `http://${host}:${port}`;

const keys = await Promise.all([generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), generateCryptoKeyPair("Ed25519")]);
const log = []; // What arrived, in order.
const people = new Map(); // Name → somebody.
const notes = new Map(); // Number → { by, post }.
const stamps = new Map(); // Number → QuoteAuthorization.
const quotes = new Map(); // Id of a QuoteRequest → the number of the note that waits for the answer.
let refuse = false;
let counter = 0;

function somebody(name) {
  if (!/^(carol|dave|erin|zoe)(-\w+)?$/.test(name)) return null;
  if (!people.has(name)) {
    people.set(name, {
      name,
      shown: name[0].toUpperCase() + name.slice(1),
      followers: new Map(), // Actor URI → actor.
      following: new Map(), // Actor URI → the Follow that we sent.
      sent: new Map(), // Verb and object → { activity, author }, for taking it back.
      pins: new Set(),
      aliases: [],
      successor: null,
      gone: false,
    });
  }
  return people.get(name);
}

const federation = createFederation({
  kv: new MemoryKvStore(),
  origin,
  allowPrivateAddress: true, // We live on loopback addresses.
  userAgent: "Nagaya-test-peer/0 (Fedify)",
});

async function person(ctx, name) {
  const who = somebody(name);
  if (who == null) return null;
  if (who.gone) return new Tombstone({ id: ctx.getActorUri(name) });
  const pairs = await ctx.getActorKeyPairs(name);
  return new Person({
    id: ctx.getActorUri(name),
    preferredUsername: name,
    name: who.shown,
    summary: "<p>I live in a test.</p>",
    url: ctx.getActorUri(name),
    inbox: ctx.getInboxUri(name),
    outbox: ctx.getOutboxUri(name),
    followers: ctx.getFollowersUri(name),
    featured: ctx.getFeaturedUri(name),
    endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
    manuallyApprovesFollowers: false,
    aliases: who.aliases,
    successor: who.successor,
    publicKey: pairs[0].cryptographicKey,
    assertionMethods: pairs.map((pair) => pair.multikey),
  });
}

federation
  .setActorDispatcher("/users/{identifier}", person)
  .setKeyPairsDispatcher((_ctx, identifier) => (somebody(identifier) ? keys : []));
federation.setFollowersDispatcher("/users/{identifier}/followers", (_ctx, name) => ({
  items: [...(somebody(name)?.followers.values() ?? [])],
}));
federation.setFeaturedDispatcher("/users/{identifier}/featured", (_ctx, name) => ({
  items: [...notes.values()].map((entry) => entry.post).filter((post) => somebody(name)?.pins.has(post.id.href)),
}));
federation.setOutboxDispatcher("/users/{identifier}/outbox", (ctx, name) => ({
  items: [...notes.values()].filter((entry) => entry.by === name).map((entry) => create(ctx, name, entry.post)),
}));
federation.setObjectDispatcher(Note, "/notes/{number}", (_ctx, { number }) => found(number, Note));
federation.setObjectDispatcher(Question, "/questions/{number}", (_ctx, { number }) => found(number, Question));
federation.setObjectDispatcher(QuoteAuthorization, "/stamps/{number}", (_ctx, { number }) => stamps.get(number) ?? null);

function found(number, kind) {
  const post = notes.get(number)?.post;
  return post instanceof kind ? post : null;
}

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Follow, async (ctx, follow) => {
    await record(ctx, follow);
    const actor = await follow.getActor(ctx);
    const followed = ctx.parseUri(follow.objectId);
    if (actor?.id == null || followed?.type !== "actor") return;
    const name = followed.identifier;
    const [mine, id] = [ctx.getActorUri(name), fresh(ctx, name, "answers")];
    if (refuse) return await ctx.sendActivity({ identifier: name }, actor, new Reject({ id, actor: mine, object: follow }));
    somebody(name).followers.set(actor.id.href, actor);
    await ctx.sendActivity({ identifier: name }, actor, new Accept({ id, actor: mine, object: follow }));
  })
  .on(Undo, async (ctx, undo) => {
    await record(ctx, undo);
    const undone = await undo.getObject(ctx);
    if (!(undone instanceof Follow) || undone.actorId?.href !== undo.actorId?.href) return;
    const followed = ctx.parseUri(undone.objectId);
    if (followed?.type === "actor") somebody(followed.identifier)?.followers.delete(undo.actorId.href);
  })
  .on(QuoteRequest, async (ctx, request) => {
    await record(ctx, request);
    const asked = ctx.parseUri(request.objectId);
    const by = notes.get(asked?.values?.number)?.by;
    const asker = await request.getActor(ctx);
    if (by == null || asker == null) return;
    const number = String(++counter);
    const mine = ctx.getActorUri(by);
    const stamp = new QuoteAuthorization({
      id: ctx.getObjectUri(QuoteAuthorization, { number }),
      attribution: mine,
      interactingObject: request.instrumentId,
      interactionTarget: request.objectId,
    });
    stamps.set(number, stamp);
    const id = fresh(ctx, by, "answers");
    await ctx.sendActivity({ identifier: by }, asker, new Accept({ id, actor: mine, object: request, result: stamp.id }));
  })
  .on(Accept, async (ctx, accept) => {
    const entry = await record(ctx, accept);
    // Looking at the object may have put another one in its place: what stands behind an id of ours with a fragment.
    const number = quotes.get(entry.object);
    if (number == null || accept.resultId == null) return;
    quotes.delete(entry.object);
    const stamp = await ctx.lookupObject(accept.resultId);
    entry.stampOf = stamp instanceof QuoteAuthorization ? stamp.interactingObjectId?.href : null;
    const waiting = notes.get(number);
    waiting.post = waiting.post.clone({ quoteAuthorization: accept.resultId });
    const author = await accept.getActor(ctx);
    await ctx.sendActivity({ identifier: waiting.by }, author, create(ctx, waiting.by, waiting.post));
  })
  .on(Activity, record)
  .onError((_ctx, error) => console.error(`inbox: ${error.stack ?? error}`));

// Tells what Fedify understood of an activity.
async function record(ctx, activity) {
  const hrefs = (urls) => urls.map((url) => url.href);
  const entry = {
    type: activity.constructor.name,
    id: activity.id?.href ?? null,
    actor: activity.actorId?.href ?? null,
    object: activity.objectId?.href ?? null,
    objects: hrefs(activity.objectIds),
    target: activity.targetId?.href ?? null,
    instrument: activity.instrumentId?.href ?? null,
    audience: hrefs([...activity.toIds, ...activity.ccIds]),
    content: activity.content?.toString() ?? null,
    reaction: activity instanceof Like ? (activity.content?.toString() ?? null) : null,
    scheme: ctx.data.scheme,
    at: Date.now(),
  };
  // The embedded object costs a look: an absent one must not fail the listener.
  const object = await activity.getObject({ ...ctx, suppressError: true }).catch(() => null);
  entry.objectType = object?.constructor.name ?? null;
  entry.content ??= object?.content?.toString() ?? null;
  entry.name = object?.name?.toString() ?? null;
  entry.inReplyTo = object?.replyTargetId?.href ?? null;
  entry.quote = object?.quoteId?.href ?? object?.quoteUrl?.href ?? null;
  entry.options = [];
  if (object instanceof Question) {
    for await (const option of object.getExclusiveOptions({ ...ctx, suppressError: true })) {
      entry.options.push(option.name?.toString());
    }
  }
  log.push(entry);
  return entry;
}

const fresh = (ctx, name, kind) => new URL(`#${kind}/${++counter}`, ctx.getActorUri(name));

function create(ctx, name, post) {
  return new Create({
    id: new URL("#create", post.id),
    actor: ctx.getActorUri(name),
    object: post,
    tos: post.toIds,
    ccs: post.ccIds,
    published: post.published,
  });
}

async function actorOf(ctx, uri) {
  const actor = await ctx.lookupObject(uri);
  if (actor?.inboxId == null) throw new Error(`${uri} is no actor that can be read`);
  return actor;
}

// To all who follow, at their shared inboxes, and to each of `also` at their own.
async function publish(ctx, who, activity, also = []) {
  await ctx.sendActivity({ identifier: who.name }, [...who.followers.values()], activity, { preferSharedInbox: true });
  for (const uri of also) await ctx.sendActivity({ identifier: who.name }, await actorOf(ctx, uri), activity);
  return { id: activity.id.href };
}

// What is sent about `wish.object` to its author, and remembered to be taken back.
async function about(ctx, who, verb, wish, Kind, more = {}) {
  const author = await actorOf(ctx, wish.actor);
  const activity = new Kind({
    id: fresh(ctx, who.name, verb),
    actor: ctx.getActorUri(who.name),
    object: new URL(wish.object ?? wish.actor),
    ...more,
  });
  who.sent.set(`${verb} ${wish.object ?? wish.actor}`, { activity, author });
  await ctx.sendActivity({ identifier: who.name }, author, activity);
  return { id: activity.id.href };
}

async function takeBack(ctx, who, verb, object) {
  const known = who.sent.get(`${verb} ${object}`);
  if (known == null) throw new Error(`there was no ${verb} of ${object}`);
  who.sent.delete(`${verb} ${object}`);
  const undo = new Undo({
    id: fresh(ctx, who.name, "undos"),
    actor: ctx.getActorUri(who.name),
    object: known.activity,
    tos: known.activity.toIds,
    ccs: known.activity.ccIds,
  });
  await ctx.sendActivity({ identifier: who.name }, known.author, undo);
  if (verb === "announce") await publish(ctx, who, undo);
  return { id: undo.id.href };
}

function audience(ctx, who, wish) {
  const followers = ctx.getFollowersUri(who.name);
  const named = (wish.to ?? []).map((uri) => new URL(uri));
  switch (wish.visibility ?? "public") {
    case "public":
      return { tos: [PUBLIC_COLLECTION], ccs: [followers, ...named] };
    case "unlisted":
      return { tos: [followers], ccs: [PUBLIC_COLLECTION, ...named] };
    case "followers":
      return { tos: [followers, ...named], ccs: [] };
    default:
      return { tos: named, ccs: [] };
  }
}

// What every post of ours has.
function draft(ctx, who, wish, Kind) {
  const number = String(++counter);
  const id = ctx.getObjectUri(Kind, { number });
  return {
    number,
    values: {
      id,
      url: id,
      attribution: ctx.getActorUri(who.name),
      ...audience(ctx, who, wish),
      content: `<p>${wish.content}</p>`,
      tags: (wish.to ?? []).map((uri) => new Mention({ href: new URL(uri) })),
      published: Temporal.Now.instant(),
    },
  };
}

function mine(object) {
  const entry = [...notes].find(([, entry]) => entry.post.id.href === object);
  if (entry == null) throw new Error(`${object} is no post of ours`);
  return entry;
}

const commands = {
  log: async () => log,
  state: async (_ctx, who) => ({ followers: [...who.followers.keys()], following: [...who.following.keys()] }),
  refuse: async (_ctx, _who, wish) => ({ refuse: (refuse = Boolean(wish.refuse)) }),
  read: async (ctx, _who, wish) => {
    const object = await ctx.lookupObject(wish.object);
    return { type: object?.constructor.name, quoteAuthorization: object?.quoteAuthorizationId?.href ?? null };
  },

  async follow(ctx, who, wish) {
    const actor = await actorOf(ctx, wish.actor);
    const follow = new Follow({ id: fresh(ctx, who.name, "follows"), actor: ctx.getActorUri(who.name), object: actor.id });
    who.following.set(wish.actor, follow);
    await ctx.sendActivity({ identifier: who.name }, actor, follow);
    return { id: follow.id.href };
  },

  async unfollow(ctx, who, wish) {
    const follow = who.following.get(wish.actor);
    if (follow == null) throw new Error(`${wish.actor} was never followed`);
    const undo = new Undo({ id: fresh(ctx, who.name, "undos"), actor: ctx.getActorUri(who.name), object: follow });
    await ctx.sendActivity({ identifier: who.name }, await actorOf(ctx, wish.actor), undo);
    who.following.delete(wish.actor);
    return { id: undo.id.href };
  },

  async note(ctx, who, wish) {
    const { number, values } = draft(ctx, who, wish, Note);
    const everybody = new InteractionPolicy({ canQuote: new InteractionRule({ automaticApproval: PUBLIC_COLLECTION }) });
    const post = new Note({
      ...values,
      replyTarget: wish.reply ? new URL(wish.reply) : null,
      summary: wish.summary,
      sensitive: wish.summary != null,
      interactionPolicy: wish.quotable ? everybody : null,
    });
    notes.set(number, { by: who.name, post });
    const activity = create(ctx, who.name, post);
    if (wish.visibility !== "direct") await publish(ctx, who, activity);
    for (const uri of wish.to ?? []) await ctx.sendActivity({ identifier: who.name }, await actorOf(ctx, uri), activity);
    return { id: post.id.href, activity: activity.id.href };
  },

  async question(ctx, who, wish) {
    const { number, values } = draft(ctx, who, wish, Question);
    const post = new Question({
      ...values,
      exclusiveOptions: wish.options.map((name) => new Note({ name, replies: new Collection({ totalItems: 0 }) })),
      endTime: Temporal.Now.instant().add({ hours: 1 }),
      voters: 0,
    });
    notes.set(number, { by: who.name, post });
    await publish(ctx, who, create(ctx, who.name, post));
    return { id: post.id.href };
  },

  async vote(ctx, who, wish) {
    const author = await actorOf(ctx, wish.actor);
    const me = ctx.getActorUri(who.name);
    const vote = new Note({
      id: fresh(ctx, who.name, "votes"),
      attribution: me,
      to: author.id,
      name: wish.option,
      replyTarget: new URL(wish.object),
    });
    const activity = new Create({ id: fresh(ctx, who.name, "votes"), actor: me, to: author.id, object: vote });
    await ctx.sendActivity({ identifier: who.name }, author, activity);
    return { id: activity.id.href };
  },

  async edit(ctx, who, wish) {
    const [number, entry] = mine(wish.object);
    const post = entry.post.clone({ content: `<p>${wish.content}</p>`, updated: Temporal.Now.instant() });
    notes.set(number, { ...entry, post });
    const update = new Update({
      id: fresh(ctx, who.name, "updates"),
      actor: ctx.getActorUri(who.name),
      object: post,
      tos: post.toIds,
      ccs: post.ccIds,
    });
    const mentioned = [];
    for await (const tag of post.getTags()) if (tag instanceof Mention) mentioned.push(tag.href.href);
    return await publish(ctx, who, update, mentioned);
  },

  async delete(ctx, who, wish) {
    const [number, entry] = mine(wish.object);
    notes.delete(number);
    const mentioned = [];
    for await (const tag of entry.post.getTags()) if (tag instanceof Mention) mentioned.push(tag.href.href);
    const activity = new Delete({
      id: new URL("#delete", wish.object),
      actor: ctx.getActorUri(who.name),
      to: PUBLIC_COLLECTION,
      object: new Tombstone({ id: new URL(wish.object) }),
    });
    return await publish(ctx, who, activity, mentioned);
  },

  like: (ctx, who, wish) => about(ctx, who, "like", wish, Like),
  unlike: (ctx, who, wish) => takeBack(ctx, who, "like", wish.object),
  react: (ctx, who, wish) => about(ctx, who, "react", wish, EmojiReact, { content: wish.emoji }),
  unreact: (ctx, who, wish) => takeBack(ctx, who, "react", wish.object),
  block: (ctx, who, wish) => about(ctx, who, "block", wish, Block),
  unblock: (ctx, who, wish) => takeBack(ctx, who, "block", wish.actor),
  flag: (ctx, who, wish) =>
    about(ctx, who, "flag", wish, Flag, {
      object: undefined,
      objects: wish.objects.map((uri) => new URL(uri)),
      content: wish.content,
    }),

  async announce(ctx, who, wish) {
    const followers = ctx.getFollowersUri(who.name);
    const told = await about(ctx, who, "announce", wish, Announce, {
      to: PUBLIC_COLLECTION,
      ccs: [followers, new URL(wish.actor)],
      published: Temporal.Now.instant(),
    });
    await publish(ctx, who, who.sent.get(`announce ${wish.object}`).activity);
    return told;
  },
  unannounce: (ctx, who, wish) => takeBack(ctx, who, "announce", wish.object),

  async pin(ctx, who, wish) {
    mine(wish.object);
    who.pins.add(wish.object);
    return await publish(ctx, who, pinning(ctx, who, wish.object, Add));
  },

  async unpin(ctx, who, wish) {
    who.pins.delete(wish.object);
    return await publish(ctx, who, pinning(ctx, who, wish.object, Remove));
  },

  async rename(ctx, who, wish) {
    who.shown = wish.name;
    const me = ctx.getActorUri(who.name);
    const object = await person(ctx, who.name);
    return await publish(ctx, who, new Update({ id: fresh(ctx, who.name, "updates"), actor: me, to: PUBLIC_COLLECTION, object }));
  },

  alias: async (_ctx, who, wish) => ({ aliases: who.aliases.push(new URL(wish.actor)) }),

  async move(ctx, who, wish) {
    const [old, target] = [ctx.getActorUri(who.name), ctx.getActorUri(wish.to)];
    somebody(wish.to).aliases.push(old);
    who.successor = target;
    const move = new Move({ id: fresh(ctx, who.name, "moves"), actor: old, object: old, target, to: ctx.getFollowersUri(who.name) });
    return await publish(ctx, who, move);
  },

  async retire(ctx, who) {
    const me = ctx.getActorUri(who.name);
    const told = await publish(ctx, who, new Delete({ id: new URL("#delete", me), actor: me, object: me, to: PUBLIC_COLLECTION }));
    who.gone = true;
    return told;
  },

  async quote(ctx, who, wish) {
    const author = await actorOf(ctx, wish.actor);
    const { number, values } = draft(ctx, who, { ...wish, to: [wish.actor] }, Note);
    const post = new Note({ ...values, quote: new URL(wish.object), quoteUrl: new URL(wish.object) });
    notes.set(number, { by: who.name, post });
    const request = new QuoteRequest({
      id: fresh(ctx, who.name, "quotes"),
      actor: ctx.getActorUri(who.name),
      to: author.id,
      object: new URL(wish.object),
      instrument: post,
    });
    quotes.set(request.id.href, number);
    await ctx.sendActivity({ identifier: who.name }, author, request);
    return { id: post.id.href, request: request.id.href };
  },
};

function pinning(ctx, who, object, Kind) {
  return new Kind({
    id: fresh(ctx, who.name, "pins"),
    actor: ctx.getActorUri(who.name),
    to: PUBLIC_COLLECTION,
    object: new URL(object),
    target: ctx.getFeaturedUri(who.name),
  });
}

async function control(command, body) {
  if (!Object.hasOwn(commands, command)) return Response.json({ error: `no such command: ${command}` }, { status: 404 });
  try {
    const ctx = federation.createContext(new URL(origin), { scheme: null });
    const wish = body.length ? JSON.parse(body) : {};
    return Response.json(await commands[command](ctx, somebody(wish.who ?? "carol"), wish));
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
      if (answer.status >= 400) console.error(`  ${await answer.clone().text()}\n  ${body.toString().slice(0, 2000)}`);
    }
  }
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  outgoing.end(Buffer.from(await answer.arrayBuffer()));
});
server.listen(Number(port), host, () => {
  const actor = `${origin}/users/carol`;
  console.log(JSON.stringify({ base_url: origin, actor, handle: `carol@${host}:${server.address().port}` }));
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
