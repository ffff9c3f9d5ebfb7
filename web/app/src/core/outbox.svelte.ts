/**
 * Posts on their way out: first a few seconds in which one can change one's mind, then the server. A draft is forgotten
 * only when the server has the post; when it refuses, the draft opens again with its reason.
 */
import { post, put, Trouble, type Value } from "../api/client";
import type { ScheduledStatus, Status } from "../api/entities";
import { choices } from "./choices.svelte";
import { compose } from "./composing.svelte";
import { addressOf } from "./deeds";
import { forgetDraft, keepDraft, type Draft } from "./drafts.svelte";
import { moment, t } from "./i18n.svelte";
import { go } from "./router.svelte";
import { keep, update } from "./statuses.svelte";
import { announce } from "./timelines.svelte";
import { hush, inWords, say } from "./toasts.svelte";

interface Letter {
  draft: Draft;
  timer: ReturnType<typeof setTimeout>;
  toast: number;
}
const waiting = new Map<string, Letter>();

/** Sends a draft after the time in which it can be taken back. */
export function dispatch(draft: Draft): void {
  keepDraft(draft);
  const seconds = draft.edit ? 0 : choices.undoSeconds;
  if (seconds === 0) {
    void send(draft);
    return;
  }
  const toast = say(t("outbox.waiting"), { seconds, action: { text: t("outbox.undo"), run: () => takeBack(draft.id) } });
  const timer = setTimeout(() => {
    waiting.delete(draft.id);
    void send(draft);
  }, seconds * 1000);
  waiting.set(draft.id, { draft, timer, toast });
}

function takeBack(id: string): void {
  const letter = waiting.get(id);
  if (!letter) return;
  clearTimeout(letter.timer);
  waiting.delete(id);
  hush(letter.toast);
  compose({ draft: id });
}

/* Who leaves the page wanted to send: the request outlives the page, and the key makes a second try harmless. */
addEventListener("pagehide", () => {
  for (const { draft, timer } of waiting.values()) {
    clearTimeout(timer);
    void send(draft);
  }
  waiting.clear();
});

async function send(draft: Draft): Promise<void> {
  try {
    const made = draft.edit
      ? await put<Status>(`/api/v1/statuses/${draft.edit}`, bodyOf(draft))
      : await post<Status | ScheduledStatus>("/api/v1/statuses", bodyOf(draft), { headers: { "idempotency-key": draft.key }, keepalive: true });
    forgetDraft(draft.id);
    if ("params" in made) {
      say(t("outbox.scheduled", { when: moment(made.scheduled_at) }), { action: { text: t("outbox.show"), run: () => go("/scheduled") } });
      return;
    }
    keep(made);
    if (draft.edit) {
      say(t("outbox.edited"));
      return;
    }
    announce(made);
    if (draft.replyTo) update(draft.replyTo.id, (status) => ({ replies_count: status.replies_count + 1 }));
    say(t("outbox.sent"), { action: { text: t("outbox.show"), run: () => go(addressOf(made)) } });
  } catch (error) {
    const again = (): void => void send(draft);
    const refused = error instanceof Trouble && error.fault === "refused";
    const action = refused ? { text: t("outbox.open"), run: () => compose({ draft: draft.id }) } : { text: t("again"), run: again };
    say(t("outbox.failed", { why: inWords(error) }), { kind: "bad", seconds: 30, action });
  }
}

function bodyOf(draft: Draft): Record<string, Value> {
  const poll = draft.poll && {
    options: draft.poll.options.map((option) => option.trim()).filter(Boolean),
    expires_in: draft.poll.seconds,
    multiple: draft.poll.multiple,
    hide_totals: draft.poll.hideTotals,
  };
  const shared: Record<string, Value> = {
    status: draft.text,
    spoiler_text: draft.warned ? draft.warning : "",
    sensitive: draft.sensitive || (draft.warned && draft.media.length > 0),
    language: draft.language,
    media_ids: draft.media.map(({ id }) => id),
    content_type: draft.markdown ? "text/markdown" : "text/plain",
  };
  if (poll && poll.options.length > 0) shared.poll = poll;
  if (draft.edit) return shared;
  return {
    ...shared,
    visibility: draft.visibility,
    in_reply_to_id: draft.replyTo?.id,
    quoted_status_id: draft.quote?.id,
    quote_approval_policy: draft.quotePolicy,
    local_only: draft.localOnly || undefined,
    scheduled_at: draft.at ? new Date(draft.at).toISOString() : undefined,
  };
}
