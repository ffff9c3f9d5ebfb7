/** Emoji of Unicode, in the language of the person: found by name, and those used last. Loaded when first needed. */
import { kept } from "./kept";
import { language } from "./i18n.svelte";

export interface Emoji {
  text: string;
  name: string;
  words: string;
  group: number;
}

const loaded = new Map<string, Promise<Emoji[]>>();
const used = kept<string[]>("emoji", []);
const FIRST = ["👍", "❤️", "😂", "🎉", "🙏", "😢", "👀", "🔥", "🥰", "🤔"];

export function allEmoji(): Promise<Emoji[]> {
  const tongue = language();
  let rows = loaded.get(tongue);
  if (!rows) {
    const file = tongue === "ja" ? import("virtual:emoji/ja") : import("virtual:emoji/en");
    rows = file.then(({ default: all }) => all.map(([text, name, words, group]) => ({ text, name, words, group })));
    rows.catch(() => loaded.delete(tongue));
    loaded.set(tongue, rows);
  }
  return rows;
}

/** Those whose name or words begin with what was typed come first. */
export function findEmoji(all: Emoji[], typed: string, most: number): Emoji[] {
  const wanted = typed.toLowerCase();
  const ranked: [number, Emoji][] = [];
  for (const emoji of all) {
    const name = emoji.name.toLowerCase();
    const words = emoji.words.toLowerCase();
    const rank = name.startsWith(wanted) ? 0 : words.split(" ").some((word) => word.startsWith(wanted)) ? 1 : `${name} ${words}`.includes(wanted) ? 2 : 3;
    if (rank < 3) ranked.push([rank, emoji]);
  }
  return ranked.sort((one, other) => one[0] - other[0]).slice(0, most).map(([, emoji]) => emoji);
}

/** Emoji that were used here, the last first, filled up with what most people use. */
export function usedEmoji(): string[] {
  return [...new Set([...used.get(), ...FIRST])].slice(0, 18);
}

export function rememberEmoji(text: string): void {
  used.set([...new Set([text, ...used.get()])].slice(0, 18));
}
