/** What one does to posts and people: shown at once, taken back when the server refuses. */
import { post, put, remove } from "../api/client";
import type { Account, Relationship, Status } from "../api/entities";
import { t } from "./i18n.svelte";
import { session } from "./session.svelte";
import { drop, keep, keepRelation, known, relation, update } from "./statuses.svelte";
import { withdraw } from "./timelines.svelte";
import { ask, complain, say } from "./toasts.svelte";
import { choices } from "./choices.svelte";

/** Changes a post before the server agreed; `undo` is what it was. */
async function hopefully(status: Status, change: Partial<Status>, send: () => Promise<Status>): Promise<void> {
  const before = known(status.id)?.status ?? status;
  update(status.id, () => change);
  try {
    const after = await send();
    keep(after.reblog ?? after);
  } catch (error) {
    keep(before);
    complain(error, () => void hopefully(status, change, send));
  }
}

export function favourite(status: Status): Promise<void> {
  const on = !status.favourited;
  const favourites_count = Math.max(0, status.favourites_count + (on ? 1 : -1));
  return hopefully(status, { favourited: on, favourites_count }, () =>
    post<Status>(`/api/v1/statuses/${status.id}/${on ? "favourite" : "unfavourite"}`),
  );
}

export async function boost(status: Status): Promise<void> {
  const on = !status.reblogged;
  if (on && choices.confirmBoost && !(await ask({ title: t("post.boost.ask"), yes: t("post.boost") }))) return;
  const reblogs_count = Math.max(0, status.reblogs_count + (on ? 1 : -1));
  await hopefully(status, { reblogged: on, reblogs_count }, () =>
    post<Status>(`/api/v1/statuses/${status.id}/${on ? "reblog" : "unreblog"}`),
  );
}

export async function bookmark(status: Status): Promise<void> {
  const on = !status.bookmarked;
  await hopefully(status, { bookmarked: on }, () =>
    post<Status>(`/api/v1/statuses/${status.id}/${on ? "bookmark" : "unbookmark"}`),
  );
}

/** Sets or takes back a reaction: an emoji of Unicode, or the name of a custom one. */
export async function react(status: Status, name: string): Promise<void> {
  const path = `/api/v1/pleroma/statuses/${status.id}/reactions/${encodeURIComponent(name)}`;
  const mine = status.emoji_reactions.find((reaction) => reaction.name === name)?.me ?? false;
  try {
    keep(await (mine ? remove<Status>(path) : put<Status>(path)));
  } catch (error) {
    complain(error, () => void react(status, name));
  }
}

export async function pin(status: Status): Promise<void> {
  const on = !status.pinned;
  await hopefully(status, { pinned: on }, () => post<Status>(`/api/v1/statuses/${status.id}/${on ? "pin" : "unpin"}`));
}

/** No more notifications about a conversation, or again. */
export async function hushThread(status: Status): Promise<void> {
  const on = !status.muted;
  await hopefully(status, { muted: on }, () => post<Status>(`/api/v1/statuses/${status.id}/${on ? "mute" : "unmute"}`));
  if (on) say(t("post.hushed"));
}

/** Deletes a post after asking; answers what was deleted, with its text, or null. */
export async function erase(status: Status, again = false): Promise<Status | null> {
  const question = again
    ? { title: t("post.redraft.ask"), text: t("post.redraft.text"), yes: t("post.redraft") }
    : { title: t("post.delete.ask"), text: t("post.delete.text"), yes: t("delete") };
  if (!(await ask({ ...question, danger: true }))) return null;
  try {
    const gone = await remove<Status>(`/api/v1/statuses/${status.id}`);
    drop(status.id);
    withdraw((one) => one.id === status.id);
    return { ...status, ...gone };
  } catch (error) {
    complain(error, () => void erase(status, again));
    return null;
  }
}

export async function follow(account: Account, options: { reblogs?: boolean; notify?: boolean } = {}): Promise<void> {
  await relate(account, "follow", { following: !account.locked, requested: account.locked }, options);
}

export async function unfollow(account: Account): Promise<void> {
  const asked = relation(account.id)?.requested;
  const title = asked ? t("account.unrequest.ask", { name: account.acct }) : t("account.unfollow.ask", { name: account.acct });
  if (!(await ask({ title, yes: asked ? t("account.unrequest") : t("account.unfollow") }))) return;
  await relate(account, "unfollow", { following: false, requested: false });
}

export async function block(account: Account, on: boolean): Promise<void> {
  const asked = { title: t("account.block.ask", { name: account.acct }), text: t("account.block.text"), yes: t("account.block") };
  if (on && !(await ask({ ...asked, danger: true }))) return;
  await relate(account, on ? "block" : "unblock", { blocking: on });
  if (on) withdraw((status) => status.account.id === account.id);
}

/** Mutes for a time in seconds; 0 is for good. */
export async function mute(account: Account, on: boolean, duration = 0, notifications = true): Promise<void> {
  await relate(account, on ? "mute" : "unmute", { muting: on }, on ? { duration, notifications } : {});
  if (on) withdraw((status) => status.account.id === account.id);
}

export async function dismissFollower(account: Account): Promise<void> {
  const question = { title: t("account.dismiss.ask", { name: account.acct }), yes: t("account.dismiss"), danger: true };
  if (await ask(question)) await relate(account, "remove_from_followers", { followed_by: false });
}

export async function relate(
  account: Account,
  deed: string,
  change: Partial<Relationship>,
  body: Record<string, string | number | boolean> = {},
): Promise<boolean> {
  const before = relation(account.id);
  if (before) keepRelation({ ...before, ...change });
  try {
    keepRelation(await post<Relationship>(`/api/v1/accounts/${account.id}/${deed}`, body));
    return true;
  } catch (error) {
    if (before) keepRelation(before);
    complain(error, () => void relate(account, deed, change, body));
    return false;
  }
}

export async function blockDomain(domain: string, on: boolean): Promise<boolean> {
  const asked = { title: t("domain.block.ask", { domain }), text: t("domain.block.text"), yes: t("domain.block"), danger: true };
  if (on && !(await ask(asked))) return false;
  try {
    if (on) await post("/api/v1/domain_blocks", { domain });
    else await remove("/api/v1/domain_blocks", { domain });
    if (on) withdraw((status) => status.account.acct.endsWith(`@${domain}`));
    return true;
  } catch (error) {
    complain(error, () => void blockDomain(domain, on));
    return false;
  }
}

export function mine(account: { id: string }): boolean {
  return session.me?.id === account.id;
}

/** The server somebody lives on; null for this one. */
export function domainOf(account: { acct: string }): string | null {
  return account.acct.split("@")[1] ?? null;
}

/** Where a post is in the app. */
export function addressOf(status: Status): string {
  return `/@${status.account.acct}/${status.id}`;
}

/** Puts text on the clipboard, and says so. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(t("copied"));
  } catch {
    say(text, { kind: "bad" });
  }
}
