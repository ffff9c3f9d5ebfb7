/** What is being written, kept in this browser from the first letter until the server has it. */
import type { MediaAttachment, Status } from "../api/entities";
import { kept } from "./kept";
import { session } from "./session.svelte";

export interface DraftPoll {
  options: string[];
  multiple: boolean;
  hideTotals: boolean;
  seconds: number;
}

export interface Draft {
  id: string;
  text: string;
  warning: string;
  warned: boolean;
  sensitive: boolean;
  visibility: Status["visibility"];
  language: string;
  quotePolicy: "public" | "followers" | "nobody";
  localOnly: boolean;
  markdown: boolean;
  poll: DraftPoll | null;
  media: MediaAttachment[];
  /** Day and time as the browser's field has it, in local time. */
  at: string | null;
  replyTo: { id: string; acct: string; name: string; text: string } | null;
  quote: { id: string; acct: string; text: string } | null;
  /** The post that this changes. */
  edit: string | null;
  /** So that a post that is sent twice is one post. */
  key: string;
  saved: number;
}

const saved = kept<Draft[]>("drafts", []);
const MOST = 50;

class Drafts {
  all = $state.raw<Draft[]>(saved.get());
}
export const drafts = new Drafts();

export function newDraft(change: Partial<Draft> = {}): Draft {
  const preferences = session.preferences;
  return {
    id: crypto.randomUUID?.() ?? String(Math.random()),
    text: "",
    warning: "",
    warned: false,
    sensitive: preferences?.["posting:default:sensitive"] ?? false,
    visibility: preferences?.["posting:default:visibility"] ?? "public",
    language: preferences?.["posting:default:language"] ?? document.documentElement.lang,
    quotePolicy: preferences?.["posting:default:quote_policy"] ?? "public",
    localOnly: false,
    markdown: false,
    poll: null,
    media: [],
    at: null,
    replyTo: null,
    quote: null,
    edit: null,
    key: crypto.randomUUID?.() ?? String(Math.random()),
    saved: 0,
    ...change,
  };
}

/** Whether there is anything worth keeping. */
export function worth(draft: Draft, from?: string): boolean {
  const text = draft.text.trim();
  return (text !== "" && text !== from?.trim()) || draft.media.length > 0 || draft.warning.trim() !== "" || (draft.poll?.options.some(Boolean) ?? false);
}

export function keepDraft(draft: Draft): void {
  const copy = { ...draft, saved: Date.now() };
  drafts.all = [copy, ...drafts.all.filter(({ id }) => id !== draft.id)].slice(0, MOST);
  saved.set(drafts.all);
}

export function forgetDraft(id: string): void {
  if (!drafts.all.some((draft) => draft.id === id)) return;
  drafts.all = drafts.all.filter((draft) => draft.id !== id);
  saved.set(drafts.all);
}

/** The newest draft of the same occasion: the same answer, the same edit, or a new post. */
export function unfinished(occasion: { replyTo?: string; quote?: string; edit?: string }): Draft | undefined {
  return drafts.all.find(
    (draft) =>
      (draft.replyTo?.id ?? undefined) === occasion.replyTo &&
      (draft.quote?.id ?? undefined) === occasion.quote &&
      (draft.edit ?? undefined) === occasion.edit,
  );
}
