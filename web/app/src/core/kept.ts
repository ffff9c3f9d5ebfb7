/**
 * Small things that this browser keeps: the session, choices, drafts. Where storage is forbidden or full they live as
 * long as the page; nothing may fail for it.
 */
const PREFIX = "nagaya.";
const fallback = new Map<string, string>();

export interface Kept<T> {
  get(): T;
  set(value: T): void;
}

/** A value of `name`; `otherwise` when there is none or when it cannot be read. */
export function kept<T>(name: string, otherwise: T): Kept<T> {
  const key = PREFIX + name;
  return {
    get() {
      const text = read(key);
      if (text === null) return otherwise;
      try {
        return JSON.parse(text) as T;
      } catch {
        return otherwise;
      }
    },
    set(value) {
      if (value === null || value === undefined) remove(key);
      else write(key, JSON.stringify(value));
    },
  };
}

/** Forgets everything of this server; what is named in `but` stays. */
export function forgetAll(...but: string[]): void {
  fallback.clear();
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && !but.includes(key.slice(PREFIX.length))) localStorage.removeItem(key);
    }
  } catch {
    /* Nothing was kept. */
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? fallback.get(key) ?? null;
  } catch {
    return fallback.get(key) ?? null;
  }
}

function write(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
    fallback.delete(key);
  } catch {
    fallback.set(key, text);
  }
}

function remove(key: string): void {
  fallback.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {
    /* It was never there. */
  }
}
