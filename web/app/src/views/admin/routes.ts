/** The operator's views. Each also asks the server, which is the one that decides. */
import type { Route, View } from "../../core/router.svelte";

const view = (path: string, load: () => Promise<{ default: View }>): Route => ({ path, title: "admin.title", load, who: "staff" });

export const staff: Route[] = [
  view("/admin", () => import("./Overview.svelte")),
  view("/admin/reports", () => import("./Reports.svelte")),
  view("/admin/reports/:id", () => import("./Report.svelte")),
  view("/admin/accounts", () => import("./Accounts.svelte")),
  view("/admin/accounts/:id", () => import("./Person.svelte")),
  view("/admin/appeals", () => import("./Appeals.svelte")),
  view("/admin/log", () => import("./Log.svelte")),
  view("/admin/reviews", () => import("./Reviews.svelte")),
  view("/admin/plugins", () => import("./Plugins.svelte")),
  view("/admin/plugins/:id", () => import("./Plugin.svelte")),
  view("/admin/federation", () => import("./Federation.svelte")),
  view("/admin/federation/:host", () => import("./Peer.svelte")),
  view("/admin/trace", () => import("./Trace.svelte")),
  view("/admin/relays", () => import("./Relays.svelte")),
  view("/admin/blocklists", () => import("./BlockLists.svelte")),
  view("/admin/domains", () => import("./Domains.svelte")),
  view("/admin/settings", () => import("./Settings.svelte")),
  view("/admin/settings/history", () => import("./SettingsHistory.svelte")),
  view("/admin/rules", () => import("./Rules.svelte")),
  view("/admin/emojis", () => import("./Emojis.svelte")),
  view("/admin/announcements", () => import("./Announcements.svelte")),
  view("/admin/invites", () => import("./Invites.svelte")),
];
