/**
 * Lists of posts that grow at both ends: older ones as one scrolls, newer ones as they are written. A list outlives its
 * view for a while, so that going back finds it, and the place in it, as it was left.
 */
import { page, type Query, type Trouble } from "../api/client";
import type { Status } from "../api/entities";
import { listen, type Events } from "./stream.svelte";
import { drop, keep, type Box } from "./statuses.svelte";

export interface Source {
  /** Names the list; the same name is the same list. */
  key: string;
  path: string;
  query?: Query;
  /** Ids tell what is newer, so that a gap can be closed; bookmarks and favourites go by the Link header alone. */
  byId?: boolean;
  stream?: { stream: string; list?: string; tag?: string };
  /** Whether a post that arrives belongs here; all do if nothing is said. */
  takes?: (status: Status) => boolean;
  /** Which filters hold. */
  context?: string;
}

/** As many posts as a list keeps; older ones are fetched again when somebody scrolls there. */
const MOST = 4000;
/** When this many arrived in a break we do not know the gap's end: the list begins anew. */
const PAGE = 40;

export class Timeline {
  items = $state.raw<Box[]>([]);
  /** What arrived while the person reads further down. */
  waiting = $state.raw<Box[]>([]);
  loading = $state(false);
  ended = $state(false);
  begun = $state(false);
  trouble = $state.raw<unknown>(null);
  /** Heights of the rows as they were measured, for going back. */
  readonly heights = new Map<string, number>();
  /** Whether what arrives is shown at once. */
  atTop = true;
  private next: string | null = null;
  private ids = new Set<string>();
  private stop: (() => void) | null = null;

  constructor(readonly source: Source) {}

  /** Loads what is there, once, and listens to the stream until the returned function is called. */
  open(): () => void {
    if (!this.begun && !this.loading) void this.restart();
    else if (this.begun) void this.catchUp();
    if (this.source.stream && !this.stop) this.stop = listen(this.source.stream, this.events());
    return () => {
      this.stop?.();
      this.stop = null;
    };
  }

  /** From the newest on. */
  async restart(): Promise<void> {
    await this.load(async () => {
      const one = await page<Status>(this.source.path, { limit: 20, ...this.source.query });
      this.ids = new Set();
      this.waiting = [];
      this.items = this.fresh(one.items);
      this.next = one.next;
      this.ended = !one.next || one.items.length === 0;
      this.begun = true;
    });
  }

  /** The next older ones. */
  async more(): Promise<void> {
    const next = this.next;
    if (this.ended || !next || !this.begun) return;
    await this.load(async () => {
      const one = await page<Status>(next);
      this.items = [...this.items, ...this.fresh(one.items)];
      this.next = one.next;
      this.ended = !one.next || one.items.length === 0;
    });
  }

  /** Shows what was waiting. */
  reveal(): void {
    this.items = [...this.waiting, ...this.items].slice(0, MOST);
    this.waiting = [];
  }

  /** A post of our own, or one from the stream. */
  arrived(status: Status): void {
    if (this.ids.has(status.id) || this.source.takes?.(status) === false) return;
    this.ids.add(status.id);
    const box = keep(status);
    if (this.atTop) this.items = this.trim([box, ...this.items]);
    else this.waiting = [box, ...this.waiting].slice(0, MOST);
  }

  remove(id: string): void {
    drop(id);
    const stays = (box: Box): boolean => box.status.id !== id && box.status.reblog?.id !== id;
    this.items = this.items.filter(stays);
    this.waiting = this.waiting.filter(stays);
  }

  /** What was written while we did not listen. */
  async catchUp(): Promise<void> {
    const newest = (this.waiting[0] ?? this.items[0])?.status.id;
    if (!this.source.byId || !newest || this.loading) return;
    try {
      const one = await page<Status>(this.source.path, { ...this.source.query, since_id: newest, limit: PAGE });
      if (one.items.length >= PAGE) {
        if (this.atTop) await this.restart();
        return;
      }
      for (const status of one.items.reverse()) this.arrived(status);
    } catch {
      /* The stream tells when the connection is back. */
    }
  }

  private async load(work: () => Promise<void>): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    this.trouble = null;
    try {
      await work();
    } catch (error) {
      this.trouble = error as Trouble;
    } finally {
      this.loading = false;
    }
  }

  private fresh(statuses: Status[]): Box[] {
    const some = statuses.filter((status) => !this.ids.has(status.id));
    for (const status of some) this.ids.add(status.id);
    return some.map(keep);
  }

  /** The far end goes when the list gets too long; it can be loaded again. */
  private trim(items: Box[]): Box[] {
    if (items.length <= MOST) return items;
    const kept = items.slice(0, MOST - 400);
    const oldest = kept.at(-1);
    if (!this.source.byId || !oldest) return items;
    for (const box of items.slice(kept.length)) this.ids.delete(box.status.id);
    const query = new URLSearchParams({ limit: "20", max_id: oldest.status.id });
    for (const [name, value] of Object.entries(this.source.query ?? {})) query.set(name, String(value));
    this.next = `${this.source.path}?${query}`;
    this.ended = false;
    return kept;
  }

  private events(): Events {
    return {
      update: (status) => this.arrived(status),
      "status.update": (status) => void keep(status),
      delete: (id) => this.remove(id),
      filters_changed: () => void this.restart(),
      back: () => void this.catchUp(),
    };
  }
}

/** Lists that are remembered, the latest last. */
const remembered = new Map<string, Timeline>();
const LISTS = 10;

export function timeline(source: Source): Timeline {
  const found = remembered.get(source.key) ?? new Timeline(source);
  remembered.delete(source.key);
  remembered.set(source.key, found);
  for (const key of remembered.keys()) {
    if (remembered.size <= LISTS) break;
    remembered.delete(key);
  }
  return found;
}

/** Tells the open lists about a post that was written here, before the stream does. */
export function announce(status: Status): void {
  if (status.visibility !== "direct") remembered.get("home")?.arrived(status);
}

/** Takes a post, or everything of somebody, out of the lists that are remembered. */
export function withdraw(gone: (status: Status) => boolean): void {
  for (const list of remembered.values()) {
    const stays = (box: Box): boolean => !gone(box.status) && !(box.status.reblog && gone(box.status.reblog));
    list.items = list.items.filter(stays);
    list.waiting = list.waiting.filter(stays);
  }
}

/** Forgets every list, as when somebody signs out. */
export function forgetLists(): void {
  remembered.clear();
}
