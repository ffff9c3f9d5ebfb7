/**
 * Every post that some view shows, once: who favourites it in a list sees that in the thread as well. A box keeps the
 * newest form of a post; views hold boxes, and boxes that no view holds any longer are forgotten.
 */
import { get } from "../api/client";
import type { Relationship, Status } from "../api/entities";

export class Box {
  status = $state.raw() as Status;
  gone = $state(false);
  constructor(status: Status) {
    this.status = status;
  }
}

const boxes = new Map<string, WeakRef<Box>>();
const cleaner = new FinalizationRegistry<string>((id) => {
  if (!boxes.get(id)?.deref()) boxes.delete(id);
});

/** The box of a post, which from now on holds this form of it. */
export function keep(status: Status): Box {
  if (status.reblog) keep(status.reblog);
  const box = boxOf(status);
  if (box.status !== status) box.status = status;
  return box;
}

/** The box of a post, whatever form of it is there; made when there is none. */
export function boxOf(status: Status): Box {
  const known = boxes.get(status.id)?.deref();
  if (known) return known;
  const box = new Box(status);
  boxes.set(status.id, new WeakRef(box));
  cleaner.register(box, status.id);
  return box;
}

export function known(id: string): Box | undefined {
  return boxes.get(id)?.deref();
}

/** Changes a post wherever it is shown. */
export function update(id: string, change: (status: Status) => Partial<Status>): void {
  const box = known(id);
  if (box) box.status = { ...box.status, ...change(box.status) };
}

/** The post is no more. */
export function drop(id: string): void {
  const box = known(id);
  if (box) box.gone = true;
}

export async function fetchStatus(id: string, signal?: AbortSignal): Promise<Box> {
  return keep(await get<Status>(`/api/v1/statuses/${id}`, undefined, signal));
}

/* --- How the person stands to accounts, asked for in bundles. */

class Relations {
  all = $state<Record<string, Relationship>>({});
}
const relations = new Relations();
let wanted = new Set<string>();

/** The relationship to an account; it is asked for when it is not known, and then this answers anew. */
export function relation(id: string): Relationship | undefined {
  return relations.all[id];
}

export function wantRelation(id: string): void {
  if (relations.all[id] || wanted.has(id)) return;
  wanted.add(id);
  if (wanted.size === 1) setTimeout(() => void askRelations(), 20);
}

export function keepRelation(relationship: Relationship): void {
  relations.all[relationship.id] = relationship;
}

async function askRelations(): Promise<void> {
  const ids = [...wanted];
  wanted = new Set();
  for (let start = 0; start < ids.length; start += 40) {
    const some = ids.slice(start, start + 40);
    try {
      (await get<Relationship[]>("/api/v1/accounts/relationships", { id: some })).forEach(keepRelation);
    } catch {
      /* The buttons stay neutral; the next view asks again. */
    }
  }
}
