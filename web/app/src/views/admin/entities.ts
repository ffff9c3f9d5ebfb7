/** What the operator's API answers, under `/api/nagaya/v1/admin`. */
import type { Account, CustomEmoji, NagayaInvite, Rule } from "../../api/entities";

export const API = "/api/nagaya/v1/admin";

export interface Queue {
  ready: number;
  unplanned: number;
  dropped: number;
  oldest_at: string | null;
  next_at: string | null;
}
export interface Overview {
  version: string;
  todo: { reports: number; appeals: number; accounts: number };
  people: { users: number; active_week: number; statuses: number; accounts: number };
  queue: Queue;
  inbox: { unverified: number; ready: number; parked: number };
  hosts: number;
  failing_hosts: number;
  mails_waiting: number;
  mail: boolean;
  plugins: number;
  streams: number;
  database_bytes: number;
  cache_bytes: number;
}
export interface Peer {
  host: string;
  accounts_count: number;
  followers_count: number;
  following_count: number;
  failing: boolean;
  fails: number;
  failing_since: string | null;
  retry_at: string | null;
  last_ok_at: string | null;
  last_error: string | null;
  latency_ms: number | null;
  signature: string | null;
  block: string | null;
  queue: Queue;
}
export interface HostQueue {
  host: string;
  queue: Queue;
}
export interface Delivery {
  id: string;
  type: string;
  uri: string;
  account_id: string;
  inbox: string;
  state: string;
  attempts: number;
  not_before: string;
  last_error: string | null;
  drop_reason: string | null;
  created_at: string;
}
export interface Setting {
  key: string;
  group: string;
  type: "line" | "text" | "email" | "url" | "secret" | "flag" | "choice" | "number" | "rules";
  value: string | null;
  default: string;
  is_set: boolean;
  choices: string[];
  max_length: number | null;
  minimum: number | null;
  maximum: number | null;
}
export interface SettingChange {
  id: string;
  key: string;
  before: string | null;
  after: string | null;
  account: Account | null;
  undoes: string | null;
  undone: boolean;
  created_at: string;
}
export type HouseRule = Pick<Rule, "text" | "hint" | "translations">;
export interface Terms {
  effective_date: string;
  text: string;
  current: boolean;
  published_at: string;
}
export interface LogEntry {
  id: string;
  source: string;
  account: Account | null;
  plugin: string | null;
  action: string;
  direction: string;
  actor_uri: string;
  object_uri: string | null;
  reason: string;
  excerpt: string;
  created_at: string;
}
export interface OurEmoji extends CustomEmoji {
  id: string;
  disabled: boolean;
  updated_at: string;
}
export interface RemoteEmoji {
  id: string;
  shortcode: string;
  domain: string;
  url: string;
  static_url: string;
  taken: boolean;
}
export interface AnyInvite extends NagayaInvite {
  account: Account | null;
}
