/** The operator's views in their order, with the permission (a bit of Mastodon's) that shows them. */
import type { Word } from "./words";

export interface Room {
  path: string;
  name: Word;
  permission: number;
  /** Linked only where the server answers this. */
  needs?: string;
}
const bit = (n: number): number => 1 << n;

export const rooms: Room[] = [
  { path: "/admin", name: "overview.title", permission: bit(3) },
  { path: "/admin/reports", name: "reports.title", permission: bit(4) },
  { path: "/admin/accounts", name: "accounts.title", permission: bit(10) },
  { path: "/admin/appeals", name: "appeals.title", permission: bit(9) },
  { path: "/admin/reviews", name: "reviews.title", permission: bit(4), needs: "/api/nagaya/v1/admin/reviews?limit=1" },
  { path: "/admin/log", name: "log.title", permission: bit(2) },
  { path: "/admin/plugins", name: "plugins.title", permission: bit(6), needs: "/api/nagaya/v1/admin/plugins" },
  { path: "/admin/federation", name: "federation.title", permission: bit(5) },
  { path: "/admin/domains", name: "domains.title", permission: bit(5) },
  { path: "/admin/blocklists", name: "blocklists.title", permission: bit(5), needs: "/api/nagaya/v1/admin/blocklists" },
  { path: "/admin/relays", name: "relays.title", permission: bit(5), needs: "/api/nagaya/v1/admin/relays" },
  { path: "/admin/trace", name: "trace.title", permission: bit(5), needs: "/api/nagaya/v1/admin/trace?q=x" },
  { path: "/admin/settings", name: "settings.title", permission: bit(6) },
  { path: "/admin/rules", name: "rules.title", permission: bit(12) },
  { path: "/admin/emojis", name: "emojis.title", permission: bit(14) },
  { path: "/admin/announcements", name: "announcements.title", permission: bit(13) },
  { path: "/admin/invites", name: "invites.title", permission: bit(11) },
];
