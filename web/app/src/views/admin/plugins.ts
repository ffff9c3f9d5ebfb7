/** Plugins as the operator's API describes them. */
import { language } from "../../core/i18n.svelte";

/** A text in both languages. */
export type Both = Record<string, string | null> | null;
export const said = (text: Both | undefined): string => text?.[language()] || text?.en || "";

export interface Permission {
  name: string;
  red: boolean;
  granted: boolean;
  default: boolean;
  why: Both;
  prompt: Both;
}
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  items?: Schema;
  properties?: Record<string, Schema>;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  format?: string;
  writeOnly?: boolean;
  "x-title-ja"?: string;
  "x-description-ja"?: string;
}
export interface Plugin {
  id: string;
  version: string;
  sha256: string;
  name: Both;
  summary: Both;
  kinds: string[];
  stage: string;
  scope: string;
  license: string | null;
  source: string | null;
  publisher_key: string | null;
  built_in: boolean;
  state: "running" | "shadow" | "disabled" | "asks" | "off" | "broken";
  state_reason: string | null;
  off_until: string | null;
  order: number;
  on_failure: string | null;
  permissions: Permission[];
  config_schema: Schema | null;
  config: Record<string, unknown>;
  costs: { calls: number; failures: number; p50_us: number; p99_us: number; cpu_ms: number; accepted: number; held: number; rejected: number };
  pending: { version: string; permissions: Permission[]; changes_publisher: boolean } | null;
  previous: string | null;
  installed_at: string;
}
export interface Offer {
  name: string;
  id: string;
  version: string;
  title: Both;
  summary: Both;
  permissions: Permission[];
  installed: boolean;
}
export interface PluginLog {
  id: string;
  at: string;
  level: string;
  message: string;
}
export interface Verdict {
  id: string;
  at: string;
  shadow: boolean;
  action: string;
  direction: string;
  actor: string;
  object: string | null;
  reason: string;
  score: number | null;
  changes: { field: string; before: unknown; after: unknown }[];
  excerpt: string;
}
export interface Review {
  id: string;
  state: string;
  direction: string;
  plugin: string;
  plugin_name: Both;
  reason: string;
  score: number | null;
  actor: { id: string; acct: string; display_name: string; local: boolean };
  object: string | null;
  text: string;
  summary: string;
  visibility: string;
  attachments: string[];
  created_at: string;
  decided_at: string | null;
  decided_by: string | null;
  status_id: string | null;
}

export const titleOf = (schema: Schema, key: string): string => (language() === "ja" ? schema["x-title-ja"] : undefined) ?? schema.title ?? key;
export const aboutOf = (schema: Schema): string => (language() === "ja" ? schema["x-description-ja"] : undefined) ?? schema.description ?? "";
/** What a form shows for a setting: one of these. */
export type Shape = "flag" | "number" | "choice" | "lines" | "text" | "secret" | "json";
export function shapeOf(schema: Schema): Shape {
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  if (schema.writeOnly) return "secret";
  if (schema.enum) return "choice";
  if (type === "boolean") return "flag";
  if (type === "integer" || type === "number") return "number";
  if (type === "array" && (schema.items?.type ?? "string") === "string") return "lines";
  return type === "string" ? "text" : "json";
}
