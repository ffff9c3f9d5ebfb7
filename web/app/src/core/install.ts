/** The service worker: registers it, and offers the new version when one is ready. */
import { t } from "./i18n.svelte";
import { go } from "./router.svelte";
import { say } from "./toasts.svelte";

export async function install(): Promise<void> {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  navigator.serviceWorker.addEventListener("message", (event: MessageEvent<{ type?: string; address?: string }>) => {
    const { type, address } = event.data ?? {};
    if (type === "open" && address?.startsWith("/app/")) go(address.slice("/app".length));
  });
  let taken = navigator.serviceWorker.controller === null;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!taken) location.reload();
    taken = false;
  });
  try {
    const registration = await navigator.serviceWorker.register("/app/sw.js", { scope: "/app/", updateViaCache: "none" });
    if (registration.waiting && navigator.serviceWorker.controller) offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const fresh = registration.installing;
      fresh?.addEventListener("statechange", () => {
        if (fresh.state === "installed" && navigator.serviceWorker.controller) offer(fresh);
      });
    });
  } catch {
    /* Without it the app works as long as there is a network. */
  }
}

function offer(worker: ServiceWorker): void {
  const run = (): void => worker.postMessage("take over");
  say(t("update.ready"), { action: { text: t("update.reload"), run }, seconds: 60 });
}
