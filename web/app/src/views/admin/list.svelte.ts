/** Lists of the operator's views: they grow when somebody asks for more, and say what went wrong. */
import { get, page, type Query } from "../../api/client";
import { complain, say } from "../../core/toasts.svelte";

export class Grown<T> {
  items = $state.raw<T[]>([]);
  next = $state<string | null>(null);
  loading = $state(false);
  begun = $state(false);
  trouble = $state.raw<unknown>(null);
  private again: () => Promise<void> = async () => {};

  /** Begins anew, with what `path` answers. */
  async open(path: string, query?: Query): Promise<void> {
    this.items = [];
    this.next = null;
    this.begun = false;
    await this.load(path, query);
  }

  more = (): void => void (this.next && this.load(this.next));
  retry = (): void => void this.again();

  /** Puts another in the place of one that changed. */
  replace(is: (one: T) => boolean, other: T): void {
    this.items = this.items.map((one) => (is(one) ? other : one));
  }
  drop(is: (one: T) => boolean): void {
    this.items = this.items.filter((one) => !is(one));
  }

  private async load(path: string, query?: Query): Promise<void> {
    this.again = () => this.load(path, query);
    this.loading = true;
    this.trouble = null;
    try {
      const one = await page<T>(path, query);
      this.items = [...this.items, ...one.items];
      const limit = Number(query?.limit ?? new URL(path, location.origin).searchParams.get("limit"));
      this.next = one.items.length > 0 && one.items.length >= limit ? one.next : null;
      this.begun = true;
    } catch (error) {
      this.trouble = error;
    } finally {
      this.loading = false;
    }
  }
}

/** A short list that is read whole, and read again after each deed. */
export class Whole<T> {
  items = $state.raw<T[] | null>(null);
  trouble = $state.raw<unknown>(null);
  busy = $state(false);

  constructor(private readonly path: string) {
    void this.load();
  }

  load = async (): Promise<void> => {
    this.trouble = null;
    try {
      this.items = await get<T[]>(this.path);
    } catch (error) {
      this.trouble = error;
    }
  };

  /** Does it, says `words` if there are any, and reads the list again; what failed is told. */
  run = async (deed: () => Promise<unknown>, words: string | null): Promise<void> => {
    this.busy = true;
    try {
      await deed();
      if (words) say(words);
      await this.load();
    } catch (error) {
      complain(error);
    } finally {
      this.busy = false;
    }
  };
}

/** 1,234,567 bytes as "1.2 MB". */
export function bytes(count: number, tag: string): string {
  // "0 byte" is no number of bytes in any language, so the smallest unit is the next one.
  const units = ["kilobyte", "megabyte", "gigabyte"] as const;
  let value = count / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(tag, { style: "unit", unit: units[unit], unitDisplay: "short", maximumFractionDigits: 1 }).format(value);
}
