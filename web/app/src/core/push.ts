/** Notifications that reach this device while the app is closed (Web Push). */
import { get, post, put, remove, Trouble } from "../api/client";
import type { WebPushSubscription } from "../api/entities";
import { session } from "./session.svelte";

export const PUSHED = ["mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "quote"] as const;

export function pushSupported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

/** What the server has for this browser, or null. */
export async function pushState(): Promise<WebPushSubscription | null> {
  try {
    return await get<WebPushSubscription>("/api/v1/push/subscription");
  } catch (error) {
    if (error instanceof Trouble && error.fault === "missing") return null;
    throw error;
  }
}

/** Asks the person, then the browser, then the server. Answers null when the person said no. */
export async function pushOn(alerts: Record<string, boolean>): Promise<WebPushSubscription | null> {
  if ((await Notification.requestPermission()) !== "granted") return null;
  const registration = await navigator.serviceWorker.ready;
  const key = session.instance?.configuration.vapid.public_key ?? "";
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const { endpoint, keys } = made.toJSON();
  const subscription = { endpoint, keys: { p256dh: keys?.p256dh, auth: keys?.auth }, standard: true };
  return post<WebPushSubscription>("/api/v1/push/subscription", { subscription, data: { alerts, policy: "all" } });
}

export function pushChange(alerts: Record<string, boolean>, policy: WebPushSubscription["policy"]): Promise<WebPushSubscription> {
  return put<WebPushSubscription>("/api/v1/push/subscription", { data: { alerts, policy } });
}

export async function pushOff(): Promise<void> {
  await remove("/api/v1/push/subscription");
  const registration = await navigator.serviceWorker.getRegistration("/app/");
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}
