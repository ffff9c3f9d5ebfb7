/** What belongs to the signed-in person and to no view: what is unread, what is being written, what runs on its own. */
import { get, page } from "../api/client";
import type { Announcement, Count, Notification, Status } from "../api/entities";
import { hangUp, listen } from "./stream.svelte";
import { drop, keep } from "./statuses.svelte";
import { forgetLists, withdraw } from "./timelines.svelte";

class Household {
  unread = $state(0);
  requests = $state(0);
  /** Announcements of the server that were not read yet. */
  announcements = $state(0);
  /** Notifications that arrived since the page began, for the view that shows them. */
  arrived = $state(0);
}
export const household = new Household();

/** Begins when somebody is signed in; the answer ends it. */
export function begin(): () => void {
  void count();
  const stop = listen(
    { stream: "user" },
    {
      "status.update": (status: Status) => void keep(status),
      delete: (id: string) => {
        drop(id);
        withdraw((status) => status.id === id);
      },
      notification: (_notification: Notification) => {
        household.unread += 1;
        household.arrived += 1;
      },
      announcement: () => void (household.announcements += 1),
      notifications_merged: () => void count(),
      back: () => void count(),
    },
  );
  return () => {
    stop();
    hangUp();
    forgetLists();
  };
}

/** Asks how much is unread. */
export async function count(): Promise<void> {
  try {
    household.unread = (await get<Count>("/api/v2/notifications/unread_count")).count;
  } catch {
    /* The number stays as it was. */
  }
  try {
    household.announcements = (await get<Announcement[]>("/api/v1/announcements")).filter(({ read }) => !read).length;
  } catch {
    /* The same. */
  }
  try {
    household.requests = (await page("/api/v1/follow_requests", { limit: 40 })).items.length;
  } catch {
    /* The same. */
  }
}
