/* Chromium for the walks: Debian's, driven by playwright-core. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = process.env.NAGAYA_WEB_DIST || join(HERE, "../../web/app/dist");
const KINDS = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml" };
/** The same that the server sends with the app. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export function launch() {
  const executablePath = process.env.CHROMIUM || ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets", "--disable-gpu", "--force-color-profile=srgb"] });
}

/**
 * A browser of one person. What goes wrong in it is gathered in `troubles`: errors of scripts, refusals of the content
 * policy, and every request that leaves the server's own address.
 */
export async function visitor(browser, base, { width = 1280, height = 900, locale = "en", dark = false, token, embedded = false, ...more } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    locale: locale === "ja" ? "ja-JP" : "en-GB",
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
    ...(width < 500 ? { isMobile: true, hasTouch: true } : {}),
    serviceWorkers: embedded ? "allow" : "block",
    ...more,
  });
  const troubles = [];
  if (!embedded) await context.route((url) => url.origin === base && url.pathname.startsWith("/app"), serve);
  await context.route((url) => !["data:", "blob:", "about:"].includes(url.protocol) && url.origin !== base, (route) => {
    troubles.push(`a request left the server: ${route.request().url()}`);
    return route.abort();
  });
  if (token) {
    await context.addInitScript(
      ([token, locale]) => {
        if (!localStorage.getItem("nagaya.grant")) localStorage.setItem("nagaya.grant", JSON.stringify({ token, scope: "read write follow push profile admin:read admin:write" }));
        localStorage.setItem("nagaya.language", JSON.stringify(locale));
      },
      [token, locale],
    );
  }
  const page = await context.newPage();
  page.on("pageerror", (error) => troubles.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !/status of (401|404|422|410)/.test(text)) troubles.push(`console: ${text}`);
  });
  return { context, page, troubles };
}

/** The built app, until the server has it embedded. */
function serve(route) {
  const path = new URL(route.request().url()).pathname.replace(/^\/app\/?/, "");
  const file = join(DIST, path);
  const found = path && extname(path) && existsSync(file) ? file : join(DIST, "index.html");
  return route.fulfill({
    body: readFileSync(found),
    headers: { "content-type": KINDS[extname(found)] ?? "application/octet-stream", "content-security-policy": POLICY, "referrer-policy": "same-origin" },
  });
}

/** Waits until nothing is loading any more. */
export async function settled(page) {
  await page.waitForLoadState("domcontentloaded");
  await page.waitForSelector("main h1, .welcome h1, .pad h1", { timeout: 15_000 });
  await page.waitForFunction(() => !document.querySelector(".spinner"), null, { timeout: 15_000 }).catch(() => {});
  await page.waitForTimeout(150);
}
