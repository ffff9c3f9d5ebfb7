/**
 * Long work that goes on while one looks at other views: reading CSV files in, gathering them, counting. It says how far
 * it is and can be stopped; an import that was interrupted is taken up when the app is opened again.
 */
import { get, pages, post, Trouble } from "../api/client";
import type { Account, List, Search, Status } from "../api/entities";
import { kept } from "./kept";
import { t, type Key } from "./i18n.svelte";
import { session } from "./session.svelte";
import { say } from "./toasts.svelte";
import { toCsv } from "./csv";

export type Kind = "following" | "lists" | "blocks" | "mutes" | "domains" | "bookmarks";
export const KIND_NAME: Record<Kind, Key> = {
  following: "data.following",
  lists: "data.lists",
  blocks: "data.blocks",
  mutes: "data.mutes",
  domains: "data.domains",
  bookmarks: "data.bookmarks",
};

/** An import that is on its way. */
export interface Import {
  kind: Kind;
  rows: string[][];
  done: number;
  failed: { row: string; why: string }[];
}
const saved = kept<Import | null>("import", null);

class Works {
  running = $state.raw<Import | null>(saved.get());
  paused = $state(true);
  /** What is being gathered, and how many rows there are. */
  gathering = $state<Kind | null>(null);
  gathered = $state(0);
}
export const works = new Works();

export function begin(kind: Kind, rows: string[][]): void {
  works.running = { kind, rows, done: 0, failed: [] };
  saved.set(works.running);
  void goOn();
}

export function pause(): void {
  works.paused = true;
}

export function forgetImport(): void {
  works.paused = true;
  works.running = null;
  saved.set(null);
}

/** Row by row, gently; when the server says "not so fast", we wait as long as it wants. */
export async function goOn(): Promise<void> {
  if (!works.paused || !works.running) return;
  works.paused = false;
  const lists = new Map<string, string>();
  while (works.running && !works.paused && works.running.done < works.running.rows.length) {
    const { kind, rows, done, failed }: Import = works.running;
    const row = rows[done] ?? [];
    try {
      await take(kind, row, lists);
    } catch (error) {
      if (error instanceof Trouble && (error.fault === "limited" || error.fault === "offline" || error.fault === "expired")) {
        if (error.fault === "expired") break;
        await new Promise((resolve) => setTimeout(resolve, (error.wait ?? 20) * 1000));
        continue;
      }
      failed.push({ row: row.join(", "), why: error instanceof Error ? error.message : "" });
    }
    if (works.running) works.running = { kind, rows, done: done + 1, failed };
    saved.set(works.running);
  }
  const finished = works.running;
  works.paused = true;
  if (finished && finished.done >= finished.rows.length) say(t("data.finished", { n: finished.rows.length - finished.failed.length }));
}

async function take(kind: Kind, row: string[], lists: Map<string, string>): Promise<void> {
  const [first = "", second = ""] = row;
  switch (kind) {
    case "following":
      await post(`/api/v1/accounts/${await find(first)}/follow`, { reblogs: second.toLowerCase() !== "false" });
      return;
    case "blocks":
      await post(`/api/v1/accounts/${await find(first)}/block`);
      return;
    case "mutes":
      await post(`/api/v1/accounts/${await find(first)}/mute`, { notifications: second.toLowerCase() !== "false" });
      return;
    case "domains":
      await post("/api/v1/domain_blocks", { domain: first });
      return;
    case "bookmarks": {
      const { statuses } = await get<Search>("/api/v2/search", { q: first, resolve: true, type: "statuses", limit: 1 });
      if (!statuses[0]) throw new Error(t("trouble.missing"));
      await post(`/api/v1/statuses/${statuses[0].id}/bookmark`);
      return;
    }
    case "lists": {
      if (lists.size === 0) for (const { title, id } of await get<List[]>("/api/v1/lists")) lists.set(title, id);
      const id = lists.get(first) ?? (await post<List>("/api/v1/lists", { title: first })).id;
      lists.set(first, id);
      await post(`/api/v1/lists/${id}/accounts`, { account_ids: [await find(second)] });
    }
  }
}

async function find(handle: string): Promise<string> {
  const q = handle.replace(/^@/, "");
  const found = await get<Account[]>("/api/v1/accounts/search", { q, resolve: true, limit: 1 });
  if (!found[0]) throw new Error(t("trouble.missing"));
  return found[0].id;
}

/** Gathers everything of a kind and gives it to the browser as a file. */
export async function gather(kind: Kind): Promise<void> {
  if (works.gathering) return;
  works.gathering = kind;
  works.gathered = 0;
  try {
    const rows = await table(kind);
    const file = new Blob([toCsv(rows)], { type: "text/csv" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `${kind}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } finally {
    works.gathering = null;
  }
}

async function table(kind: Kind): Promise<string[][]> {
  const me = session.me?.id ?? "";
  const full = (account: Account): string => (account.acct.includes("@") ? account.acct : `${account.acct}@${session.instance?.domain ?? location.host}`);
  const people = async (path: string): Promise<string[]> => (await whole<Account>(path, { limit: 80 })).map(full);
  switch (kind) {
    case "following":
      return [["Account address", "Show boosts"], ...(await people(`/api/v1/accounts/${me}/following`)).map((one) => [one, "true"])];
    case "blocks":
      return (await people("/api/v1/blocks")).map((one) => [one]);
    case "mutes":
      return [["Account address", "Hide notifications"], ...(await people("/api/v1/mutes")).map((one) => [one, "true"])];
    case "domains":
      return (await whole<string>("/api/v1/domain_blocks", { limit: 200 })).map((one) => [one]);
    case "bookmarks":
      return (await whole<Status>("/api/v1/bookmarks", { limit: 40 })).map((one) => [one.uri]);
    case "lists": {
      const rows: string[][] = [];
      for (const list of await get<List[]>("/api/v1/lists")) {
        for (const account of await whole<Account>(`/api/v1/lists/${list.id}/accounts`, { limit: 80 })) rows.push([list.title, full(account)]);
      }
      return rows;
    }
  }
}

async function whole<T>(path: string, query: Record<string, number>): Promise<T[]> {
  const all: T[] = [];
  for await (const some of pages<T>(path, query)) {
    all.push(...some);
    works.gathered = all.length;
  }
  return all;
}
