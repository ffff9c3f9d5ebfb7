/* Every view of a member, in both languages, at a phone's and a desk's width: it shows what it is for, nothing is wider
   than the screen, no script fails, nothing leaves the server, and axe finds nothing serious. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { settled, visitor } from "./browser.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Name, address, and something that must be visible in it. */
export function memberViews(world) {
  const author = "/@alice";
  return [
    ["home", "/home", "article"],
    ["local", "/local", "article"],
    ["federated", "/federated", "article"],
    ["notifications", "/notifications", ".event"],
    ["mentions", "/notifications/mentions", ".event"],
    ["held-back", "/notifications/requests", "h1"],
    ["follow-requests", "/follow-requests", "h1"],
    ["conversations", "/conversations", "main li"],
    ["lists", "/lists", "main li"],
    ["list", `/lists/${world.list}`, "article"],
    ["list-members", `/lists/${world.list}/edit`, ".person"],
    ["tag", "/tags/nagaya", "article"],
    ["bookmarks", "/bookmarks", "article"],
    ["favourites", "/favourites", "article"],
    ["search", "/search?q=tea", "article"],
    ["explore", "/explore", "h1"],
    ["explore-tags", "/explore/tags", "main a[href*='/tags/']"],
    ["explore-links", "/explore/links", "h1"],
    ["suggestions", "/explore/people", "h1"],
    ["directory", "/explore/directory", ".person"],
    ["profile", author, "dl"],
    ["profile-replies", `${author}/replies`, "article"],
    ["profile-media", `${author}/media`, "article"],
    ["neighbour", `/@${world.neighbour}`, "textarea"],
    ["followers", `${author}/followers`, ".person"],
    ["following", `${author}/following`, ".person"],
    ["thread", `${author}/${world.thread}`, "article:nth-of-type(1)"],
    ["pictures", `${author}/${world.picturePost}`, "article .picture img"],
    ["poll", `${author}/${world.poll}`, ".poll"],
    ["history", `${author}/${world.edited}/history`, "article:nth-of-type(2)"],
    ["reactors", `${author}/${world.thread}/people?of=reactions`, ".person"],
    ["announcements", "/announcements", "h1"],
    ["drafts", "/drafts", "h1"],
    ["scheduled", "/scheduled", "main article"],
    ["menu", "/menu", "main li"],
    ["shortcuts", "/shortcuts", "kbd"],
    ["settings", "/settings", "main li"],
    ["settings-profile", "/settings/profile", "form"],
    ["settings-appearance", "/settings/appearance", "fieldset"],
    ["settings-posting", "/settings/posting", "form"],
    ["settings-notifications", "/settings/notifications", "select"],
    ["settings-filters", "/settings/filters", "main li"],
    ["settings-filter", "/settings/filters/new", "form"],
    ["settings-blocks", "/settings/blocks", "h1"],
    ["settings-mutes", "/settings/blocks/muted", "h1"],
    ["settings-servers", "/settings/blocks/servers", "form"],
    ["settings-data", "/settings/data", "main li"],
    ["settings-security", "/settings/security", "section"],
    ["settings-sessions", "/settings/sessions", "main li"],
    ["settings-invites", "/settings/invites", "main li"],
    ["settings-moving", "/settings/moving", "form"],
    ["settings-statistics", "/settings/statistics", "dl"],
    ["settings-warnings", "/settings/warnings", "h1"],
    ["nowhere", "/nowhere/at/all", "h1"],
  ];
}

/** What axe finds serious or worse, as lines of text. */
export async function axe(page, within) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((within) => window.axe.run(within ?? document, { resultTypes: ["violations"] }), within);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `axe ${id}: ${nodes.slice(0, 3).map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ""}`).join(" | ")}`);
}

/** Words of the other language that a view should not show: keys of the translations themselves. */
export async function untranslated(page) {
  return page.evaluate(() => {
    const text = document.querySelector("main")?.innerText ?? "";
    return (text.match(/\b(?:post|notice|settings|trouble|compose|profile|account|explore|lists|filters|security|stats|moving)\.[a-zA-Z.]+\b/g) ?? []).slice(0, 5);
  });
}

/** At 768 px there are pictures only. */
const SIZES = [[360, 740], [768, 1000], [1280, 900]];

export async function run({ browser, tally, servers, world, out, embedded }) {
  const [{ base_url: base, accounts }] = servers;
  const views = memberViews(world);
  const sizes = SIZES.filter(([width]) => out || width !== 768);
  if (out) mkdirSync(out, { recursive: true });
  for (const locale of ["en", "ja"]) {
    for (const [width, height] of sizes) {
      const dark = (locale === "ja") === (width > 500);
      const { context, page, troubles } = await visitor(browser, base, { width, height, locale, dark, token: accounts[0].token, embedded, serviceWorkers: "block" });
      // axe looks at every view once as a phone has it in English and once as a desk has it in Japanese.
      const looked = (locale === "en") === (width < 500) && width !== 768;
      for (const [name, path, wanted] of views) {
        await tally.check(`${name}, ${locale}, ${width} px`, async () => {
          troubles.length = 0;
          await page.goto(`${base}/app${path}`);
          await settled(page);
          await page.waitForSelector(wanted, { timeout: 10_000 });
          if (out) {
            for (const scheme of dark ? ["light", "dark"] : ["dark", "light"]) {
              await page.emulateMedia({ colorScheme: scheme });
              await page.screenshot({ path: `${out}/${name}-${width}-${locale}-${scheme}.png` });
            }
          }
          const found = [...troubles];
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          if (wide > 0) found.push(`${wide} px wider than the screen`);
          found.push(...(await untranslated(page)).map((key) => `untranslated: ${key}`));
          if ((await page.getAttribute("html", "lang")) !== locale) found.push("the page does not say its language");
          if (looked) found.push(...(await axe(page)));
          if (found.length > 0) throw new Error(found.join("\n"));
        });
      }
      await context.close();
    }
  }
}
