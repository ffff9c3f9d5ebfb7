/* Other people's HTML in a real browser: nothing runs, nothing is fetched from elsewhere, nothing leaves its box. The
   answers of the API are replaced, as if the server had cleaned nothing at all. */
import { readFileSync } from "node:fs";
import { settled, visitor } from "./browser.mjs";
import { caller } from "./seed.mjs";

const PAYLOADS = JSON.parse(readFileSync(new URL("../fixtures/xss.json", import.meta.url), "utf8")).map(({ text }) => text);

export async function run({ browser, tally, servers, embedded }) {
  const [here] = servers;
  const token = here.accounts[0].token;
  const [sample] = await caller(here.base_url, token)("GET", "/api/v1/timelines/home?limit=1");
  const views = { home: "/home", thread: `/@alice/${sample.id}`, profile: "/@alice", notifications: "/notifications", search: "/search?q=x", conversations: "/conversations" };
  for (const [name, path] of Object.entries(views)) {
    await tally.check(`hostile content in ${name}: ${PAYLOADS.length} payloads`, async () => {
      const { context, page, troubles } = await visitor(browser, here.base_url, { token, embedded });
      const fired = [];
      await context.exposeFunction("pwned", (what) => fired.push(String(what)));
      await context.addInitScript(() => {
        for (const name of ["alert", "confirm", "prompt"]) window[name] = (text) => window.pwned(`${name} ${text}`);
        setInterval(() => window.__xss && window.pwned("a script"), 50);
      });
      page.on("dialog", (dialog) => (fired.push(dialog.type()), dialog.dismiss()));
      let at = 0;
      const poison = (value, key) => {
        if (Array.isArray(value)) return value.map((one) => poison(one, key));
        if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, poison(one, key)]));
        const open = ["content", "note", "display_name", "spoiler_text", "title", "description", "value", "name", "text", "shortcode", "html", "author_name", "provider_name"];
        if (typeof value === "string" && open.includes(key)) return PAYLOADS.slice((at = (at + 7) % PAYLOADS.length), at + 7).join("\n") + value;
        if (typeof value === "string" && ["url", "uri", "avatar", "header", "avatar_static", "header_static", "preview_url", "image", "static_url", "remote_url"].includes(key) && at % 3 === 0) return "javascript:pwned('address')";
        return value;
      };
      await context.route(/\/api\/v[12]\/(timelines|statuses|accounts|notifications|search|conversations|custom_emojis|instance)/, async (route) => {
        if (route.request().method() !== "GET") return route.fallback();
        const answer = await route.fetch();
        const data = await answer.json().catch(() => null);
        const many = Array.isArray(data) && data.length > 0 && data.length < 10 ? Array.from({ length: 20 }, (_, n) => ({ ...data[n % data.length], id: String(BigInt(data[n % data.length].id ?? 1) + BigInt(n)) })) : data;
        const page_ = { ...answer.headers() };
        delete page_.link;
        await route.fulfill({ response: answer, headers: page_, json: poison(many) });
      });
      await page.goto(`${here.base_url}/app${path}`);
      await settled(page);
      for (const button of await page.locator("main .warning button, main .lift").all()) await button.click({ timeout: 500 }).catch(() => {});
      for (let step = 0; step < 12; step++) {
        await page.mouse.wheel(0, 1200);
        await page.waitForTimeout(60);
      }
      const left = await page.evaluate(() => {
        const found = [];
        for (const element of document.querySelectorAll("body *")) {
          if (["SCRIPT", "IFRAME", "OBJECT", "EMBED", "FORM", "STYLE", "LINK", "META", "BASE"].includes(element.nodeName) && !(["FORM", "SCRIPT"].includes(element.nodeName) && (element.closest(".pad, [role=search]") || element.src?.startsWith(location.origin + "/app/assets/")))) found.push(element.nodeName);
          for (const { name, value } of element.attributes) {
            if (/^on/i.test(name)) found.push(`${element.nodeName} ${name}`);
            if (/^\s*(javascript|vbscript|data:text)/i.test(value) && ["href", "src", "action", "formaction", "xlink:href"].includes(name)) found.push(`${name}=${value.slice(0, 40)}`);
          }
        }
        for (const link of document.querySelectorAll("main .prose a[target]")) if (!/noopener/.test(link.rel) || !/nofollow/.test(link.rel)) found.push(`rel of ${link.href}`);
        return found.slice(0, 10);
      });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      // Chromium tells of every handler and style that the policy would forbid while the app parses them in a document that
      // runs nothing. Whether one of them reached the page is seen above.
      const inert = /violates the following Content Security Policy directive|Setting the document's base URI/;
      const all = [...fired.map((what) => `ran: ${what}`), ...left, ...troubles.filter((text) => !/ERR_ABORTED|404/.test(text) && !inert.test(text))];
      if (wide > 0) all.push(`${wide} px wider than the screen`);
      if (all.length > 0) throw new Error([...new Set(all)].slice(0, 12).join("\n"));
      await context.close();
    });
  }
}
