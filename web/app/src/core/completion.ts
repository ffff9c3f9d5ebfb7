/** What the word before the caret may become: somebody, a tag, an emoji. */
import { get } from "../api/client";
import type { Account, Search } from "../api/entities";
import { ours } from "./content";
import { allEmoji, findEmoji } from "./emoji";
import { session } from "./session.svelte";

export interface Completion {
  /** What replaces the word. */
  text: string;
  label: string;
  detail: string;
  picture: string | null;
  sign: string | null;
}

const WORD = /(?:^|[\s(((「『、。!?])([@@::##][^\s@@::##()]*(?:@[\w.-]*)?)$/u;

/** The word that is being written, or null. */
export function wordBefore(text: string): string | null {
  const word = WORD.exec(text.slice(-80))?.[1];
  return word && word.length > 1 ? word : null;
}

export async function completions(word: string, signal: AbortSignal): Promise<Completion[]> {
  const typed = word.slice(1);
  if (/^[@@]/.test(word)) return people(typed, signal);
  if (/^[##]/.test(word)) return tags(typed, signal);
  return typed.length < 2 && /^\w*$/.test(typed) ? [] : emoji(typed);
}

async function people(typed: string, signal: AbortSignal): Promise<Completion[]> {
  const found = await get<Account[]>("/api/v1/accounts/search", { q: typed, limit: 6 }, signal);
  return found.map((account) => ({
    text: `@${account.acct} `,
    label: account.display_name || account.username,
    detail: `@${account.acct}`,
    picture: ours(account.avatar_static),
    sign: null,
  }));
}

async function tags(typed: string, signal: AbortSignal): Promise<Completion[]> {
  const found = await get<Search>("/api/v2/search", { q: typed, type: "hashtags", limit: 6 }, signal);
  return found.hashtags.map((tag) => ({ text: `#${tag.name} `, label: `#${tag.name}`, detail: "", picture: null, sign: "#" }));
}

async function emoji(typed: string): Promise<Completion[]> {
  const wanted = typed.toLowerCase();
  const own = session.emojis
    .filter(({ shortcode }) => shortcode.toLowerCase().includes(wanted))
    .slice(0, 4)
    .map((one) => ({ text: `:${one.shortcode}: `, label: `:${one.shortcode}:`, detail: "", picture: ours(one.static_url), sign: null }));
  const all = findEmoji(await allEmoji(), typed, 6 - Math.min(4, own.length));
  return [...own, ...all.map((one) => ({ text: one.text, label: one.name, detail: "", picture: null, sign: one.text }))];
}
