/**
 * The only place that talks to the server: Mastodon's API and our own under `/api/nagaya/v1`, with one token.
 *
 * It says plainly what went wrong (`Trouble`), follows pages by their Link header, and never leaves this origin.
 */

/** What went wrong, in a word: the caller chooses the sentence. */
export type Fault = "offline" | "expired" | "forbidden" | "missing" | "refused" | "limited" | "large" | "server";

export class Trouble extends Error {
  /** `words` are the server's own, and may be empty. */
  constructor(
    readonly fault: Fault,
    readonly status: number,
    readonly words: string,
    readonly details: Record<string, { error: string; description: string }[]> = {},
    /** When to try again, in seconds, if the server said. */
    readonly wait: number | null = null,
  ) {
    super(words || fault);
  }
}

/** A piece of a list, and where the next older one is. */
export interface Page<T> {
  items: T[];
  next: string | null;
  previous: string | null;
}

export type Value = string | number | boolean | null | undefined | File | Blob | Value[] | { [key: string]: Value };
export type Query = Record<string, string | number | boolean | null | undefined | string[]>;

export interface Options {
  query?: Query;
  /** Sent as JSON, or as a form when it holds a file. */
  body?: Record<string, Value> | FormData;
  signal?: AbortSignal;
  headers?: Record<string, string>;
  /** The request outlives the page. */
  keepalive?: boolean;
}

interface Connection {
  token: string | null;
  /** Called when the server no longer knows the token. */
  expired: () => void;
}
const connection: Connection = { token: null, expired: () => {} };

export function connect(token: string | null, expired: () => void): void {
  connection.token = token;
  connection.expired = expired;
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await send("GET", path, { query, signal })).data as T;
}
export async function post<T = unknown>(path: string, body?: Options["body"], more: Options = {}): Promise<T> {
  return (await send("POST", path, { ...more, body })).data as T;
}
export async function put<T = unknown>(path: string, body?: Options["body"]): Promise<T> {
  return (await send("PUT", path, { body })).data as T;
}
export async function patch<T = unknown>(path: string, body?: Options["body"]): Promise<T> {
  return (await send("PATCH", path, { body })).data as T;
}
export async function remove<T = unknown>(path: string, body?: Options["body"]): Promise<T> {
  return (await send("DELETE", path, { body })).data as T;
}

/** One page of a list; `path` may be the `next` of another. */
export async function page<T>(path: string, query?: Query, signal?: AbortSignal): Promise<Page<T>> {
  const { data, headers } = await send("GET", path, { query, signal });
  return { items: data as T[], ...links(headers.get("link")) };
}

/** Every page, one after the other; `enough` ends it early. */
export async function* pages<T>(path: string, query?: Query, signal?: AbortSignal): AsyncGenerator<T[]> {
  let next: string | null = path;
  let first: Query | undefined = query;
  while (next) {
    const one: Page<T> = await page<T>(next, first, signal);
    first = undefined;
    yield one.items;
    next = one.items.length > 0 ? one.next : null;
  }
}

export async function send(method: string, path: string, options: Options = {}): Promise<{ data: unknown; headers: Headers }> {
  const headers: Record<string, string> = { accept: "application/json", ...options.headers };
  if (connection.token) headers.authorization = `Bearer ${connection.token}`;
  let body: BodyInit | undefined;
  if (options.body instanceof FormData) body = options.body;
  else if (options.body && holdsFile(options.body)) body = form(options.body);
  else if (options.body) {
    headers["content-type"] = "application/json";
    body = JSON.stringify(options.body);
  }
  let response: Response;
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      body,
      signal: options.signal,
      keepalive: options.keepalive,
      credentials: "omit",
      redirect: "error",
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Trouble("offline", 0, "");
  }
  return { data: await read(response), headers: response.headers };
}

/** Sends a file and tells how far it is, from 0 to 1; `fetch` cannot tell. */
export function upload<T>(path: string, data: FormData, progress: (share: number) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.responseType = "text";
    request.setRequestHeader("accept", "application/json");
    if (connection.token) request.setRequestHeader("authorization", `Bearer ${connection.token}`);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new Trouble("offline", 0, ""));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    request.onload = () => {
      const response = new Response(request.responseText || null, { status: Math.max(200, request.status) });
      read(response).then((data) => resolve(data as T), reject);
    };
    signal?.addEventListener("abort", () => request.abort());
    request.send(data);
  });
}

async function read(response: Response): Promise<unknown> {
  const text = await response.text().catch(() => "");
  let data: unknown = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    if (response.ok) throw new Trouble("server", response.status, "");
  }
  if (response.ok) return data;
  throw trouble(response, data);
}

function trouble(response: Response, data: unknown): Trouble {
  const told = (data ?? {}) as { error?: unknown; error_description?: unknown; details?: Trouble["details"] };
  const words = [told.error_description, told.error].find((text) => typeof text === "string") as string | undefined;
  const wait = Number(response.headers.get("retry-after")) || null;
  if (response.status === 401 && connection.token) connection.expired();
  const faults: Record<number, Fault> = {
    401: "expired",
    403: "forbidden",
    404: "missing",
    410: "missing",
    413: "large",
    429: "limited",
  };
  const fault = faults[response.status] ?? (response.status >= 500 ? "server" : "refused");
  return new Trouble(fault, response.status, words ?? "", told.details ?? {}, wait);
}

function address(path: string, query?: Query): string {
  const url = new URL(path, location.origin);
  if (url.origin !== location.origin) throw new Trouble("refused", 0, path);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === null || value === undefined) continue;
    if (Array.isArray(value)) for (const one of value) url.searchParams.append(`${name}[]`, one);
    else url.searchParams.set(name, String(value));
  }
  return url.pathname + url.search;
}

/** `next` and `prev` of a Link header, without their host. */
function links(header: string | null): { next: string | null; previous: string | null } {
  const found: Record<string, string> = {};
  for (const match of (header ?? "").matchAll(/<([^>]+)>\s*;[^,]*rel="?(\w+)"?/g)) {
    const [, target, relation] = match;
    if (!target || !relation) continue;
    const url = new URL(target, location.origin);
    found[relation] = url.pathname + url.search;
  }
  return { next: found.next ?? null, previous: found.prev ?? null };
}

function holdsFile(value: Value): boolean {
  if (value instanceof Blob) return true;
  if (Array.isArray(value)) return value.some(holdsFile);
  return typeof value === "object" && value !== null && Object.values(value).some(holdsFile);
}

function form(body: Record<string, Value>): FormData {
  const data = new FormData();
  const put = (name: string, value: Value): void => {
    if (value === null || value === undefined) return;
    if (value instanceof Blob) data.append(name, value);
    else if (Array.isArray(value)) value.forEach((one) => put(`${name}[]`, one));
    else if (typeof value === "object") for (const [key, one] of Object.entries(value)) put(`${name}[${key}]`, one);
    else data.append(name, String(value));
  };
  for (const [name, value] of Object.entries(body)) put(name, value);
  return data;
}
