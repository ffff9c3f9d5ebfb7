/**
 * Live updates: one socket for everything that the open views listen to. When it breaks it comes back by itself, and
 * tells its listeners, who then fetch what they missed.
 */
import type { Announcement, Conversation, Notification, Status } from "../api/entities";
import { session } from "./session.svelte";

export interface Events {
  update?: (status: Status) => void;
  "status.update"?: (status: Status) => void;
  delete?: (id: string) => void;
  notification?: (notification: Notification) => void;
  conversation?: (conversation: Conversation) => void;
  announcement?: (announcement: Announcement) => void;
  filters_changed?: () => void;
  notifications_merged?: () => void;
  /** The connection is back after a break. */
  back?: () => void;
}

interface Channel {
  stream: string;
  list?: string;
  tag?: string;
}

class Line {
  state = $state<"off" | "opening" | "open" | "broken">("off");
}
export const line = new Line();

const channels = new Map<string, { channel: Channel; listeners: Set<Events> }>();
let socket: WebSocket | null = null;
let tries = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let wasOpen = false;

/** Listens until the returned function is called. */
export function listen(channel: Channel, events: Events): () => void {
  const key = nameOf(channel);
  let entry = channels.get(key);
  if (!entry) {
    entry = { channel, listeners: new Set() };
    channels.set(key, entry);
    tell("subscribe", channel);
  }
  entry.listeners.add(events);
  if (timer === undefined) open(); // Otherwise it is tried again soon anyway, and not sooner because of us.
  return () => {
    entry.listeners.delete(events);
    if (entry.listeners.size > 0 || channels.get(key) !== entry) return;
    channels.delete(key);
    tell("unsubscribe", channel);
  };
}

/** Ends the connection, as when somebody signs out. */
export function hangUp(): void {
  stopTimer();
  const old = socket;
  socket = null;
  old?.close();
  wasOpen = false;
  line.state = "off";
}

addEventListener("online", () => {
  tries = 0;
  open();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") open();
});

function open(): void {
  if (socket || !session.token || session.expired || channels.size === 0) return;
  stopTimer();
  line.state = wasOpen ? "broken" : "opening";
  const address = new URL("/api/v1/streaming", location.origin);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  // The token goes where sub-protocols do, so that it stays out of addresses and of logs.
  const opened = new WebSocket(address, session.token);
  socket = opened;
  opened.onopen = () => {
    tries = 0;
    line.state = "open";
    for (const { channel } of channels.values()) tell("subscribe", channel);
    if (wasOpen) for (const { listeners } of channels.values()) for (const events of listeners) events.back?.();
    wasOpen = true;
  };
  opened.onmessage = (message) => hear(String(message.data));
  opened.onclose = () => {
    if (socket !== opened) return;
    socket = null;
    line.state = "broken";
    // Not all at the same time: a server that starts again has enough to do.
    const wait = Math.min(60_000, 1000 * 2 ** tries++) * (0.5 + Math.random());
    timer = setTimeout(open, wait);
  };
}

function stopTimer(): void {
  clearTimeout(timer);
  timer = undefined;
}

function tell(type: "subscribe" | "unsubscribe", channel: Channel): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type, ...channel }));
}

function hear(text: string): void {
  let message: { stream?: string[]; event?: string; payload?: string };
  try {
    message = JSON.parse(text);
  } catch {
    return;
  }
  const [stream, detail] = message.stream ?? [];
  const entry = channels.get(detail ? `${stream}:${detail}` : String(stream));
  if (!entry || !message.event) return;
  const plain = message.event === "delete" || message.payload === undefined;
  let payload: unknown = message.payload;
  if (!plain) {
    try {
      payload = JSON.parse(message.payload ?? "null");
    } catch {
      return;
    }
  }
  for (const events of [...entry.listeners]) {
    const heard = events[message.event as keyof Events] as ((payload: unknown) => void) | undefined;
    heard?.(payload);
  }
}

function nameOf(channel: Channel): string {
  const detail = channel.list ?? channel.tag;
  return detail ? `${channel.stream}:${detail}` : channel.stream;
}
