/**
 * Words of the app in the language of the person. One file per language in `locales/`; a key is there in all of them
 * or the tests fail. Plurals, dates, numbers and names of languages come from the browser's CLDR (`Intl`).
 */
import type en from "../locales/en.json";
import { kept } from "./kept";

export type Key = keyof typeof en;
/** Keys whose text needs no plural. */
export type Language = "en" | "ja";
export const LANGUAGES: Record<Language, string> = { en: "English", ja: "日本語" };

type Text = string | Partial<Record<Intl.LDMLPluralRule, string>>;
type Words = Record<string, Text>;
type Values = Record<string, string | number>;

const files = import.meta.glob<{ default: Words }>("../locales/*.json");
const chosen = kept<Language | null>("language", null);

/** The person's own variety of the language (British dates, say) if the browser names one. */
function variety(): string {
  return navigator.languages.find((tag) => tag.startsWith(speech.language)) ?? speech.language;
}

class Speech {
  language = $state<Language>("en");
  words = $state.raw<Words>({});
}
const speech = new Speech();

/** The language that is spoken now. */
export function language(): Language {
  return speech.language;
}

/** What the person chose, or null for "as my browser". */
export function chosenLanguage(): Language | null {
  return chosen.get();
}

/** Loads the words; without a choice, of the first language of the browser that we have. */
export async function speak(wish: Language | null = chosen.get()): Promise<void> {
  chosen.set(wish);
  const found = wish ?? navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES) ?? "en";
  const file = files[`../locales/${found}.json`] ?? files["../locales/en.json"];
  if (!file) return;
  speech.words = (await file()).default;
  speech.language = found as Language;
  document.documentElement.lang = found;
}

/** The text of `key`, with `{names}` filled in; `n` chooses the plural. */
export function t(key: Key, values: Values = {}): string {
  return text(key, values).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

/** The text of `key` cut at its `{names}`, for those whose values are more than text: ["", {name}, " boosted"]. */
export function pieces(key: Key, values: Values = {}): (string | { slot: string })[] {
  return text(key, values)
    .split(/(\{\w+\})/)
    .map((piece) => {
      if (!/^\{\w+\}$/.test(piece)) return piece;
      const slot = piece.slice(1, -1);
      const value = values[slot];
      return value === undefined ? { slot } : typeof value === "number" ? number(value) : value;
    });
}

function text(key: Key, values: Values): string {
  const entry = speech.words[key];
  if (entry === undefined) return key;
  if (typeof entry === "string") return entry;
  const n = typeof values.n === "number" ? values.n : 0;
  return entry[plurals(speech.language).select(n)] ?? entry.other ?? key;
}

const plurals = remembered((tag) => new Intl.PluralRules(tag));
const numbers = remembered((tag) => new Intl.NumberFormat(tag));
const shortNumbers = remembered((tag) => new Intl.NumberFormat(tag, { notation: "compact", maximumFractionDigits: 1 }));
const relative = remembered((tag) => new Intl.RelativeTimeFormat(tag, { numeric: "auto", style: "narrow" }));
const days = remembered((tag) => new Intl.DateTimeFormat(tag, { month: "short", day: "numeric" }));
const years = remembered((tag) => new Intl.DateTimeFormat(tag, { dateStyle: "medium" }));
const moments = remembered((tag) => new Intl.DateTimeFormat(tag, { dateStyle: "long", timeStyle: "short" }));
const months = remembered((tag) => new Intl.DateTimeFormat(tag, { year: "numeric", month: "long" }));
const tongues = remembered((tag) => new Intl.DisplayNames(tag, { type: "language", fallback: "code" }));
const lists = remembered((tag) => new Intl.ListFormat(tag, { type: "conjunction" }));

function remembered<T>(make: (tag: string) => T): (tag: string) => T {
  const made = new Map<string, T>();
  return (tag) => {
    let one = made.get(tag);
    if (one === undefined) made.set(tag, (one = make(tag)));
    return one;
  };
}

export function number(n: number): string {
  return numbers(variety()).format(n);
}

/** 12,345 as "12K" or 「1.2万」. */
export function shortNumber(n: number): string {
  return n < 10_000 ? number(n) : shortNumbers(variety()).format(n);
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 7],
];

/** How long ago, up to a week; then the day, and the year if it is another one. */
export function ago(time: string, now: number): string {
  const then = new Date(time);
  let amount = (then.getTime() - now) / 1000;
  if (Math.abs(amount) < 5) amount = 0;
  for (const [unit, most] of STEPS) {
    if (Math.abs(amount) < most) return relative(variety()).format(Math.trunc(amount), unit);
    amount /= most;
  }
  const sameYear = then.getFullYear() === new Date(now).getFullYear();
  return (sameYear ? days : years)(variety()).format(then);
}

/** Day and time in full. */
export function moment(time: string): string {
  return moments(variety()).format(new Date(time));
}

export function day(time: string): string {
  return years(variety()).format(new Date(time));
}

export function month(time: string | Date): string {
  return months(variety()).format(new Date(time));
}

/** The name of a language, in the language that is spoken. */
export function tongue(code: string): string {
  try {
    return tongues(variety()).of(code) ?? code;
  } catch {
    return code;
  }
}

/** "a, b and c". */
export function listed(items: string[]): string {
  return lists(variety()).format(items);
}
