// Made from nagaya/wit/v1_0 by `UPDATE=1 cargo test -p conformance` in Nagaya's plugins/. Do not edit.
// A function that fails throws a Failure; `catch (failure)` gets it.

/** Asked before the server fetches something from another server. */
declare module "nagaya:plugin/gate@1.0.0" {
  export interface Gate {
    /** `purpose`: `actor`, `post`, `media`, `card`, `collection`. A failure counts as yes. */
    allow(url: string, purpose: string): boolean;
  }
}

/** Tells the public what this plugin does. */
declare module "nagaya:plugin/describe@1.0.0" {
  export interface Describe {
    /** A short summary for nodeinfo and the about page, at most 1,000 characters; empty: say nothing. */
    policy(): string;
  }
}

/**
 * Lines for the server's log and the plugin's page. 8 KiB a call and 100 lines a minute; the rest is dropped and
 * counted. Control characters become spaces.
 */
declare module "nagaya:plugin/log@1.0.0" {
  export type Level =
    | "debug"
    | "info"
    | "warn"
    | "error";
  export interface Log {
    write(l: Level, msg: string): void;
  }
  const log: Log;
  export default log;
}

/** The settings of this plugin: what the manifest declares, with what the admin changed. */
declare module "nagaya:plugin/config@1.0.0" {
  export interface Config {
    /**
     * One setting: text as it is, everything else as JSON. None: the manifest does not declare it, or it is a secret
     * (a plugin never sees its secrets; see `http`).
     */
    get(key: string): string | null;
    /** All settings but the secrets as one JSON object. */
    all(): string;
    /** The server's own domain. */
    host(): string;
  }
  const config: Config;
  export default config;
}

/** Unguessable bytes. */
declare module "nagaya:plugin/random@1.0.0" {
  export interface Random {
    /** `n` bytes, 4,096 at most (asking for more ends the call as a `limit` failure). */
    bytes(n: number): Uint8Array;
  }
  const random: Random;
  export default random;
}

/**
 * Numbers for the admin's graphs, exported as `plugin_<id>_<name>`. Names are 1 to 48 of a-z, 0-9 and `_`; a plugin
 * has 32 names, others are dropped.
 */
declare module "nagaya:plugin/metrics@1.0.0" {
  export interface Metrics {
    /** Adds to a counter. */
    count(name: string, by: number): void;
    /** Notes one value of a distribution. Infinities and not-a-number are dropped. */
    observe(name: string, value: number): void;
  }
  const metrics: Metrics;
  export default metrics;
}

/** Text work that is better done by the host. */
declare module "nagaya:plugin/text@1.0.0" {
  export interface Text {
    /** HTML as plain text, as in `envelope.text`. */
    htmlToText(html: string): string;
    /**
     * HTML with only what the profile lets through. Profiles: `post` (what the server itself allows), `basic` (paragraphs,
     * line breaks, links), `none` (plain text, escaped). Another word counts as `basic`.
     */
    sanitize(html: string, profile: string): string;
    /**
     * Which entries of an admin's list occur in `haystack`: their indexes, rising, at most 100. The manifest names the
     * lists in `lists`. Entries are words or phrases, compared without regard to case, width and kind of kana, or
     * regular expressions written `/like this/`; the engine takes time linear in the text. An unknown list is empty.
     */
    matchList(listName: string, haystack: string): Array<number>;
  }
  const text: Text;
  export default text;
}

declare module "nagaya:plugin/types@1.0.0" {
  /** Milliseconds since 1970-01-01 00:00 UTC. */
  export type Ts = number;
  /** Which way an activity travels. */
  export type Direction =
    /** Another server sent it to us, signed by its actor. */
    | "inbound"
    /** Somebody on this server wrote it, and it will leave the server. It is not stored yet, and nobody has seen it. */
    | "outbound"
    /** Somebody on this server wrote it for this server only. */
    | "local"
    /** A relay sent it to us. */
    | "relayed"
    /** We asked another server for it: a thread's parent, a search by address. */
    | "fetched";
  /** Who may see a post. */
  export type Visibility =
    /** Everybody, and listed in public timelines. */
    | "public"
    /** Everybody, but not listed. */
    | "unlisted"
    /** The author's followers and those mentioned. */
    | "followers"
    /** Those mentioned. */
    | "direct"
    /** The question does not arise: the activity is no post (a Follow, a Like). */
    | "other";
  /** ActivityStreams actor types. */
  export type ActorKind =
    | "person"
    | "service"
    | "application"
    | "group"
    | "organization"
    | "other";
  /** Why the host did not do what was asked. */
  export type Failure =
    /** The admin did not grant it; says which permission is missing. */
    | { tag: "denied"; val: string }
    /** A limit was reached; says which. Asking again in this call will not help. */
    | { tag: "limit"; val: string }
    /** There is no such thing here. */
    | { tag: "not-found" }
    /** It could not be done now (a server does not answer, a name does not resolve); says why. */
    | { tag: "unavailable"; val: string }
    /** The request makes no sense; says why. */
    | { tag: "invalid"; val: string };
  /**
   * Somebody. `posts-seen`, `followers-seen`, `local-followers` and `local-following` are 0 unless the manifest's
   * `needs` has `counts` (in answers of `query` they are always filled in).
   */
  export interface Actor {
    id: string;
    handle: string;
    /** Host of the id. */
    host: string;
    /** Whether it lives on this server. */
    local: boolean;
    kind: ActorKind;
    /** Plain text; may be empty. */
    displayName: string;
    /** The profile text as plain text; may be empty. */
    bio: string;
    /** Whether it asks before it accepts followers. */
    locked: boolean;
    /** When this server first heard of it; now, if it never did before. */
    firstSeen: Ts;
    /** When its own server says it was created; many do not say. */
    created: Ts | null;
    /** Posts of it that this server holds. */
    postsSeen: number;
    /** Followers that its own server says it has; for local people, that it has. */
    followersSeen: number;
    /** People on this server who follow it. */
    localFollowers: number;
    /** People on this server whom it follows. */
    localFollowing: number;
    /** Id of its followers collection; empty when it names none. */
    followersUrl: string;
    /** What moderators of this server tagged it with, lower case (`media-sensitive`, …); mostly empty. */
    adminTags: Array<string>;
  }
  /** Another post that this one answers or quotes, as far as this server knows it already. */
  export interface Parent {
    id: string;
    /** Id of its author. */
    author: string;
    authorHandle: string;
    /** Whether its author lives on this server. */
    local: boolean;
    visibility: Visibility;
    /** Its content warning, plain text. */
    summary: string | null;
  }
  /**
   * One activity with the facts that policies ask about. Parts marked with a need are there only when the manifest
   * lists that word in `needs`; otherwise they are empty or none and cost nothing.
   */
  export interface Envelope {
    direction: Direction;
    /**
     * The activity's type as on the wire: `Create`, `Update`, `Announce`, `Like`, `EmojiReact`, `Follow`, `Block`,
     * `Flag`, `Move`, `Delete`, `Undo`, …
     */
    activity: string;
    /** The object's type: `Note`, `Question`, `Person`, …; none when the object is only named by its id. */
    object: string | null;
    /** Id of the object when there is one, else of the activity; empty for a local post that has none yet. */
    id: string;
    /** Who did it. */
    actor: Actor;
    visibility: Visibility;
    /** When the author says it was written. */
    published: Ts | null;
    /** Whether it replaces an earlier version. */
    isEdit: boolean;
    /**
     * The post as plain text: no markup, one line feed between lines, an empty line between paragraphs, then the
     * options of its poll, a line each. Of a Flag: what the reporter wrote. Of a reaction: the emoji. Empty when there
     * is none.
     */
    text: string;
    /** The post's HTML, cleaned by the host. Need: `html`. */
    html: string | null;
    /** Content warning or title, plain text. */
    summary: string | null;
    /** BCP 47 tag, as the author claims. */
    language: string | null;
    /** Whether the media are marked sensitive. */
    sensitive: boolean;
    /** Ids of those mentioned, and of those addressed without being mentioned. Of a Flag: those reported. */
    mentions: Array<string>;
    /** How many of them live on this server. */
    localMentions: number;
    /** How many actors and collections it is addressed to, the public collection not counted. */
    recipients: number;
    /** Without the `#`, as written. */
    hashtags: Array<string>;
    /** Hosts of the links in the text, without those of mentions and hashtags; each once. */
    linkHosts: Array<string>;
    /** Custom emoji: shortcode without colons, address of the picture. */
    emoji: Array<[string, string]>;
    /** Media types of the attachments: `image/png`, … */
    attachments: Array<string>;
    /** The post that is answered. Need: `parent`. */
    replyTo: Parent | null;
    /** The post that is quoted. Need: `parent`. */
    quoteOf: Parent | null;
    /** Of a Follow: whom it wants to follow. */
    followTarget: Actor | null;
    /**
     * Between the actor and each local person who is mentioned, addressed, answered or followed: a word, a space, that
     * person's id. Words: `follows` (the actor follows them), `followed-by` (they follow the actor), `requested` (the
     * actor asked to follow them), `blocks`, `blocked-by`, `muted-by`. Need: `relation`.
     */
    relation: Array<string>;
    /**
     * Of an edit: the earlier versions as plain text, oldest first; a content warning stands in front, followed by an
     * empty line. Need: `history`.
     */
    history: Array<string>;
    /** The activity's JSON as it arrived; of a local post none. At most 1 MiB. Need: `raw`. */
    raw: string | null;
  }
  /**
   * A small change to the activity. Later filters see the envelope as it is then. What would widen an audience, change
   * an id, an author or a type, or makes no sense is ignored and noted in the moderation log. At most 16 a decision.
   */
  export type Effect =
    /** Makes the audience smaller. */
    | { tag: "set-visibility"; val: Visibility }
    /** Marks the media sensitive; with a text, also sets the content warning when there is none. Up to 500 characters. */
    | { tag: "sensitive"; val: string | null }
    /**
     * Takes these off. Of a post: `media`, `emoji` (their shortcodes stay as text), `card` (the link preview), `poll`,
     * `quote`. Of an actor: `avatar`, `header`, `bio`, `fields`, `emoji`.
     */
    | { tag: "strip"; val: Array<string> }
    /**
     * Replaces a part. First which: `text` (plain text; the host turns lines, links, mentions and hashtags into markup),
     * `html` (cleaned by the host), `summary` (the content warning, plain text; empty: none); then the new content. At most
     * 256 KiB.
     */
    | { tag: "set-text"; val: [string, string] }
    /**
     * Ids of people here who do not get it: not in their timelines, not as notifications. The word `followers` stands for
     * all who would get it only because they follow the author.
     */
    | { tag: "drop-recipients"; val: Array<string> }
    /**
     * Id of somebody known here who is mentioned from now on. Only whoever may see the post already (an author of the post
     * it answers or quotes), and never in a direct post.
     */
    | { tag: "add-mention"; val: string }
    /** Nobody is notified of it. */
    | { tag: "mute-notifications" }
    /** Deletes our copy after so many seconds; of a local post, the post. */
    | { tag: "expire-s"; val: number }
    /** A note for the moderators, up to 100 characters; nobody else sees it. */
    | { tag: "label"; val: string }
    /** Reports it to the moderators with this comment, up to 500 characters. */
    | { tag: "report"; val: string }
    /** Fetches the media into the cache before somebody looks at them. */
    | { tag: "prefetch-media" }
    /**
     * RFC 6902, at most 64 KiB, over the object's JSON; for what comes in. `/id`, `/type`, `/attributedTo`, `/actor`,
     * `/to`, `/cc`, `/bto`, `/bcc`, `/audience` and the whole document are out of bounds, `move` and `copy` out of them
     * are not.
     */
    | { tag: "json-patch"; val: string }
    /** For experiments: a name and JSON. A host that does not know the name ignores it. */
    | { tag: "extra"; val: [string, string] };
  export type Verdict =
    | { tag: "accept" }
    /** Keep it back until a moderator looks. The reason is for people, up to 500 characters. */
    | { tag: "hold"; val: string }
    /** Do not let it pass. The reason is shown to a local author and kept in the moderation log; up to 500 characters. */
    | { tag: "reject"; val: string };
  export interface Decision {
    verdict: Verdict;
    /**
     * How suspicious it is; may be negative. The sum over all filters counts: from 50 on it is held, from 100 on
     * rejected (an admin may set other numbers).
     */
    score: number;
    effects: Array<Effect>;
  }
}

/** What a bot implements. It has an account of its own, of type Service. */
declare module "nagaya:plugin/bot@1.0.0" {
  import type { Actor } from "nagaya:plugin/types@1.0.0";
  import type { Envelope } from "nagaya:plugin/types@1.0.0";
  /** What happened. Ids in tuples come second. */
  export type Body =
    /** Somebody mentions the bot in a post that is no answer to it. */
    | { tag: "mention"; val: Envelope }
    /** Somebody answers a post of the bot. */
    | { tag: "reply"; val: Envelope }
    /** Somebody quotes a post of the bot. */
    | { tag: "quote"; val: Envelope }
    /** Somebody writes to the bot only. Needs the permission to see direct posts. */
    | { tag: "direct"; val: Envelope }
    /** A post in the bot's home timeline, or with a hashtag that it follows. */
    | { tag: "timeline"; val: Envelope }
    /** Somebody follows the bot, or asks to; the id is that of the follow, for `answer-follow`. */
    | { tag: "followed"; val: [Actor, string] }
    | { tag: "unfollowed"; val: Actor }
    /** Somebody favourited or reacted to the bot's post with this id. */
    | { tag: "reacted"; val: [Actor, string] }
    /** Somebody boosted the bot's post with this id. */
    | { tag: "boosted"; val: [Actor, string] }
    /** Somebody voted in the bot's poll with this post id. */
    | { tag: "voted"; val: [Actor, string] }
    /** The post with this id, of which the bot was told, is gone. */
    | { tag: "deleted"; val: string }
    /** For experiments: a name and JSON. Ignore names you do not know. */
    | { tag: "extra"; val: [string, string] };
  export interface Event {
    /** Rises; never used twice for one bot. An event that comes again after a failure has the same number. */
    seq: number;
    body: Body;
  }
  export interface Bot {
    /**
     * Handles up to 50 events, oldest first. Everything it did takes effect when it returns ok. After an error, a trap or a
     * timeout nothing of it does; the events come again, three times, each alone.
     */
    onEvents(batch: Array<Event>): void;
    /** A timer of its own, or an entry of the manifest's `cron` (then without a payload). */
    onTimer(name: string, payload: Uint8Array): void;
  }
}

/** What a fan-out policy implements: when and in which order one activity goes to the other servers. */
declare module "nagaya:plugin/fan-out@1.0.0" {
  import type { Envelope } from "nagaya:plugin/types@1.0.0";
  /** Why a server gets it. The first that applies. */
  export type Reason =
    /** Somebody there is mentioned, answered or quoted. */
    | "mentioned"
    /** Somebody there follows the author. */
    | "follower"
    /** It is a relay. */
    | "relay"
    /** It got an earlier version, and must hear of the change. */
    | "prior-recipient";
  /** One server with all its inboxes. */
  export interface Target {
    /** Its index, for `plan.overrides`. */
    ix: number;
    host: string;
    /** How many requests it takes. */
    inboxes: number;
    /** How many of its people are followers or mentioned. */
    recipients: number;
    /** How many of its people follow the author and are followed back. */
    mutuals: number;
    /** Whether its shared inbox is used. */
    shared: boolean;
    why: Reason;
    /** `mastodon`, `misskey`, …, in lower case, once known. */
    software: string | null;
    /** Failed attempts in a row. */
    fails: number;
    /** Seconds since something was last delivered there; none: never. */
    lastOkS: number | null;
    /** Median of its recent answers; 0: unknown. */
    latencyMs: number;
    /** Deliveries that wait for it already. */
    queued: number;
    /** What admins tagged the server with. */
    tags: Array<string>;
  }
  export interface Step {
    /** Not before so many seconds from now. At most 6 h, with a grant 24 h; `mentioned` at most 10 minutes without one. */
    delayS: number;
    /** Then at a random moment within so many seconds. */
    spreadS: number;
    /** 0 is served first; the built-in plan uses 100. */
    priority: number;
    /** Deliveries of a lane share their place in the queue; empty: the author's. */
    lane: string;
    /**
     * Do not deliver at all, for this reason. Needs its own grant; never for a Delete, Undo, Block, Move or Update to a
     * `prior-recipient`.
     */
    drop: string | null;
    /** Which of `plan.variants` it gets: 1 is the first, 0 the activity as it is. */
    variantIx: number;
  }
  export interface Plan {
    defaultStep: Step;
    /** By index of the target; each at most once. */
    overrides: Array<[number, Step]>;
    /** JSON patches over the activity, as `types.effect.json-patch`; at most 8. */
    variants: Array<string>;
  }
  /** What became of the deliveries to one server since the last report. */
  export interface Outcome {
    host: string;
    ok: number;
    failed: number;
    /** Inboxes that are gone for good. */
    gone: number;
    /** Median time to an answer. */
    p50Ms: number;
  }
  export interface FanOut {
    /**
     * Plans one activity; up to 5,000 targets a call, so a larger one is planned in several calls. A failure, or a plan that
     * names a target it was not given, means the built-in plan.
     */
    makePlan(e: Envelope, targets: Array<Target>): Plan;
    /** At most once a minute. */
    learn(results: Array<Outcome>): void;
  }
}

/** What a filter implements. */
declare module "nagaya:plugin/filter@1.0.0" {
  import type { Decision } from "nagaya:plugin/types@1.0.0";
  import type { Effect } from "nagaya:plugin/types@1.0.0";
  import type { Envelope } from "nagaya:plugin/types@1.0.0";
  import type { Verdict } from "nagaya:plugin/types@1.0.0";
  export interface Filter {
    /**
     * Judges one activity. `score-so-far` is the sum of the filters that ran before.
     *
     * An error, a trap or too much time is a failure of the plugin, never a rejection. Then the manifest's `on-failure`
     * counts: by default what comes in is accepted, and what goes out is held and the author told.
     */
    decide(e: Envelope, scoreSoFar: number): Decision;
  }
}

/** Judges profiles of other servers, when they are first seen and when they change. */
declare module "nagaya:plugin/actor-filter@1.0.0" {
  import type { Actor } from "nagaya:plugin/types@1.0.0";
  import type { Decision } from "nagaya:plugin/types@1.0.0";
  export interface ActorFilter {
    /**
     * `raw` is the actor's JSON as it was fetched, at most 1 MiB. Of the effects, `strip`, `label`, `report` and `extra`
     * count. `hold` keeps the account limited until a moderator looks; `reject` forgets the document.
     */
    decideActor(a: Actor, raw: string): Decision;
  }
}

/** The time. */
declare module "nagaya:plugin/clock@1.0.0" {
  import type { Ts } from "nagaya:plugin/types@1.0.0";
  export interface Clock {
    now(): Ts;
  }
  const clock: Clock;
  export default clock;
}

/**
 * The plugin's own memory, kept in the server's database: in every backup, and never seen by other plugins. A filter
 * or a fan-out policy has 1 MiB and 10,000 keys, a bot 16 MiB. A key is 1 to 256 bytes, a value at most 64 KiB. Keys
 * that begin with `_` are the host's, save `_schema`, where a plugin may note the version of its data.
 *
 * Written values are there for every later call as soon as the function returns; in a bot they are written together
 * with its actions when the handler returns ok, and only then.
 */
declare module "nagaya:plugin/kv@1.0.0" {
  import type { Failure } from "nagaya:plugin/types@1.0.0";
  export type Bytes = Uint8Array;
  export interface Kv {
    /** None: there is no such key, or its time is over. */
    get(key: string): Bytes | null;
    /** Deleting what is not there is fine. */
    delete(key: string): void;
    /** `ttl-s`: after so many seconds it is gone. */
    set(key: string, value: Bytes, ttlS: number | null): void;
    /**
     * Adds to a number, which begins at 0, and answers the sum; it stops at the ends of its range. `ttl-s` counts from
     * the first call, so this counts per stretch of time. `invalid`: the key holds something else than a number.
     * Numbers are kept as decimal text.
     */
    incr(key: string, by: number, ttlS: number | null): number;
    /** Sets `new` only if the value now is `old` (none: there is none); whether it did. */
    cas(key: string, old: Bytes | null, fresh: Bytes): boolean;
    /**
     * Up to `max` (at most 100) keys that begin with `prefix` and come after `after`, sorted by bytes, with values;
     * together at most 256 KiB.
     */
    scan(prefix: string, after: string | null, max: number): Array<[string, Bytes]>;
  }
  const kv: Kv;
  export default kv;
}

/**
 * People and posts that this server knows already; nothing is fetched. Permission: `query`. Posts are found only in the
 * visibilities that the admin granted (`denied` is not said: they are simply not there).
 */
declare module "nagaya:plugin/query@1.0.0" {
  import type { Actor } from "nagaya:plugin/types@1.0.0";
  import type { Envelope } from "nagaya:plugin/types@1.0.0";
  import type { Failure } from "nagaya:plugin/types@1.0.0";
  export interface Query {
    actorById(id: string): Actor | null;
    /** With or without a leading `@`; without a host: somebody here. */
    actorByHandle(h: string): Actor | null;
    /** The words of `envelope.relation`, between `a` and `b`, without an id. At least one of the two must live here. */
    relation(a: string, b: string): Array<string>;
    post(id: string): Envelope | null;
    /** Newest first; `before`: only those older than the post of this id. At most 20. */
    postsBy(actor: string, before: string | null, max: number): Array<Envelope>;
  }
  const query: Query;
  export default query;
}

/**
 * Requests to hosts that the manifest names in `http` and the admin granted. A filter that uses it runs in the late
 * stage. https only, save for addresses in the local network that were granted by name; redirects are followed three
 * times and only to granted hosts.
 *
 * A header value may contain `{secret:NAME}`: the host puts the secret setting NAME there.
 */
declare module "nagaya:plugin/http@1.0.0" {
  import type { Failure } from "nagaya:plugin/types@1.0.0";
  export type Headers = Array<[string, string]>;
  export interface Request {
    /** `GET`, `HEAD`, `POST`, `PUT`, `PATCH` or `DELETE`, as the manifest declares for the host. */
    method: string;
    /** Absolute, without user and password. */
    url: string;
    /**
     * `host`, `content-length`, `connection`, `transfer-encoding` and their like are the host's: naming them is
     * `invalid`, as are line breaks in a value.
     */
    headers: Headers;
    body: Uint8Array;
    /** Shortens the host's own limit; 0: that limit. */
    timeoutMs: number;
    /** Sign a GET as the server itself. Permission: `sign`. */
    sign: boolean;
  }
  export interface Response {
    status: number;
    /** Names in lower case; `set-cookie` is not handed on. */
    headers: Headers;
    /** At most 256 KiB for a filter, 1 MiB for a bot. */
    body: Uint8Array;
    /** Whether there was more. */
    truncated: boolean;
  }
  export interface Http {
    /** Any status is an answer, not an error. */
    send(r: Request): Response;
  }
  const http: Http;
  export default http;
}

/** What a plugin with a path of its own, `/plugins/<id>/…`, implements. */
declare module "nagaya:plugin/web@1.0.0" {
  import type { Headers } from "nagaya:plugin/http@1.0.0";
  export interface Req {
    /** Upper case. */
    method: string;
    /** With the query, beginning with `/`, without the plugin's prefix; normalised by the host. */
    path: string;
    /** Names in lower case; `authorization` and `cookie` are not handed on. */
    headers: Headers;
    /** At most 1 MiB. */
    body: Uint8Array;
  }
  export interface Resp {
    /** 200 to 599. */
    status: number;
    /**
     * `content-type`, `location` (inside the prefix or to https), `cache-control` and `x-…` count; the host adds its own
     * protections.
     */
    headers: Headers;
    /** At most 1 MiB. */
    body: Uint8Array;
  }
  export interface Web {
    onHttp(r: Req): Resp;
  }
}

/** Names in the DNS. Permission: `dns`. A filter that uses it runs in the late stage. */
declare module "nagaya:plugin/dns@1.0.0" {
  import type { Failure } from "nagaya:plugin/types@1.0.0";
  export interface Dns {
    /** `kind`: `A`, `AAAA` or `TXT`. Nothing found is an empty list; an unreachable resolver is `unavailable`. */
    lookup(name: string, kind: string): Array<string>;
  }
  const dns: Dns;
  export default dns;
}

/** A bot's alarm clocks, 16 at most; buffered until the handler returns ok. */
declare module "nagaya:plugin/timers@1.0.0" {
  import type { Failure } from "nagaya:plugin/types@1.0.0";
  import type { Ts } from "nagaya:plugin/types@1.0.0";
  export interface Timers {
    /**
     * Calls `on-timer` at `at` or soon after, at the earliest in 60 s; a timer of the same name is replaced. `payload`
     * at most 4 KiB. What fell due while the server was down fires once.
     */
    set(name: string, at: Ts, payload: Uint8Array): void;
    /** Cancelling what is not there is fine. */
    cancel(name: string): void;
  }
  const timers: Timers;
  export default timers;
}

/**
 * What a bot does, always as its own account. Nothing of it happens before the handler returns ok; then all of it does,
 * together with what it wrote into `kv` and `timers`.
 */
declare module "nagaya:plugin/actions@1.0.0" {
  import type { Failure } from "nagaya:plugin/types@1.0.0";
  import type { Visibility } from "nagaya:plugin/types@1.0.0";
  export interface Draft {
    /** As people type it: mentions and hashtags and links work. */
    content: string;
    /** Content warning. */
    summary: string | null;
    /** `other` is `invalid`. */
    visibility: Visibility;
    /** Id of the post that this answers. */
    replyTo: string | null;
    quoteOf: string | null;
    /** BCP 47 tag. */
    language: string | null;
    sensitive: boolean;
    /** What `upload` answered; at most 4. */
    media: Array<string>;
    /** Delete it after so many seconds. */
    expiresS: number | null;
    /**
     * Two posts of a bot with the same word here, not empty, are one: the second call answers the first post. At most 64
     * bytes, remembered for 30 days.
     */
    idem: string;
  }
  export interface Actions {
    /** Answers the id that the post will have. 5 an event, 30 an hour, 300 a day. `direct` only to people who wrote first. */
    post(d: Draft): string;
    /** Only its own posts; likewise for `delete`. */
    edit(id: string, d: Draft): void;
    delete(id: string): void;
    /** None: a favourite. 60 an hour together with `boost`. */
    react(id: string, emoji: string | null): void;
    boost(id: string): void;
    /** 20 new ones a day. */
    follow(actor: string, on: boolean): void;
    /** `request`: id of somebody who asked to follow the bot. */
    answerFollow(request: string, accept: boolean): void;
    /** Answers a name for `draft.media`, good for this event. Within the server's limits for media. */
    upload(bytes: Uint8Array, mime: string, alt: string): string;
    /** Copies a custom emoji of another server. */
    importEmoji(shortcode: string, url: string): void;
    /** Reports to this server's moderators. `posts` are of `actor`. */
    report(actor: string, posts: Array<string>, note: string): void;
  }
  const actions: Actions;
  export default actions;
}
