/**
 * Words of the operator's views. They come with those views and not before: most people never see them.
 * The rules are those of `core/i18n.svelte`: one file per language, every key in all of them, tested.
 */
import { language, number } from "../../core/i18n.svelte";
import en from "./locales/en.json";
import ja from "./locales/ja.json";

export type Word = keyof typeof en;
const WORDS: Record<string, Record<Word, string>> = { en, ja };

/** The text of `key`, with `{names}` filled in. */
export function a(key: Word, values: Record<string, string | number> = {}): string {
  const text = WORDS[language()]?.[key] ?? en[key];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

/** The word for something that the server names, if we have one; else what the server said. */
export function named(group: string, name: string): string {
  const key = `${group}.${name}`;
  return key in en ? a(key as Word) : name.replaceAll("_", " ");
}
