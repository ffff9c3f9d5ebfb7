// Every method of masto.js, called on the demo. One line of JSON for each check: {"what", "error"?}.
//
//     ./node everything.mjs '{"alice": {"base_url", "token", "username"}, "bob": {…}}'

import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";

import { methods } from "./methods.mjs";

// What is not called, and why nobody misses it.
const NO_REPORTS = "no annual reports are made here: 404 is the honest answer";
const EXCEPTIONS = {
  "v1.annualReports.list": NO_REPORTS,
  "v1.annualReports.$select.fetch": NO_REPORTS,
  "v1.annualReports.$select.generate": NO_REPORTS,
  "v1.annualReports.$select.read": NO_REPORTS,
  "v1.annualReports.$select.state.fetch": NO_REPORTS,
  "v1.notifications.fetch": "not an endpoint: /api/v1/notifications is a list, which v1.notifications.list asks for",
  "v1.search.list": "removed in Mastodon 3.0",
  "v1.statuses.$select.card.fetch": "removed in Mastodon 3.0",
  "v1.timelines.direct.list": "removed in Mastodon 3.0",
};

const people = JSON.parse(process.argv[2]);
const used = new Set();
const kept = {};
let failures = 0;

/** A client that notes which methods are called. */
function noting(target, prefix) {
  return new Proxy(target, {
    get(_, property) {
      if (typeof property !== "string") return target[property];
      const inner = target[property];
      if (typeof inner !== "function" && typeof inner !== "object") return inner;
      const name = `${prefix}${property}`;
      return noting(inner, `${name}.`);
    },
    apply(_, self, values) {
      const name = prefix.slice(0, -1);
      if (name.endsWith("$select")) return noting(target(...values), prefix);
      used.add(name);
      return Reflect.apply(target, self, values);
    },
  });
}

const { alice, bob } = people;
const rest = ({ base_url, token }) => createRestAPIClient({ url: base_url, accessToken: token });
const client = noting(rest(alice), "");
const other = rest(bob);
const handle = ({ base_url, username }) => `${username}@${new URL(base_url).host}`;

async function check(what, run, fits = () => true) {
  try {
    const answer = await run();
    if (!fits(answer)) throw new Error(`answered ${JSON.stringify(answer)?.slice(0, 300)}`);
    console.log(JSON.stringify({ what }));
    return answer;
  } catch (error) {
    failures += 1;
    console.log(JSON.stringify({ what, error: `${error?.name}: ${error?.message} ${error?.details ? JSON.stringify(error.details) : ""}` }));
    return undefined;
  }
}

/** What must be refused, so that nothing breaks by asking for it. */
const refused = (what, run) =>
  check(`${what}, refused`, async () => {
    try {
      await run();
    } catch (error) {
      if (error.statusCode >= 400 && error.statusCode < 500) return true;
      throw error;
    }
    throw new Error("it was allowed");
  });

/** Asks until the answer is something. */
async function eventually(look) {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await look().catch(() => undefined);
    if (answer) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("not within 5 s");
}

const first = async (list) => (await list)[0];

/** A family of calls: [what, call, fits?, name to keep the answer by?] */
async function family(calls) {
  for (const [what, run, fits, keep] of calls) {
    const answer = await check(`masto.js ${what}`, run, fits);
    if (keep) kept[keep] = answer;
  }
}

const id = (name) => {
  if (!kept[name]?.id) throw new Error(`there is no ${name}: the call that makes it failed`);
  return kept[name].id;
};
const { v1, v2 } = client;
const far = "2099-01-01T00:00:00.000Z";
const picture = new Blob(
  [Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64")],
  { type: "image/png" },
);

async function server() {
  await family([
    ["v2.instance.fetch", () => v2.instance.fetch(), (it) => it.domain],
    ["v1.instance.fetch", () => v1.instance.fetch(), (it) => it.uri],
    ["v1.instance.activity.list", () => v1.instance.activity.list(), (weeks) => weeks.length === 12],
    ["v1.instance.domainBlocks.fetch", () => v1.instance.domainBlocks.fetch(), Array.isArray],
    ["v1.instance.extendedDescription.fetch", () => v1.instance.extendedDescription.fetch(), (it) => "content" in it],
    ["v1.instance.languages.list", () => v1.instance.languages.list(), (them) => them.length > 0],
    ["v1.instance.peers.list", () => v1.instance.peers.list(), Array.isArray],
    ["v1.instance.rules.list", () => v1.instance.rules?.list?.() ?? [], Array.isArray],
    ["v1.instance.translationLanguages.list", () => v1.instance.translationLanguages.list()],
    ["v1.customEmojis.list", () => v1.customEmojis.list(), Array.isArray],
    ["v1.directory.list", () => v1.directory.list(), Array.isArray],
    ["v1.announcements.list", () => v1.announcements.list(), Array.isArray, "announcements"],
    ["v1.preferences.fetch", () => v1.preferences.fetch(), (it) => "posting:default:visibility" in it],
    ["v1.apps.create", () => v1.apps.create({ clientName: "masto.js", redirectUris: "urn:ietf:wg:oauth:2.0:oob", scopes: "read write" }), (it) => it.clientId, "app"],
    ["v1.apps.verifyCredentials", () => v1.apps.verifyCredentials(), (it) => it.name],
  ]);
  const announcement = kept.announcements?.[0];
  const on = (given) => v1.announcements.$select(announcement?.id ?? "1")[given];
  const tell = announcement ? check : refused;
  await tell("masto.js v1.announcements.$select.reactions.$select.update", () => on("reactions").$select("🍵").update());
  await tell("masto.js v1.announcements.$select.reactions.$select.remove", () => on("reactions").$select("🍵").remove());
  await tell("masto.js v1.announcements.$select.dismiss", () => on("dismiss")());
}

async function oauth() {
  const door = noting(createOAuthAPIClient({ url: alice.base_url }), "oauth.");
  const { clientId, clientSecret } = kept.app ?? {};
  const grant = { grantType: "client_credentials", clientId, clientSecret, redirectUri: "urn:ietf:wg:oauth:2.0:oob", scope: "read write" };
  const token = await check("masto.js oauth.token.create", () => door.token.create(grant), (it) => it.accessToken);
  const app = noting(createRestAPIClient({ url: alice.base_url, accessToken: token?.accessToken }), "");
  const wish = { username: `js${process.pid}`, email: `js${process.pid}@example.com`, password: "long enough for this", agreement: true, locale: "en" };
  const { registrations } = (await v2.instance.fetch());
  const tell = registrations.enabled ? check : refused;
  await tell("masto.js v1.accounts.create", () => app.v1.accounts.create(wish));
  await check("masto.js oauth.revoke", () => door.revoke({ clientId, clientSecret, token: token?.accessToken }));
  await refused("masto.js v1.emails.confirmations.create", () => v1.emails.confirmations.create());
}

async function accounts() {
  const found = await v2.search.list({ q: handle(bob), type: "accounts", resolve: true });
  kept.bob = found.accounts[0];
  const it = () => v1.accounts.$select(id("bob"));
  await family([
    ["v2.search.list", () => v2.search.list({ q: bob.username }), (found) => found.accounts],
    ["v1.accounts.verifyCredentials", () => v1.accounts.verifyCredentials(), (me) => me.username === alice.username, "me"],
    ["v1.accounts.updateCredentials", () => v1.accounts.updateCredentials({ displayName: "Alice" }), (me) => me.displayName === "Alice"],
    ["v1.accounts.fetch", () => v1.accounts.fetch({ id: [id("bob")] }), (them) => them.length === 1],
    ["v1.accounts.lookup", () => v1.accounts.lookup({ acct: handle(bob) }), (one) => one.id === id("bob")],
    ["v1.accounts.search.list", () => v1.accounts.search.list({ q: bob.username }), (them) => them.length > 0],
    ["v1.accounts.relationships.fetch", () => v1.accounts.relationships.fetch({ id: [id("bob")] }), (them) => them.length === 1],
    ["v1.accounts.familiarFollowers.fetch", () => v1.accounts.familiarFollowers.fetch({ id: [id("bob")] }), (them) => them.length === 1],
    ["v1.accounts.$select.fetch", () => it().fetch(), (one) => one.username === bob.username],
    ["v1.accounts.$select.follow", () => it().follow({ reblogs: true }), (now) => now.following || now.requested],
    ["v1.accounts.$select.endorse", () => it().endorse(), (now) => now.endorsed],
    ["v1.endorsements.list", () => v1.endorsements.list(), (them) => them.length === 1],
    ["v1.accounts.$select.endorsements.list", () => v1.accounts.$select(id("me")).endorsements.list(), (them) => them.length === 1],
    ["v1.accounts.$select.unendorse", () => it().unendorse(), (now) => !now.endorsed],
    ["v1.accounts.$select.pin", () => it().pin(), (now) => now.endorsed],
    ["v1.accounts.$select.unpin", () => it().unpin(), (now) => !now.endorsed],
    ["v1.accounts.$select.note.create", () => it().note.create({ comment: "Kind" }), (now) => now.note === "Kind"],
    ["v1.accounts.$select.mute", () => it().mute({ duration: 60 }), (now) => now.muting],
    ["v1.mutes.list", () => v1.mutes.list(), (them) => them.length === 1],
    ["v1.accounts.$select.unmute", () => it().unmute(), (now) => !now.muting],
    ["v1.accounts.$select.followers.list", () => it().followers.list(), Array.isArray],
    ["v1.accounts.$select.following.list", () => it().following.list(), Array.isArray],
    ["v1.accounts.$select.featuredTags.list", () => it().featuredTags.list(), Array.isArray],
    ["v1.accounts.$select.identityProofs.list", () => it().identityProofs.list(), (them) => them.length === 0],
    ["v1.accounts.$select.lists.list", () => it().lists.list(), Array.isArray],
    ["v1.accounts.$select.statuses.list", () => it().statuses.list({ limit: 5 }), Array.isArray],
    ["v1.domainBlocks.create", () => v1.domainBlocks.create({ domain: "loud.example" })],
    ["v1.domainBlocks.list", () => v1.domainBlocks.list(), (them) => them.includes("loud.example")],
    ["v1.domainBlocks.remove", () => v1.domainBlocks.remove({ domain: "loud.example" })],
    ["v1.profile.fetch", () => v1.profile.fetch(), (me) => me.id === id("me")],
    ["v1.profile.update", () => v1.profile.update({ displayName: "Alice" }), (me) => me.displayName === "Alice"],
    ["v1.profile.avatar.remove", () => v1.profile.avatar.remove(), (me) => me.id === id("me")],
    ["v1.profile.header.remove", () => v1.profile.header.remove(), (me) => me.id === id("me")],
    ["v1.tags.$select.fetch", () => v1.tags.$select("tea").fetch(), (tag) => tag.name === "tea"],
    ["v1.tags.$select.follow", () => v1.tags.$select("tea").follow(), (tag) => tag.following],
    ["v1.followedTags.list", () => v1.followedTags.list(), (them) => them.length > 0],
    ["v1.tags.$select.unfollow", () => v1.tags.$select("tea").unfollow(), (tag) => !tag.following],
    ["v1.tags.$select.feature", () => v1.tags.$select("tea").feature(), (tag) => tag.featuring],
    ["v1.tags.$select.unfeature", () => v1.tags.$select("tea").unfeature(), (tag) => !tag.featuring],
    ["v1.featuredTags.create", () => v1.featuredTags.create({ name: "cake" }), (tag) => tag.name === "cake", "featured"],
    ["v1.featuredTags.list", () => v1.featuredTags.list(), (them) => them.length > 0],
    ["v1.featuredTags.suggestions.list", () => v1.featuredTags.suggestions.list(), Array.isArray],
    ["v1.featuredTags.$select.remove", () => v1.featuredTags.$select(id("featured")).remove()],
    ["v1.suggestions.list", () => v1.suggestions.list(), Array.isArray],
    ["v2.suggestions.list", () => v2.suggestions.list(), Array.isArray],
    ["v1.suggestions.$select.remove", () => v1.suggestions.$select(id("bob")).remove()],
    ["v1.reports.create", () => v1.reports.create({ accountId: id("bob"), comment: "A test" }), (it) => it.id],
  ]);
  // A locked door, and somebody who knocks.
  await v1.accounts.updateCredentials({ locked: true });
  const here = await seenFromThere();
  for (const verdict of ["reject", "authorize"]) {
    await other.v1.accounts.$select(here).unfollow();
    await new Promise((done) => setTimeout(done, 500));
    await other.v1.accounts.$select(here).follow();
    await check("masto.js v1.followRequests.list", () => eventually(async () => (await v1.followRequests.list()).length));
    await check(`masto.js v1.followRequests.$select.${verdict}`, () => v1.followRequests.$select(id("bob"))[verdict]());
  }
  await v1.accounts.updateCredentials({ locked: false });
  await family([
    ["v1.accounts.$select.removeFromFollowers", () => it().removeFromFollowers(), (now) => !now.followedBy],
    ["v1.accounts.$select.block", () => it().block(), (now) => now.blocking],
    ["v1.blocks.list", () => v1.blocks.list(), (them) => them.length === 1],
    ["v1.accounts.$select.unblock", () => it().unblock(), (now) => !now.blocking],
    ["v1.accounts.$select.unfollow", () => it().unfollow(), (now) => !now.following],
  ]);
  await befriend();
}

/** Our id on the other's server. */
async function seenFromThere() {
  return (await other.v2.search.list({ q: handle(alice), type: "accounts", resolve: true })).accounts[0].id;
}

/** Both follow each other from now on. */
async function befriend() {
  for (const [api, them] of [[client, id("bob")], [other, await seenFromThere()]]) {
    await api.v1.accounts.$select(them).follow();
    await eventually(async () => (await api.v1.accounts.relationships.fetch({ id: [them] }))[0].following);
  }
}

async function lists() {
  const it = () => v1.lists.$select(id("list"));
  await family([
    ["v1.lists.create", () => v1.lists.create({ title: "Friends" }), (list) => list.title === "Friends", "list"],
    ["v1.lists.list", () => v1.lists.list(), (them) => them.length > 0],
    ["v1.lists.$select.fetch", () => it().fetch(), (list) => list.title === "Friends"],
    ["v1.lists.$select.update", () => it().update({ title: "Good friends" }), (list) => list.title === "Good friends"],
    ["v1.lists.$select.accounts.create", () => it().accounts.create({ accountIds: [id("bob")] })],
    ["v1.lists.$select.accounts.list", () => it().accounts.list(), (them) => them.length === 1],
    ["v1.timelines.list.$select.list", () => v1.timelines.list.$select(id("list")).list(), Array.isArray],
    ["v1.lists.$select.accounts.remove", () => it().accounts.remove({ accountIds: [id("bob")] })],
  ]);
}

async function posts() {
  const it = () => v1.statuses.$select(id("status"));
  await family([
    ["v2.media.create", () => v2.media.create({ file: picture, description: "A dot" }), (media) => media.id, "media"],
    ["v1.media.create", () => v1.media.create({ file: picture, description: "A dot" }), (media) => media.id, "old media"],
    ["v1.media.$select.fetch", () => v1.media.$select(id("media")).fetch(), (media) => media.id === id("media")],
    ["v1.media.$select.update", () => v1.media.$select(id("media")).update({ description: "Dot" }), (media) => media.description === "Dot"],
    ["v1.statuses.create", () => v1.statuses.create({ status: "From masto.js", mediaIds: [id("media")] }), (post) => post.mediaAttachments.length === 1, "status"],
    ["v1.statuses.fetch", () => v1.statuses.fetch({ id: [id("status")] }), (them) => them.length === 1],
    ["v1.statuses.$select.fetch", () => it().fetch(), (post) => post.id === id("status")],
    ["v1.statuses.$select.update", () => it().update({ status: "From masto.js!", mediaIds: [id("media")] }), (post) => post.editedAt],
    ["v1.statuses.$select.context.fetch", () => it().context.fetch(), (context) => context.ancestors],
    ["v1.statuses.$select.history.list", () => it().history.list(), (them) => them.length === 2],
    ["v1.statuses.$select.source.fetch", () => it().source.fetch(), (source) => source.text === "From masto.js!"],
    ["v1.statuses.$select.favourite", () => it().favourite(), (post) => post.favourited],
    ["v1.favourites.list", () => v1.favourites.list(), (them) => them.length > 0],
    ["v1.statuses.$select.favouritedBy.list", () => it().favouritedBy.list(), (them) => them.length === 1],
    ["v1.statuses.$select.unfavourite", () => it().unfavourite(), (post) => !post.favourited],
    ["v1.statuses.$select.reblog", () => it().reblog(), (post) => post.reblog],
    ["v1.statuses.$select.rebloggedBy.list", () => it().rebloggedBy.list(), (them) => them.length === 1],
    ["v1.statuses.$select.unreblog", () => it().unreblog(), (post) => !post.reblogged],
    ["v1.statuses.$select.bookmark", () => it().bookmark(), (post) => post.bookmarked],
    ["v1.bookmarks.list", () => v1.bookmarks.list(), (them) => them.length > 0],
    ["v1.statuses.$select.unbookmark", () => it().unbookmark(), (post) => !post.bookmarked],
    ["v1.statuses.$select.mute", () => it().mute(), (post) => post.muted],
    ["v1.statuses.$select.unmute", () => it().unmute(), (post) => !post.muted],
    ["v1.statuses.$select.pin", () => it().pin(), (post) => post.pinned],
    ["v1.statuses.$select.unpin", () => it().unpin(), (post) => !post.pinned],
    ["v1.statuses.create, quoting", () => v1.statuses.create({ status: "Look", quotedStatusId: id("status") }), (post) => post.quote, "quoting"],
    ["v1.statuses.$select.quotes.list", () => it().quotes.list(), (them) => them.length === 1],
    ["v1.statuses.create, later", () => v1.statuses.create({ status: "Later", scheduledAt: far }), (post) => post.scheduledAt, "scheduled"],
    ["v1.scheduledStatuses.list", () => v1.scheduledStatuses.list(), (them) => them.length > 0],
    ["v1.scheduledStatuses.$select.fetch", () => v1.scheduledStatuses.$select(id("scheduled")).fetch(), (post) => post.id],
    ["v1.scheduledStatuses.$select.update", () => v1.scheduledStatuses.$select(id("scheduled")).update({ scheduledAt: "2099-02-01T00:00:00.000Z" }), (post) => post.id],
    ["v1.scheduledStatuses.$select.remove", () => v1.scheduledStatuses.$select(id("scheduled")).remove()],
  ]);
  const quoted = methods().filter((name) => /quotes\.\$select|interactionPolicy/.test(name));
  if (quoted.includes("v1.statuses.$select.quotes.$select.revoke")) {
    await check("masto.js v1.statuses.$select.quotes.$select.revoke", () => it().quotes.$select(id("quoting")).revoke());
  }
  if (quoted.includes("v1.statuses.$select.interactionPolicy.update")) {
    await check("masto.js v1.statuses.$select.interactionPolicy.update", () => it().interactionPolicy.update({ quoteApprovalPolicy: "nobody" }));
  }
  const { configuration } = await v2.instance.fetch();
  const tell = configuration.translation.enabled ? check : refused;
  await tell("masto.js v1.statuses.$select.translate", () => it().translate({ lang: "ja" }));
  const asked = await other.v1.statuses.create({ status: "Which?", poll: { options: ["this", "that"], expiresIn: 3600 } });
  const here = await eventually(async () => (await v1.timelines.home.list()).find((post) => post.uri === asked.uri));
  await family([
    ["v1.polls.$select.fetch", () => v1.polls.$select(here.poll.id).fetch(), (poll) => poll.options.length === 2],
    ["v1.polls.$select.votes.create", () => v1.polls.$select(here.poll.id).votes.create({ choices: [0] }), (poll) => poll.voted],
  ]);
}

async function timelines() {
  await other.v1.statuses.create({ status: `@${handle(alice)} A secret`, visibility: "direct" });
  await eventually(async () => (await v1.conversations.list()).length);
  await family([
    ["v1.timelines.home.list", () => v1.timelines.home.list({ limit: 3 }), (them) => them.length > 0],
    ["v1.timelines.public.list", () => v1.timelines.public.list({ local: true }), (them) => them.length > 0],
    ["v1.timelines.tag.$select.list", () => v1.timelines.tag.$select("nagaya").list(), Array.isArray],
    ["v1.trends.tags.list", () => v1.trends.tags.list(), Array.isArray],
    ["v1.trends.statuses.list", () => v1.trends.statuses.list(), Array.isArray],
    ["v1.trends.links.list", () => v1.trends.links.list(), Array.isArray, "links"],
    ["v1.conversations.list", () => first(v1.conversations.list()), (one) => one.id, "conversation"],
    ["v1.conversations.$select.read", () => v1.conversations.$select(id("conversation")).read(), (one) => !one.unread],
    ["v1.conversations.$select.unread", () => v1.conversations.$select(id("conversation")).unread(), (one) => one.unread],
    ["v1.conversations.$select.remove", () => v1.conversations.$select(id("conversation")).remove()],
    ["v1.markers.create", () => v1.markers.create({ home: { lastReadId: id("status") } }), (it) => it.home],
    ["v1.markers.fetch", () => v1.markers.fetch({ timeline: ["home"] }), (it) => it.home],
  ]);
  const url = kept.links?.[0]?.url;
  const tell = url ? check : refused;
  await tell("masto.js v1.timelines.link.list", () => v1.timelines.link.list({ url: url ?? "https://example.com/unheard" }));
}

async function notifications() {
  const mention = async (text) => {
    await other.v1.statuses.create({ status: `@${handle(alice)} ${text}` });
  };
  await mention("Good morning");
  await eventually(async () => (await v1.notifications.list()).length);
  const group = () => kept.groups.notificationGroups[0].groupKey;
  await family([
    ["v1.notifications.list", () => first(v1.notifications.list()), (it) => it.id, "told"],
    ["v1.notifications.$select.fetch", () => v1.notifications.$select(id("told")).fetch(), (it) => it.id === id("told")],
    ["v1.notifications.unreadCount.fetch", () => v1.notifications.unreadCount.fetch(), (it) => it.count >= 0],
    ["v2.notifications.unreadCount.fetch", () => v2.notifications.unreadCount.fetch(), (it) => it.count >= 0],
    ["v2.notifications.list", () => v2.notifications.list(), (it) => it.notificationGroups.length > 0, "groups"],
    ["v2.notifications.$select.fetch", () => v2.notifications.$select(group()).fetch(), (it) => it.notificationGroups.length === 1],
    ["v2.notifications.$select.accounts.fetch", () => v2.notifications.$select(group()).accounts.fetch(), (them) => them.length > 0],
    ["v2.notifications.$select.dismiss", () => v2.notifications.$select(group()).dismiss()],
    ["v2.notifications.policy.fetch", () => v2.notifications.policy.fetch(), (it) => it.summary],
    ["v2.notifications.policy.update", () => v2.notifications.policy.update({ forNotFollowing: "filter" }), (it) => it.forNotFollowing === "filter"],
  ]);
  await v1.accounts.$select(id("bob")).unfollow();
  const knock = async () => {
    await mention("Knock, knock");
    return eventually(() => first(v1.notifications.requests.list()));
  };
  kept.request = await knock();
  const requests = v1.notifications.requests;
  await family([
    ["v1.notifications.requests.list", () => requests.list(), (them) => them.length > 0],
    ["v1.notifications.requests.$select.fetch", () => requests.$select(id("request")).fetch(), (it) => it.id === id("request")],
    ["v1.notifications.requests.$select.dismiss", () => requests.$select(id("request")).dismiss()],
    ["v1.notifications.requests.dismiss", async () => requests.dismiss({ id: [(await knock()).id] })],
    ["v1.notifications.requests.$select.accept", async () => requests.$select((await knock()).id).accept()],
    ["v1.notifications.requests.accept", () => requests.accept({ id: [id("request")] })],
    ["v1.notifications.requests.merged.fetch", () => requests.merged.fetch(), (it) => "merged" in it],
  ]);
  await v2.notifications.policy.update({ forNotFollowing: "accept" });
  await v1.accounts.$select(id("bob")).follow();
  await mention("Once more");
  await eventually(async () => (await v1.notifications.list()).length);
  await family([
    ["v1.notifications.$select.dismiss", async () => v1.notifications.$select((await first(v1.notifications.list())).id).dismiss()],
    ["v1.notifications.clear", () => v1.notifications.clear()],
  ]);
}

async function filters() {
  const it = () => v2.filters.$select(id("filter"));
  await family([
    ["v1.filters.create", () => v1.filters.create({ phrase: "loud", context: ["home"] }), (filter) => filter.id, "old filter"],
    ["v1.filters.list", () => v1.filters.list(), (them) => them.length > 0],
    ["v1.filters.$select.fetch", () => v1.filters.$select(id("old filter")).fetch(), (filter) => filter.phrase === "loud"],
    ["v1.filters.$select.update", () => v1.filters.$select(id("old filter")).update({ phrase: "louder", context: ["home"] }), (filter) => filter.phrase === "louder"],
    ["v1.filters.$select.remove", () => v1.filters.$select(id("old filter")).remove()],
    ["v2.filters.create", () => v2.filters.create({ title: "Noise", context: ["home"], filterAction: "warn" }), (filter) => filter.id, "filter"],
    ["v2.filters.list", () => v2.filters.list(), (them) => them.length > 0],
    ["v2.filters.$select.fetch", () => it().fetch(), (filter) => filter.title === "Noise"],
    ["v2.filters.$select.update", () => it().update({ title: "Loud", context: ["home"] }), (filter) => filter.title === "Loud"],
    ["v2.filters.$select.keywords.create", () => it().keywords.create({ keyword: "bang" }), (word) => word.id, "keyword"],
    ["v2.filters.$select.keywords.list", () => it().keywords.list(), (them) => them.length === 1],
    ["v2.filters.keywords.$select.fetch", () => v2.filters.keywords.$select(id("keyword")).fetch(), (word) => word.keyword === "bang"],
    ["v2.filters.keywords.$select.update", () => v2.filters.keywords.$select(id("keyword")).update({ keyword: "boom" }), (word) => word.keyword === "boom"],
    ["v2.filters.keywords.$select.remove", () => v2.filters.keywords.$select(id("keyword")).remove()],
    ["v2.filters.$select.statuses.create", () => it().statuses.create({ statusId: id("status") }), (post) => post.id, "kept"],
    ["v2.filters.$select.statuses.list", () => it().statuses.list(), (them) => them.length === 1],
    ["v2.filters.statuses.$select.fetch", () => v2.filters.statuses.$select(id("kept")).fetch(), (post) => post.statusId === id("status")],
    ["v2.filters.statuses.$select.remove", () => v2.filters.statuses.$select(id("kept")).remove()],
    ["v2.filters.$select.remove", () => it().remove()],
  ]);
}

async function collections() {
  const it = () => v1.collections.$select(id("collection"));
  const item = (answer) => answer.collectionItem ?? answer;
  await family([
    ["v1.collections.create", async () => (({ collection, ...rest }) => collection ?? rest)(await v1.collections.create({ name: "People", description: "From here" })), (one) => one.id, "collection"],
    ["v1.collections.$select.fetch", () => it().fetch()],
    ["v1.collections.$select.update", () => it().update({ name: "Good people" })],
    ["v1.accounts.$select.collections.list", () => v1.accounts.$select(id("me")).collections.list()],
    ["v1.accounts.$select.inCollections.list", () => v1.accounts.$select(id("me")).inCollections.list()],
    ["v1.collections.$select.items.create", async () => item(await it().items.create({ accountId: id("me") })), (one) => one.id, "item"],
    // Who was taken out can be put in again; not so who left.
    ["v1.collections.$select.items.$select.remove", () => it().items.$select(id("item")).remove()],
    ["v1.collections.$select.items.create, again", async () => item(await it().items.create({ accountId: id("me") })), (one) => one.id, "item"],
    ["v1.collections.$select.items.$select.revoke", () => it().items.$select(id("item")).revoke()],
  ]);
  await refused("masto.js v1.collections.$select.items.create", () => it().items.create({ accountId: id("me") }));
  await check("masto.js v1.collections.$select.remove", () => it().remove());
}

async function push() {
  const keys = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const p256dh = Buffer.from(await crypto.subtle.exportKey("raw", keys.publicKey)).toString("base64url");
  const subscription = { endpoint: "http://127.0.0.1:9/push", keys: { p256dh, auth: Buffer.alloc(16, 7).toString("base64url") } };
  await family([
    ["v1.push.subscription.create", () => v1.push.subscription.create({ subscription, data: { alerts: { mention: true } } }), (it) => it.alerts.mention],
    ["v1.push.subscription.fetch", () => v1.push.subscription.fetch(), (it) => it.serverKey],
    ["v1.push.subscription.update", () => v1.push.subscription.update({ data: { alerts: { poll: true } } }), (it) => it.alerts.poll],
    ["v1.push.subscription.remove", () => v1.push.subscription.remove()],
  ]);
}

async function admin() {
  const them = v1.admin;
  const person = () => them.accounts.$select(id("bob"));
  const [week, now] = [new Date(Date.now() - 7 * 86_400_000).toISOString(), new Date().toISOString()];
  await family([
    ["v1.admin.accounts.list", () => them.accounts.list({ remote: true }), (all) => all.length > 0],
    ["v1.admin.accounts.$select.fetch", () => person().fetch(), (one) => one.username === bob.username],
    // Before the measures below, which settle every open report on them.
    ["v1.admin.reports.list", () => first(them.reports.list()), (report) => report.id, "report"],
    ...["fetch", "assignToSelf", "unassign", "resolve", "reopen"].map((deed) => [
      `v1.admin.reports.$select.${deed}`,
      () => them.reports.$select(id("report"))[deed](),
      (report) => report.id === id("report"),
    ]),
    ["v1.admin.accounts.$select.action.create", () => person().action.create({ type: "sensitive" })],
    ["v1.admin.accounts.$select.unsensitive", () => person().unsensitive(), (one) => !one.sensitized],
    ["v1.admin.accounts.$select.action.create, silence", () => person().action.create({ type: "silence" })],
    ["v1.admin.accounts.$select.unsilence", () => person().unsilence(), (one) => !one.silenced],
    ["v1.admin.accounts.$select.action.create, suspend", () => person().action.create({ type: "suspend" })],
    ["v1.admin.accounts.$select.unsuspend", () => person().unsuspend(), (one) => !one.suspended],
    ["v1.admin.dimensions.create", () => them.dimensions.create({ keys: ["languages"], startAt: week, endAt: now }), (all) => all.length === 1],
    ["v1.admin.measures.create", () => them.measures.create({ keys: ["active_users"], startAt: week, endAt: now }), (all) => all.length === 1],
    ["v1.admin.retention.create", () => them.retention.create({ startAt: week, endAt: now, frequency: "day" }), (all) => all.length > 0],
  ]);
  // A suspension ends what was between them, too.
  await befriend();
  for (const deed of ["approve", "reject", "enable"]) {
    await refused(`masto.js v1.admin.accounts.$select.${deed}`, () => person()[deed]());
  }
  for (const [kind, wish, change] of [
    ["canonicalEmailBlocks", { email: "js@example.com" }],
    ["domainAllows", { domain: "friend.example" }],
    ["domainBlocks", { domain: "loud.example", severity: "silence" }, { severity: "noop" }],
    ["emailDomainBlocks", { domain: "throwaway.example" }],
    ["ipBlocks", { ip: "203.0.113.0/24", severity: "sign_up_block" }, { comment: "Bots" }],
  ]) {
    const it = () => them[kind].$select(id(kind));
    await family([
      [`v1.admin.${kind}.create`, () => them[kind].create(wish), (one) => one.id, kind],
      [`v1.admin.${kind}.list`, () => them[kind].list(), (all) => all.length > 0],
      [`v1.admin.${kind}.$select.fetch`, () => it().fetch(), (one) => one.id === id(kind)],
      ...(change ? [[`v1.admin.${kind}.$select.update`, () => it().update(change), (one) => one.id === id(kind)]] : []),
      [`v1.admin.${kind}.$select.remove`, () => it().remove()],
    ]);
  }
  await check("masto.js v1.admin.canonicalEmailBlocks.test", () => them.canonicalEmailBlocks.test({ email: "js@example.com" }), (all) => all.length === 0);
  // What does not trend can be judged as well; of links and their sites, none is known here.
  const known = { tags: await v1.tags.$select("nagaya").fetch(), statuses: kept.status };
  for (const [name, kind] of [["tags", them.trends.tags], ["statuses", them.trends.statuses], ["links", them.trends.links], ["links.publishers", them.trends.links.publishers]]) {
    const one = (await check(`masto.js v1.admin.trends.${name}.list`, () => kind.list(), Array.isArray))?.[0] ?? known[name];
    for (const verdict of ["approve", "reject"]) {
      const what = `masto.js v1.admin.trends.${name}.$select.${verdict}`;
      await (one ? check(what, () => kind.$select(one.id)[verdict](), (it) => it.id === one.id) : refused(what, () => kind.$select("1")[verdict]()));
    }
  }
}

async function streaming() {
  const { configuration } = await v2.instance.fetch();
  const streamingApiUrl = configuration.urls.streaming;
  const api = createStreamingAPIClient({ streamingApiUrl, accessToken: alice.token });
  const door = noting(api, "streaming.");
  const list = await v1.lists.create({ title: "Streamed" });
  const post = (text, more) => other.v1.statuses.create({ status: `${text} #nagaya`, ...more });
  const mine = (text) => v1.statuses.create({ status: `${text} #nagaya` });
  await v1.lists.$select(list.id).accounts.create({ accountIds: [id("bob")] });
  const hear = (what, subscribe, kind, say) =>
    check(`masto.js streaming.${what}`, async () => {
      const subscription = subscribe();
      const events = subscription.values()[Symbol.asyncIterator]();
      const heard = (async () => {
        for (;;) {
          const { value, done } = await events.next();
          if (done) throw new Error("the stream ended");
          if (value.event === kind) return value;
        }
      })();
      // The subscription is a message of its own; a post that overtakes it is not heard.
      await new Promise((done) => setTimeout(done, 300));
      await say();
      const late = new Promise((_, fail) => setTimeout(() => fail(new Error("nothing heard in 10 s")), 10_000).unref());
      try {
        return await Promise.race([heard, late]);
      } finally {
        heard.catch(() => {});
        subscription.unsubscribe();
      }
    });
  const media = async (by) => [(await by.v2.media.create({ file: picture })).id];
  // The first subscription also opens the socket.
  await api.prepare();
  await hear("user.subscribe", () => door.user.subscribe(), "update", () => post("For home"));
  await hear("user.notification.subscribe", () => door.user.notification.subscribe(), "notification", () => post(`@${handle(alice)} Psst`));
  await hear("public.subscribe", () => door.public.subscribe(), "update", () => mine("For all"));
  await hear("public.local.subscribe", () => door.public.local.subscribe(), "update", () => mine("For here"));
  await hear("public.remote.subscribe", () => door.public.remote.subscribe(), "update", () => post("From afar"));
  await hear("public.media.subscribe", () => door.public.media.subscribe(), "update", async () => post("Look", { mediaIds: await media(other) }));
  await hear("public.local.media.subscribe", () => door.public.local.media.subscribe(), "update", async () => v1.statuses.create({ status: "Look", mediaIds: await media(client) }));
  await hear("public.remote.media.subscribe", () => door.public.remote.media.subscribe(), "update", async () => post("Look", { mediaIds: await media(other) }));
  await hear("hashtag.subscribe", () => door.hashtag.subscribe({ tag: "nagaya" }), "update", () => post("Tagged"));
  await hear("hashtag.local.subscribe", () => door.hashtag.local.subscribe({ tag: "nagaya" }), "update", () => mine("Tagged"));
  await hear("list.subscribe", () => door.list.subscribe({ list: list.id }), "update", () => post("Listed"));
  await hear("direct.subscribe", () => door.direct.subscribe(), "conversation", () => post(`@${handle(alice)} Secret`, { visibility: "direct" }));
  await v1.lists.$select(list.id).remove();
  await check("masto.js streaming.close", () => door.close());
}

for (const part of [server, oauth, accounts, lists, posts, timelines, notifications, filters, collections, push, admin, streaming]) {
  await check(`masto.js, ${part.name}: runs to its end`, part);
}
await check("masto.js v1.statuses.$select.remove", () => v1.statuses.$select(id("status")).remove(), (post) => "text" in post);
await check("masto.js v1.lists.$select.remove", () => v1.lists.$select(id("list")).remove());
await check("no method of masto.js is forgotten", () => {
  const left = methods().filter((name) => !used.has(name) && !(name in EXCEPTIONS));
  if (left.length > 0) throw new Error(`${left.length} are neither used nor excepted: ${left.join(" ")}`);
  const gone = Object.keys(EXCEPTIONS).filter((name) => !methods().includes(name));
  if (gone.length > 0) throw new Error(`exceptions of no method: ${gone.join(" ")}`);
});
process.exit(failures > 0 ? 1 : 0);
