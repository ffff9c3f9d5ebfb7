/**
 * Where in the app we are. Addresses begin with `/app`; links to them are ordinary links, which this file follows
 * without loading a page. Views are loaded when they are first needed.
 */
import type { Component } from "svelte";
import type { Key } from "./i18n.svelte";

export type Params = Record<string, string>;
/** What every view is given; most need nothing of it. */
export interface ViewProps {
  params: Params;
  query: URLSearchParams;
}
export type View = Component<any>;

export interface Route {
  /** `/tags/:name`: a part with a colon matches anything but a slash, or only some words: `/x/:side=left|right`. */
  path: string;
  title: Key;
  load: () => Promise<{ default: View }>;
  /** Who may see it; members if nothing is said. */
  who?: "anyone" | "staff";
}

export const BASE = "/app";

class Here {
  path = $state("/");
  query = $state.raw(new URLSearchParams());
  route = $state.raw<Route | null>(null);
  params = $state.raw<Params>({});
  view = $state.raw<View | null>(null);
  /** Counts arrivals, so that the same view with other parameters begins anew. */
  visit = $state(0);
  failed = $state(false);
  /** What the open view calls itself, if it knows better than its route. */
  title = $state<string | null>(null);
}
export const here = new Here();

let routes: { route: Route; pattern: RegExp; names: string[] }[] = [];
let leaving: (() => boolean) | null = null;

/** Begins; `table` is tried from top to bottom. */
export function start(table: Route[]): void {
  prepare(table);
  history.scrollRestoration = "manual";
  addEventListener("popstate", () => void arrive(scrollOf(history.state)));
  document.addEventListener("click", follow);
  addEventListener("pagehide", remember);
  void arrive(scrollOf(history.state));
}

function prepare(table: Route[]): void {
  routes = table.map((route) => {
    const names: string[] = [];
    const source = route.path.replace(/:(\w+)(?:=([\w|]+))?/g, (_, name: string, words?: string) => (names.push(name), `(${words ?? "[^/]+"})`));
    return { route, pattern: new RegExp(`^${source}/?$`), names };
  });
}

/** Begins to load the view of the address that the page was opened with, while words and session are on their way. */
export function foresee(table: Route[]): void {
  prepare(table);
  void match(location.pathname.slice(BASE.length) || "/")?.route.load().catch(() => {});
}

/** Goes to an address of the app, given without `/app`. */
export function go(path: string, how: { replace?: boolean } = {}): void {
  if (leaving && !leaving()) return;
  remember();
  const state = { scroll: 0 };
  if (how.replace) history.replaceState(state, "", BASE + path);
  else history.pushState(state, "", BASE + path);
  void arrive(0);
}

export function back(otherwise = "/home"): void {
  if (history.length > 1) history.back();
  else go(otherwise, { replace: true });
}

/** The address that a link to a place in the app has. */
export function to(path: string): string {
  return BASE + path;
}

/** Loads the view again after it failed. */
export function retry(): void {
  void arrive(0);
}

/** Changes the query without a new visit. */
export function setQuery(values: Record<string, string | null>): void {
  const query = new URLSearchParams(here.query);
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  history.replaceState(history.state, "", BASE + here.path + (text ? `?${text}` : ""));
  here.query = query;
}

function remember(): void {
  history.replaceState({ ...history.state, scroll: scrollY }, "");
}

function scrollOf(state: unknown): number {
  const scroll = (state as { scroll?: unknown } | null)?.scroll;
  return typeof scroll === "number" ? scroll : 0;
}

async function arrive(scroll: number): Promise<void> {
  const path = location.pathname.slice(BASE.length) || "/";
  const found = match(path);
  const visit = here.visit + 1;
  here.visit = visit;
  try {
    const view = found ? (await found.route.load()).default : null;
    if (here.visit !== visit) return; // Somebody went on meanwhile.
    here.failed = false;
    here.path = path;
    here.query = new URLSearchParams(location.search);
    here.title = null;
    here.params = found?.params ?? {};
    here.route = found?.route ?? null;
    here.view = view;
    requestAnimationFrame(() => settle(scroll));
  } catch {
    if (here.visit === visit) here.failed = true;
  }
}

/** Goes to where the page was left; what has not loaded yet gets two seconds to become high enough. */
function settle(scroll: number): void {
  const until = performance.now() + 2000;
  const visit = here.visit;
  const attempt = (): void => {
    if (here.visit !== visit) return;
    scrollTo(0, scroll);
    if (Math.abs(scrollY - scroll) > 2 && performance.now() < until) requestAnimationFrame(attempt);
  };
  attempt();
  if (scroll === 0 && visit > 1) document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
}

function match(path: string): { route: Route; params: Params } | null {
  for (const { route, pattern, names } of routes) {
    const found = pattern.exec(path);
    if (!found) continue;
    const params: Params = {};
    names.forEach((name, index) => {
      params[name] = decode(found[index + 1] ?? "");
    });
    return { route, params };
  }
  return null;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest?.("a");
  if (!link || link.target || link.hasAttribute("download")) return;
  const url = new URL(link.href, location.href);
  if (url.origin !== location.origin || !(url.pathname === BASE || url.pathname.startsWith(`${BASE}/`))) return;
  if (url.hash && url.pathname === location.pathname) return;
  event.preventDefault();
  go((url.pathname.slice(BASE.length) || "/") + url.search);
}
