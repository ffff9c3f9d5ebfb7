/* Somebody else's web app: a small page of another origin with masto.js. It registers itself, signs in with PKCE, uploads
   a picture, posts it and hears of it by the stream. Every answer must carry what lets other origins read it (CORS). */
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { must } from "./demo.mjs";

const MODULES = join(dirname(fileURLToPath(import.meta.url)), "../clients/js/node_modules");
const PAGE = `<!doctype html><meta charset="utf-8"><title>Elsewhere</title>
<script type="importmap">{"imports": {"masto": "/masto/dist/index.js", "change-case": "/change-case/dist/index.js",
"events-to-async": "/events-to-async/module/events-to-async.js", "ts-custom-error": "/ts-custom-error/dist/custom-error.mjs"}}</script>
<script type="module">
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";
const here = location.origin + "/";
const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/[+]/g, "-").replace(/[/]/g, "_").replace(/=/g, "");
window.begin = async (url) => {
  const app = await createRestAPIClient({ url }).v1.apps.create({ clientName: "Elsewhere", redirectUris: here, scopes: "read write" });
  const verifier = base64(crypto.getRandomValues(new Uint8Array(32)));
  sessionStorage.kept = JSON.stringify({ url, app, verifier });
  const challenge = base64(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)));
  location.href = url + "/oauth/authorize?" + new URLSearchParams({ response_type: "code", client_id: app.clientId, redirect_uri: here, scope: "read write", code_challenge: challenge, code_challenge_method: "S256", state: "s" });
};
window.go = async () => {
  const { url, app, verifier } = JSON.parse(sessionStorage.kept);
  const code = new URLSearchParams(location.search).get("code");
  const token = await createOAuthAPIClient({ url }).token.create({ grantType: "authorization_code", clientId: app.clientId, clientSecret: app.clientSecret, redirectUri: here, code, codeVerifier: verifier });
  const api = createRestAPIClient({ url, accessToken: token.accessToken });
  const me = await api.v1.accounts.verifyCredentials();
  const instance = await api.v2.instance.fetch();
  const streaming = createStreamingAPIClient({ streamingApiUrl: instance.configuration.urls.streaming, accessToken: token.accessToken });
  const events = streaming.user.subscribe();
  const heard = (async () => { for await (const event of events) if (event.event === "update") return event.payload; })();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const canvas = new OffscreenCanvas(40, 30);
  canvas.getContext("2d").fillRect(0, 0, 20, 15);
  const file = await canvas.convertToBlob({ type: "image/png" });
  const media = await api.v2.media.create({ file, description: "A black corner" });
  const status = await api.v1.statuses.create({ status: "From elsewhere", mediaIds: [media.id] });
  const page = await api.v1.accounts.$select(me.id).statuses.list({ limit: 1 });
  const link = await fetch(url + "/api/v1/accounts/" + me.id + "/statuses?limit=1", { headers: { authorization: "Bearer " + token.accessToken } });
  const first = await Promise.race([heard, new Promise((_, no) => setTimeout(() => no(new Error("nothing was heard")), 10000))]);
  streaming.close?.();
  const oembed = await (await fetch(url + "/api/oembed?url=" + encodeURIComponent(status.url))).json();
  return { me: me.username, status: status.id, heard: first.id, listed: page[0].id, link: link.headers.get("link"), alt: status.mediaAttachments[0].description, oembed: oembed.type };
};
</script>`;

export async function run({ tally, browser, servers }) {
  const [one] = servers;
  const [{ username, password }] = one.accounts;
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname);
    const file = join(MODULES, path);
    if (path !== "/" && existsSync(file) && [".js", ".mjs"].includes(extname(file))) {
      response.writeHead(200, { "content-type": "text/javascript" });
      createReadStream(file).pipe(response);
    } else response.writeHead(path === "/" ? 200 : 404, { "content-type": "text/html" }).end(path === "/" ? PAGE : "");
  });
  // A name of its own: to browsers, `localhost` is another site than 127.0.0.1, and still safe enough for crypto.subtle.
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://localhost:${server.address().port}`;
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  const failed = [];
  page.on("requestfailed", (request) => failed.push(`${request.method()} ${request.url()}: ${request.failure()?.errorText}`));
  page.on("console", (message) => message.type() === "error" && !/favicon/.test(message.text() + message.location().url) && failed.push(message.text()));
  await tally.check("a page of another origin signs in with PKCE, uploads and streams", async () => {
    await page.goto(`${origin}/`);
    await page.waitForFunction(() => window.begin);
    await page.evaluate((url) => window.begin(url), one.base_url);
    await page.waitForURL(/auth\/sign_in/);
    await page.fill("#login", username);
    await page.fill("#password", password);
    await page.press("#password", "Enter");
    await page.waitForURL(/oauth\/authorize/);
    await page.click("button[value=allow]");
    await page.waitForURL(`${origin}/**`);
    await page.waitForFunction(() => window.go);
    const told = await page.evaluate(() => window.go());
    must(told.me === username && told.status === told.heard && told.status === told.listed, JSON.stringify(told));
    must(told.link && told.alt === "A black corner" && told.oembed === "rich", JSON.stringify(told));
  });
  await tally.check("no request of it failed", () => must(failed.length === 0, failed.join("\n")));
  await context.close();
  server.close();
}
