/** What a person can set. */
import type { Route } from "../../core/router.svelte";

export const settings: Route[] = [
  { path: "/settings", title: "settings.title", load: () => import("./Index.svelte") },
  { path: "/settings/profile", title: "settings.profile", load: () => import("./Profile.svelte") },
  { path: "/settings/appearance", title: "settings.appearance", load: () => import("./Appearance.svelte") },
  { path: "/settings/posting", title: "settings.posting", load: () => import("./Posting.svelte") },
  { path: "/settings/notifications", title: "settings.notifications", load: () => import("./Notifications.svelte") },
  { path: "/settings/filters", title: "settings.filters", load: () => import("./Filters.svelte") },
  { path: "/settings/filters/:id", title: "settings.filters", load: () => import("./Filter.svelte") },
  { path: "/settings/blocks", title: "settings.blocks", load: () => import("./Blocks.svelte") },
  { path: "/settings/blocks/:part", title: "settings.blocks", load: () => import("./Blocks.svelte") },
  { path: "/settings/data", title: "settings.data", load: () => import("./Data.svelte") },
  { path: "/settings/security", title: "settings.security", load: () => import("./Security.svelte") },
  { path: "/settings/sessions", title: "settings.sessions", load: () => import("./Sessions.svelte") },
  { path: "/settings/invites", title: "settings.invites", load: () => import("./Invites.svelte") },
  { path: "/settings/moving", title: "settings.moving", load: () => import("./Moving.svelte") },
  { path: "/settings/statistics", title: "settings.statistics", load: () => import("./Statistics.svelte") },
  { path: "/settings/warnings", title: "settings.warnings", load: () => import("./Warnings.svelte") },
];
