/** What the person's filters say about a post. The server finds the matches; which of them hold depends on the view. */
import type { FilterResult, Status } from "../api/entities";

function holding(status: Status, context: string | undefined): FilterResult[] {
  const results = [...(status.filtered ?? []), ...(status.reblog?.filtered ?? [])];
  return context ? results.filter(({ filter }) => filter.context.includes(context as "home")) : [];
}

/** The post is not shown at all. */
export function hidden(status: Status, context: string | undefined): boolean {
  return holding(status, context).some(({ filter }) => filter.filter_action === "hide");
}

/** Titles of the filters that put the post behind a button. */
export function warned(status: Status, context: string | undefined): string[] {
  return holding(status, context).filter(({ filter }) => filter.filter_action === "warn").map(({ filter }) => filter.title);
}

/** The post's pictures are veiled. */
export function blurred(status: Status, context: string | undefined): boolean {
  return holding(status, context).some(({ filter }) => filter.filter_action === "blur");
}
