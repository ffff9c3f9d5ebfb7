/**
 * Other people's HTML. The server has cleaned it; here it is treated as if it had not been: it is parsed in a document
 * that runs and loads nothing, and what is on the list is built anew, element by element. Nothing else gets through.
 */
import type { CustomEmoji, Mention } from "../api/entities";
import { BASE } from "./router.svelte";

const ELEMENTS = new Set(
  "P BR A SPAN B STRONG I EM U S DEL CODE PRE BLOCKQUOTE UL OL LI H1 H2 H3 H4 H5 H6 SUB SUP RUBY RT RP HR".split(" "),
);
/** What is left out with all that is in it; of other unknown elements the content stays. */
const POISON = new Set("SCRIPT STYLE TEMPLATE IFRAME OBJECT EMBED SVG MATH NOSCRIPT TEXTAREA TITLE SELECT XMP FORM AUDIO VIDEO LINK META BASE".split(" "));
const CLASSES = new Set(["h-card", "u-url", "mention", "hashtag", "invisible", "ellipsis", "quote-inline"]);
const SCHEMES = new Set(["http:", "https:", "gemini:", "gopher:", "xmpp:", "matrix:", "magnet:", "mailto:"]);
/** Deeper trees are nobody's honest post. */
const DEPTH = 40;

export interface Context {
  emojis?: CustomEmoji[];
  mentions?: Mention[];
  tags?: { name: string; url: string }[];
}

/** The fragment that may be shown for `html`. */
export function cleaned(html: string, context: Context = {}): DocumentFragment {
  const out = document.createDocumentFragment();
  const parsed = new DOMParser().parseFromString(html, "text/html");
  copy(parsed.body, out, context, 0);
  return out;
}

/** Plain text with `:emoji:` as pictures. */
export function withEmoji(text: string, emojis: CustomEmoji[]): DocumentFragment {
  const out = document.createDocumentFragment();
  appendText(text, out, emojis);
  return out;
}

/** The text of `html`, with line breaks. */
export function plainText(html: string): string {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  parsed.querySelectorAll("script,style,template").forEach((element) => element.remove());
  parsed.querySelectorAll("br").forEach((element) => element.replaceWith("\n"));
  parsed.querySelectorAll("p,div,li,blockquote,pre").forEach((element) => element.append("\n"));
  return (parsed.body.textContent ?? "").trim();
}

function copy(from: Node, to: Node, context: Context, depth: number): void {
  if (depth > DEPTH) return;
  for (const node of from.childNodes) {
    if (node instanceof Text || node.nodeType === Node.TEXT_NODE) {
      const literal = from.nodeName === "CODE" || from.nodeName === "PRE";
      if (literal) to.appendChild(document.createTextNode(node.textContent ?? ""));
      else appendText(node.textContent ?? "", to, context.emojis ?? []);
      continue;
    }
    if (node.nodeType !== Node.ELEMENT_NODE) continue;
    const element = node as Element;
    const name = element.nodeName.toUpperCase();
    if (POISON.has(name)) continue;
    if (element.namespaceURI !== "http://www.w3.org/1999/xhtml") continue;
    if (element.classList.contains("quote-inline")) continue; // The quoted post is shown below.
    const made = ELEMENTS.has(name) ? build(element, name, context) : null;
    if (made) to.appendChild(made);
    copy(element, made ?? to, context, depth + 1);
  }
}

function build(element: Element, name: string, context: Context): HTMLElement {
  const heading = /^H[1-6]$/.test(name);
  const made = document.createElement(heading ? "p" : name.toLowerCase());
  if (heading) made.className = "heading";
  const classes = [...element.classList].filter((one) => CLASSES.has(one));
  if (classes.length > 0) made.classList.add(...classes);
  const dir = element.getAttribute("dir");
  if (dir === "rtl" || dir === "ltr" || dir === "auto") made.dir = dir;
  const lang = element.getAttribute("lang");
  if (lang && /^[a-zA-Z0-9-]{2,35}$/.test(lang)) made.lang = lang;
  if (name === "OL") {
    const start = Number.parseInt(element.getAttribute("start") ?? "", 10);
    if (Number.isFinite(start)) (made as HTMLOListElement).start = start;
  }
  if (made instanceof HTMLAnchorElement) point(made, element, context);
  return made;
}

/** Links to people and tags that we know stay in the app; all others leave it, and tell nobody where from. */
function point(link: HTMLAnchorElement, element: Element, context: Context): void {
  const href = element.getAttribute("href") ?? "";
  const target = safe(href);
  if (!target) return;
  const mention = context.mentions?.find(({ url }) => url === href);
  const tag = element.classList.contains("hashtag") ? tagOf(element, href, context) : null;
  if (mention) {
    link.href = `${BASE}/@${mention.acct}`;
    link.title = `@${mention.acct}`;
    return;
  }
  if (tag) {
    link.href = `${BASE}/tags/${encodeURIComponent(tag)}`;
    return;
  }
  link.href = target;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  link.title = target;
}

function tagOf(element: Element, href: string, context: Context): string | null {
  const text = (element.textContent ?? "").replace(/^[##]/, "");
  const known = context.tags?.find(({ name, url }) => url === href || name.toLowerCase() === text.toLowerCase());
  return known ? known.name : null;
}

/** The address if it leads somewhere harmless. */
export function safe(href: string): string | null {
  try {
    const url = new URL(href);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function appendText(text: string, to: Node, emojis: CustomEmoji[]): void {
  if (emojis.length === 0 || !text.includes(":")) {
    to.appendChild(document.createTextNode(text));
    return;
  }
  for (const piece of text.split(/(:[a-zA-Z0-9_]{2,}:)/)) {
    const found = piece.startsWith(":") ? emojis.find(({ shortcode }) => `:${shortcode}:` === piece) : undefined;
    const picture = found && emojiPicture(found);
    if (picture) to.appendChild(picture);
    else if (piece) to.appendChild(document.createTextNode(piece));
  }
}

/** The picture of a custom emoji, if it lies on this server. */
export function emojiPicture(emoji: CustomEmoji): HTMLImageElement | null {
  const address = ours(emoji.static_url);
  if (!address) return null;
  const picture = document.createElement("img");
  picture.className = "emoji";
  picture.src = address;
  picture.alt = picture.title = `:${emoji.shortcode}:`;
  picture.draggable = false;
  picture.loading = "lazy";
  picture.decoding = "async";
  return picture;
}

/** The address if it is this server's; the browser asks nobody else. */
export function ours(address: string | null | undefined): string | null {
  if (!address) return null;
  try {
    const url = new URL(address, location.origin);
    return url.origin === location.origin ? url.href : null;
  } catch {
    return null;
  }
}
