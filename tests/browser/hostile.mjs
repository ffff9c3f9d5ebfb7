/* The list of hostile words in a real browser: typed by people of both servers into every field, looked at in the app and on
   the server's own pages. Nothing runs, nothing is asked of another server, nothing leaves its box. */
import { readFileSync } from "node:fs";
import { settled, visitor } from "./browser.mjs";
import { must } from "./demo.mjs";
import { caller, until } from "./seed.mjs";

const list = JSON.parse(readFileSync(new URL("../fixtures/xss.json", import.meta.url), "utf8"));
/** As many payloads stand in one page. */
const PIECE = 36;

export async function run({ tally, browser, servers, embedded }) {
  const [one, two] = servers;
  const alice = caller(one.base_url, one.accounts[0].token);
  const bob = caller(two.base_url, two.accounts[0].token);
  const name = `@bob@${new URL(two.base_url).host}`;
  await tally.check("the list has 250 payloads", () => must(list.length >= 250, `${list.length}`));
  for (let from = 0; from < list.length; from += PIECE) {
    const some = list.slice(from, from + PIECE).map(({ text }) => text.slice(0, 2500));
    await tally.check(`hostile words ${from} to ${from + some.length}`, async () => {
      const last = await written(alice, bob, some, name, new URL(one.base_url).host);
      for (const [place, base, token] of [["here", one.base_url, one.accounts[0].token], ["there", two.base_url, two.accounts[0].token]]) {
        await looked({ browser, base, token, place, last, embedded });
      }
    });
  }
}

/** Everybody writes everything everywhere; answers the addresses to look at. */
async function written(alice, bob, some, name, host) {
  const refusals = [];
  const may = (work) => work.catch((error) => refusals.push(error.message));
  const made = [];
  for (const [index, text] of some.entries()) {
    const other = some[(index + 1) % some.length];
    const post = await may(bob("POST", "/api/v1/statuses", { status: `${text}\n@alice@${host}`, spoiler_text: index % 3 === 0 ? other.slice(0, 300) : "", language: "en" }));
    if (post?.id) made.push(post);
    if (index % 4 === 0) await may(bob("POST", "/api/v1/statuses", { status: text || "poll", poll: { options: [text.slice(0, 50) || "a", `${other.slice(0, 48)} b`], expires_in: 600 } }));
    if (index % 4 === 1) await may(alice("POST", "/api/v1/statuses", { status: text, spoiler_text: other.slice(0, 200) }));
  }
  const text = some.join(" ").slice(0, 400);
  for (const call of [alice, bob]) {
    await may(call("PATCH", "/api/v1/accounts/update_credentials", {
      display_name: some[0].slice(0, 30) || "x",
      note: text.slice(0, 450),
      fields_attributes: Object.fromEntries(some.slice(1, 5).map((one, index) => [index, { name: one.slice(0, 200) || "n", value: one.slice(0, 200) || "v" }])),
    }));
  }
  await may(alice("POST", "/api/v1/lists", { title: some[1].slice(0, 100) }));
  await may(alice("POST", "/api/v2/filters", { title: some[2].slice(0, 100), context: ["home"], keywords_attributes: [{ keyword: some[2].slice(0, 80) }] }));
  for (const [key, value] of [["title", some[3].replaceAll("\n", " ").slice(0, 90)], ["description", some[4].slice(0, 900)], ["extended_description", text], ["registrations_message", text], ["privacy_policy", text]]) {
    await may(alice("PUT", `/api/nagaya/v1/admin/settings/${key}`, { value }));
  }
  await may(alice("PUT", "/api/nagaya/v1/admin/rules", { rules: some.slice(5, 8).map((one) => ({ text: one.slice(0, 250) || "r", hint: one.slice(0, 900) })) }));
  await may(alice("POST", "/api/nagaya/v1/admin/announcements", { text: text.slice(0, 900), markdown: true }));
  must(made.length >= some.length / 2, `only ${made.length} of ${some.length} posts were taken: ${refusals.slice(0, 3)}`);
  const newest = made.at(-1);
  const arrived = await until("the last post to arrive", async () => (await alice("GET", "/api/v1/timelines/home?limit=40")).find((post) => post.uri === newest.uri), 30);
  return { here: arrived.id, there: newest.id, bob: name };
}

async function looked({ browser, base, token, place, last, embedded }) {
  const { context, page, troubles } = await visitor(browser, base, { token, embedded });
  await context.addInitScript(() => {
    addEventListener("error", (event) => event.target !== window && (window.__errors ??= []).push(event.target.outerHTML?.slice(0, 100)), true);
  });
  let dialogs = 0;
  page.on("dialog", (dialog) => (dialogs++, dialog.dismiss()));
  const person = place === "here" ? last.bob : "@bob";
  const views = ["/app/home", `/app/statuses/${last[place]}`, `/app/${person}`, "/app/notifications", "/app/lists", "/app/search?q=x", "/app/federated"];
  if (place === "here") views.push("/app/admin/settings", "/app/admin/settings/history", "/app/admin/rules", "/app/admin/log", "/app/admin/announcements");
  const own = place === "here" ? "alice" : "bob";
  views.push(`/@${own}`, "/", "/about", "/privacy", "/auth/sign_in", `/@${own}.json`, `/@${own}.atom`);
  if (place === "there") views.push(`/@bob/${last.there}`, `/@bob/${last.there}/embed`);
  for (const view of views) {
    await page.goto(base + view, { waitUntil: "domcontentloaded" });
    if (view.startsWith("/app/")) await settled(page);
    for (const cover of await page.locator("details:not([open]) > summary").all()) await cover.click({ timeout: 1000 }).catch(() => {});
    const found = await page.evaluate(() => ({
      ran: window.__xss,
      url: location.href,
      bad: [...document.querySelectorAll("body *")]
        .filter((one) => one.localName === "script" ? !/^\/(app|static)\//.test(new URL(one.src || "about:blank", location).pathname) || !one.src : /^(iframe|object|embed|base|applet|frame|portal|style)$/.test(one.localName) && !one.closest("svg"))
        .map((one) => one.outerHTML.slice(0, 120))
        .concat(
          [...document.querySelectorAll("*")].flatMap((one) =>
            [...one.attributes]
              .filter((attribute) => /^on/.test(attribute.name) || (/^(href|src|action|formaction|xlink:href)$/.test(attribute.name) && /^\s*(javascript|vbscript|data:text)/i.test(attribute.value.replace(/[\u0000-\u0020]/g, ""))))
              .map((attribute) => `${one.localName} ${attribute.name}=${attribute.value.slice(0, 80)}`),
          ),
        ),
    }));
    must(found.ran === undefined, `a payload ran on ${view}`);
    must(found.bad.length === 0, `${view}: ${found.bad.slice(0, 4).join("\n")}`);
    must(found.url === base + view || !found.url.includes("evil.example"), `${view} led to ${found.url}`);
    if (!view.endsWith(".json") && !view.endsWith(".atom")) {
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      must(wide <= 1, `${view} is ${wide} px wider than the window`);
    }
  }
  must(dialogs === 0, `${dialogs} dialogs were opened`);
  must(troubles.length === 0, troubles.slice(0, 6).join("\n"));
  await context.close();
}
