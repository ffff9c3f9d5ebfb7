/** What staff do to people, as the server takes it. */
import { post, remove } from "../../api/client";
import type { AdminAccount } from "../../api/entities";

export type Measure = "none" | "sensitive" | "silence" | "suspend" | "disable";
export const MEASURES: Measure[] = ["none", "sensitive", "silence", "disable", "suspend"];

export interface Act {
  type: Measure;
  text: string;
  report_id?: string;
  send_email_notification: boolean;
}
const of = (id: string): string => `/api/v1/admin/accounts/${id}`;

export const act = (id: string, act: Act): Promise<unknown> => post(`${of(id)}/action`, { ...act });
export type Lift = "enable" | "unsilence" | "unsuspend" | "unsensitive";
export const lift = (id: string, how: Lift): Promise<AdminAccount> => post<AdminAccount>(`${of(id)}/${how}`);
export const admit = (id: string, yes: boolean): Promise<AdminAccount> => post<AdminAccount>(`${of(id)}/${yes ? "approve" : "reject"}`);
export const erase = (id: string): Promise<unknown> => remove(of(id));
