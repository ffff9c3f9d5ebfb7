/** Keys for those who like them. Nothing happens while one types or while a dialog is open. */
import { choices } from "./choices.svelte";
import { compose, composing } from "./composing.svelte";
import type { Key } from "./i18n.svelte";
import { back, go } from "./router.svelte";
import { session } from "./session.svelte";

export const SHORTCUTS: [keys: string, what: Key][] = [
  ["j", "shortcuts.next"],
  ["k", "shortcuts.previous"],
  ["Enter", "shortcuts.open"],
  ["r", "shortcuts.reply"],
  ["f", "shortcuts.favourite"],
  ["b", "shortcuts.boost"],
  ["x", "shortcuts.warning"],
  ["n", "shortcuts.write"],
  ["/", "shortcuts.search"],
  [".", "shortcuts.top"],
  ["g h", "shortcuts.home"],
  ["g n", "shortcuts.notifications"],
  ["g l", "shortcuts.local"],
  ["g t", "shortcuts.federated"],
  ["g d", "shortcuts.conversations"],
  ["g p", "shortcuts.profile"],
  ["g s", "shortcuts.settings"],
  ["Backspace", "shortcuts.back"],
  ["Ctrl Enter", "shortcuts.send"],
  ["?", "shortcuts.help"],
];

const PLACES: Record<string, () => string> = {
  h: () => "/home",
  n: () => "/notifications",
  l: () => "/local",
  t: () => "/federated",
  d: () => "/conversations",
  p: () => `/@${session.me?.acct ?? ""}`,
  s: () => "/settings",
};
let afterG = Number.NEGATIVE_INFINITY;

export function listenToKeys(): () => void {
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}

function pressed(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (!choices.shortcuts || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (target.closest("input,textarea,select,[contenteditable],dialog,[role=menu]") || composing.intent) return;
  const place = event.timeStamp - afterG < 1500 ? PLACES[event.key] : undefined;
  afterG = event.key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
  const deed = place ? () => go(place()) : DEEDS[event.key];
  if (!deed) return;
  if (event.key === "Enter" && !target.matches("[data-post]")) return;
  event.preventDefault();
  deed();
}

const DEEDS: Record<string, () => void> = {
  j: () => step(1),
  k: () => step(-1),
  n: () => compose(),
  "/": () => go("/search"),
  "?": () => go("/shortcuts"),
  ".": () => scrollTo(0, 0),
  Backspace: () => back(),
  Enter: () => post()?.querySelector<HTMLAnchorElement>("time")?.closest("a")?.click(),
  f: () => press("[data-deed=favourite]"),
  r: () => post()?.querySelector<HTMLElement>(".deeds > button")?.click(),
  b: () => press(".deeds .menu button"),
  x: () => press(".warning button"),
};

function post(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-post]") ?? null;
}

function press(selector: string): void {
  post()?.querySelector<HTMLElement>(selector)?.click();
}

/** To the next or previous post; without one, to the first that is visible. */
function step(by: number): void {
  const all = [...document.querySelectorAll<HTMLElement>("[data-post]")];
  const now = post();
  const first = all.findIndex((one) => one.getBoundingClientRect().bottom > 80);
  const index = now ? all.indexOf(now) + by : Math.max(0, first);
  const next = all[index];
  if (!next) return;
  next.focus({ preventScroll: true });
  const place = next.getBoundingClientRect();
  if (place.top < 70 || place.bottom > innerHeight - 20) scrollBy(0, place.top - 70);
}
