/** What people may do here, in words: the server gives roles English names. */
import type { Role } from "../api/entities";
import { t, type Key } from "./i18n.svelte";

const NAMES: Record<string, Key> = { "1": "role.moderator", "2": "role.admin", "3": "role.owner" };

/** The name of a role; empty for everybody's. */
export function roleName(role: Pick<Role, "id" | "name">): string {
  const key = NAMES[role.id];
  return key ? t(key) : role.name;
}
