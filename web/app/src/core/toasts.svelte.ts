/** Short messages at the edge of the screen, and questions in the middle of it. */
import { Trouble } from "../api/client";
import { t, type Key } from "./i18n.svelte";

export interface Toast {
  id: number;
  text: string;
  kind: "good" | "bad";
  action?: { text: string; run: () => void };
}

export const toasts = $state<Toast[]>([]);
let last = 0;

/** Shows a message. Those with something to do, and bad ones, stay longer. */
export function say(text: string, more: Partial<Omit<Toast, "id" | "text">> & { seconds?: number } = {}): number {
  const { seconds, ...rest } = more;
  const toast: Toast = { id: ++last, text, kind: "good", ...rest };
  toasts.push(toast);
  if (toasts.length > 4) toasts.shift();
  const stay = seconds ?? (toast.kind === "bad" || toast.action ? 10 : 4);
  setTimeout(() => hush(toast.id), stay * 1000);
  return toast.id;
}

export function hush(id: number): void {
  const index = toasts.findIndex((toast) => toast.id === id);
  if (index >= 0) toasts.splice(index, 1);
}

/** Tells what went wrong, and offers to do it again. */
export function complain(error: unknown, again?: () => void): void {
  const text = inWords(error);
  if (!text) return;
  say(text, { kind: "bad", action: again ? { text: t("again"), run: again } : undefined });
}

const FAULTS: Record<Trouble["fault"], Key> = {
  offline: "trouble.offline",
  expired: "trouble.expired",
  forbidden: "trouble.forbidden",
  missing: "trouble.missing",
  refused: "trouble.refused",
  limited: "trouble.limited",
  large: "trouble.large",
  server: "trouble.server",
};

/** Plain words for an error; what the server said belongs to it when a rule or a plugin refused something. */
export function inWords(error: unknown): string {
  if (error instanceof DOMException && error.name === "AbortError") return "";
  if (!(error instanceof Trouble)) return t("trouble.app");
  const words = [...Object.values(error.details).flat().map((detail) => detail.description), error.words];
  const said = words.find((text) => text);
  const general = t(FAULTS[error.fault]);
  const telling = error.fault === "refused" || error.fault === "forbidden";
  return telling && said ? t("trouble.because", { general, why: said }) : general;
}

export interface Question {
  title: string;
  text?: string;
  yes: string;
  no?: string;
  danger?: boolean;
  answer: (yes: boolean) => void;
}

class Asking {
  question = $state.raw<Question | null>(null);
}
export const asking = new Asking();

/** Asks, and waits for yes or no. */
export function ask(question: Omit<Question, "answer">): Promise<boolean> {
  asking.question?.answer(false);
  return new Promise((resolve) => {
    asking.question = {
      ...question,
      answer: (yes) => {
        asking.question = null;
        resolve(yes);
      },
    };
  });
}
