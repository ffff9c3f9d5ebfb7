/** Opens the composer from anywhere. What was typed is kept in drafts, whatever happens to the window. */
import type { Status } from "../api/entities";

export interface Intent {
  /** The draft that is taken up; a new one if there is none. */
  draft?: string;
  replyTo?: Status;
  quote?: Status;
  edit?: Status;
  /** A post that was deleted to be written again. */
  redraft?: Status;
  text?: string;
  visibility?: Status["visibility"];
}

class Composing {
  intent = $state.raw<Intent | null>(null);
}
export const composing = new Composing();

export function compose(intent: Intent = {}): void {
  composing.intent = intent;
}

export function closeComposer(): void {
  composing.intent = null;
}
