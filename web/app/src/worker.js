/* The service worker: the shell works without a network, and pushed notifications are shown. It never keeps anything
   that a person wrote or read, and it never answers for the API. VERSION and FILES are filled in by scripts/worker.mjs. */
const CACHE = `shell-${"VERSION"}`;
const FILES = ["FILES"];
const PAGE = "/app/";

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll([new Request(PAGE, { cache: "reload" }), ...FILES])),
  );
});

self.addEventListener("activate", (event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(old());
});

/* The app says when it is ready to be replaced; until then the version that is open stays whole. */
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || !url.pathname.startsWith("/app/")) return;
  const known = request.mode === "navigate" ? PAGE : FILES.includes(url.pathname) ? url.pathname : null;
  if (!known) return;
  event.respondWith(
    caches.open(CACHE).then(async (cache) => (await cache.match(known)) ?? fetch(request)),
  );
});

self.addEventListener("push", (event) => {
  let message = {};
  try {
    message = event.data?.json() ?? {};
  } catch {
    /* What is not JSON is not ours. */
  }
  const show = async () => {
    const open = await self.clients.matchAll({ type: "window" });
    for (const client of open) client.postMessage({ type: "push", id: message.notification_id });
    await self.registration.showNotification(message.title || "Nagaya", {
      body: message.body || "",
      icon: sameOrigin(message.icon) ? message.icon : "/static/icon-192.png",
      badge: "/static/icon-192.png",
      lang: message.preferred_locale,
      tag: message.notification_id ? `n${message.notification_id}` : undefined,
      data: { address: "/app/notifications" },
    });
  };
  event.waitUntil(show());
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = event.notification.data?.address ?? PAGE;
  const open = async () => {
    for (const client of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
      if (new URL(client.url).pathname.startsWith(PAGE)) {
        await client.focus();
        client.postMessage({ type: "open", address });
        return;
      }
    }
    await self.clients.openWindow(address);
  };
  event.waitUntil(open());
});

function sameOrigin(address) {
  try {
    return new URL(address).origin === self.location.origin;
  } catch {
    return false;
  }
}
