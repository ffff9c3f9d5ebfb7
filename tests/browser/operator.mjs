/* Walks of the operator, in both languages: every view is opened, looked at by axe and pictured; and the deeds that
   matter are done: report → measure → resolved; a setting changed and taken back; an emoji, an announcement, rules. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { settled, visitor } from "./browser.mjs";
import { must } from "./demo.mjs";
import { caller, picture, until } from "./seed.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = ["", "/reports", "/accounts", "/appeals", "/log", "/federation", "/domains", "/settings", "/settings/history", "/rules", "/emojis", "/announcements", "/invites"];
const SIZES = [[360, 740], [768, 1024], [1280, 900]];

const words = (locale) => JSON.parse(readFileSync(new URL(`../../web/app/src/views/admin/locales/${locale}.json`, import.meta.url), "utf8"));

/** What axe finds that is serious or critical. */
export async function flaws(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ")}`);
}

/** Whether the page is wider than the window, and what sticks out. */
export async function overflow(page) {
  return page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth + 1) return "";
    const out = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1);
    return `${root.scrollWidth} > ${root.clientWidth}: ${out.slice(0, 3).map((one) => one.outerHTML.slice(0, 80)).join(" | ")}`;
  });
}

export async function run({ tally, browser, servers, out, embedded }) {
  const [one, two] = servers;
  const alice = caller(one.base_url, one.accounts[0].token);
  const bob = caller(two.base_url, two.accounts[0].token);
  const host = new URL(one.base_url).host;
  const report = await reported(alice, bob, host);
  for (const locale of ["en", "ja"]) await deeds({ tally, browser, base: one.base_url, token: one.accounts[0].token, locale, alice, report: await report(locale), embedded });
  const has = await parts(alice);
  const skipped = Object.keys(has).filter((part) => !has[part]);
  if (skipped.length > 0) console.log(`not part of this server, so not walked: ${skipped.join(", ")}`);
  if (has.plugins) await plugin({ tally, browser, base: one.base_url, token: one.accounts[0].token, alice, embedded });
  if (has.trace) await trace({ tally, browser, base: one.base_url, token: one.accounts[0].token, alice, embedded });
  const neighbour = encodeURIComponent(new URL(two.base_url).host);
  const person = (await alice("GET", "/api/v2/admin/accounts?origin=remote&limit=1"))[0].id;
  const more = Object.keys(has).filter((part) => has[part]).map((part) => `/${part}`);
  const views = [...VIEWS, ...more, `/federation/${neighbour}`, `/accounts/${person}`, `/reports/${(await alice("GET", "/api/v1/admin/reports?resolved=true&limit=1"))[0].id}`];
  for (const locale of ["en", "ja"]) {
    for (const [width, height] of SIZES) {
      for (const dark of [false, true]) {
        const { context, page, troubles } = await visitor(browser, one.base_url, { width, height, locale, dark, token: one.accounts[0].token, embedded });
        for (const view of views) {
          const name = `admin${view.replace(/\/[0-9%].*$/, "-one").replaceAll("/", "-")}`;
          await tally.check(`${name} ${locale} ${width} ${dark ? "dark" : "light"}`, async () => {
            await page.goto(`${one.base_url}/app/admin${view}`);
            await settled(page);
            if (out) await page.screenshot({ path: join(out, `${name}-${width}-${locale}-${dark ? "dark" : "light"}.png`), fullPage: true });
            must(!(await page.locator("[role=alert]").count()), `an error is shown: ${await page.locator("[role=alert]").allInnerTexts()}`);
            const wide = await overflow(page);
            must(!wide, `wider than the window: ${wide}`);
            const untold = await page.evaluate(() => document.querySelector("main")?.innerText.match(/\b[a-z]+\.[a-zA-Z.]+\b(?=\s|$)/g) ?? []);
            must(!untold.some((word) => /^(overview|reports|settings|setting|federation|peer|emojis|rules|terms|log|action)\./.test(word)), `untranslated: ${untold}`);
            // axe takes a second a view: each language, each theme and both ends of the scale once are enough.
            if ((width === 360 && locale === "ja" && !dark) || (width === 1280 && locale === "en" && dark)) {
              const found = await flaws(page);
              must(found.length === 0, found.join("\n"));
            }
          });
        }
        await tally.check(`no trouble in the operator's views ${locale} ${width} ${dark ? "dark" : "light"}`, () => must(troubles.length === 0, troubles.slice(0, 8).join("\n")));
        await context.close();
      }
    }
  }
}

/** Which parts of the operator's API this server has. */
async function parts(alice) {
  const asked = { plugins: "plugins", reviews: "reviews", trace: "trace?q=x", relays: "relays", blocklists: "blocklists" };
  const found = {};
  for (const [part, path] of Object.entries(asked)) {
    found[part] = await alice("GET", `/api/nagaya/v1/admin/${path}`).then(() => true, (error) => !/: 404/.test(error.message));
  }
  return found;
}

/** The keyword filter gets its permissions and its words by the forms, and a post with such a word is refused. */
async function plugin({ tally, browser, base, token, alice, embedded }) {
  for (const locale of ["en", "ja"]) {
    const w = words(locale);
    const { context, page, troubles } = await visitor(browser, base, { locale, token, embedded });
    await tally.check(`${locale}: a plugin is installed, told what to do, and its effect is seen`, async () => {
      await page.goto(`${base}/app/admin/plugins`);
      await settled(page);
      await page.locator("a.one").first().click();
      await page.getByRole("heading", { name: w["plugin.permissions"], exact: true }).waitFor();
      const grant = page.getByRole("button", { name: w["plugin.grant"], exact: true });
      if (await grant.count()) {
        for (const box of await page.locator("form", { has: grant }).locator("input[type=checkbox]").all()) await box.check();
        await grant.first().click();
        await page.getByText(w.saved, { exact: true }).first().waitFor();
      }
      const word = `forbidden${locale}word`;
      const config = page.locator("section", { has: page.getByRole("heading", { name: w["plugin.config"], exact: true }) });
      await config.locator("textarea").first().fill(word);
      await config.getByRole("button", { name: w.save, exact: true }).click();
      await page.getByText(w.saved, { exact: true }).last().waitFor();
      const run = page.getByRole("button", { name: w["plugin.enable"], exact: true });
      if (await run.count()) await run.click();
      await page.locator(".badge", { hasText: w["plugin.state.running"] }).first().waitFor();
      const refused = await alice("POST", "/api/v1/statuses", { status: `This has a ${word} in it` }).then(() => null, (error) => error.message);
      must(refused && /422|403/.test(refused), `the post was taken: ${refused}`);
      await page.reload();
      await settled(page);
      await page.getByText(word).first().waitFor();
    });
    await tally.check(`${locale}: no trouble with plugins`, () => must(troubles.length === 0, troubles.slice(0, 8).join("\n")));
    await context.close();
  }
}

/** Where a post of alice's went. */
async function trace({ tally, browser, base, token, alice, embedded }) {
  const post = await alice("POST", "/api/v1/statuses", { status: "Where does this go?" });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  for (const locale of ["en", "ja"]) {
    const w = words(locale);
    const { context, page, troubles } = await visitor(browser, base, { locale, token, embedded });
    await tally.check(`${locale}: a post is traced`, async () => {
      await page.goto(`${base}/app/admin/trace`);
      await settled(page);
      await page.getByLabel(w["trace.what"]).fill(post.uri);
      await page.getByRole("button", { name: w["trace.look"], exact: true }).click();
      await page.getByRole("heading", { name: w["trace.steps"], exact: true }).waitFor();
      must((await page.locator("ol li").count()) > 0 && !(await page.getByText(w["trace.none"], { exact: true }).count()), "nothing is told of it");
    });
    await tally.check(`${locale}: no trouble with traces`, () => must(troubles.length === 0, troubles.slice(0, 8).join("\n")));
    await context.close();
  }
}

/** bob reports a post of alice's server's guest; answers a maker of reports. */
async function reported(alice, bob, host) {
  const post = await alice("POST", "/api/v1/statuses", { status: "Words that somebody does not like" });
  return async () => {
    const there = await until("the post to be found", async () => (await bob("GET", `/api/v2/search?resolve=true&q=${encodeURIComponent(post.uri)}`)).statuses[0]);
    const before = (await alice("GET", "/api/v1/admin/reports?limit=1"))[0]?.id ?? "0";
    await bob("POST", "/api/v1/reports", { account_id: there.account.id, status_ids: [there.id], comment: "Please look at this, 見てください", forward: true });
    return until(`the report to arrive at ${host}`, async () => {
      const newest = (await alice("GET", "/api/v1/admin/reports?limit=1"))[0];
      return newest && newest.id !== before ? newest : null;
    });
  };
}

async function deeds({ tally, browser, base, token, locale, alice, report, embedded }) {
  const w = words(locale);
  const { context, page, troubles } = await visitor(browser, base, { locale, token, embedded });
  const open = async (view) => {
    await page.goto(`${base}/app/admin${view}`);
    await settled(page);
  };
  await tally.check(`${locale}: a report is resolved`, async () => {
    await open("/reports");
    await page.locator(`a[href="/app/admin/reports/${report.id}"]`).click();
    await page.getByRole("button", { name: w["report.resolve"], exact: true }).click();
    await page.getByText(w["report.closed"], { exact: true }).first().waitFor();
    const now = await alice("GET", `/api/v1/admin/reports/${report.id}`);
    must(now.action_taken, "the report is still open");
    await open("/log");
    await page.getByText(w["action.resolve_report"], { exact: true }).first().waitFor();
  });
  await tally.check(`${locale}: somebody elsewhere is limited, and the limit is lifted`, async () => {
    const person = (await alice("GET", "/api/v2/admin/accounts?origin=remote&limit=1"))[0];
    await open(`/accounts/${person.id}`);
    await page.getByLabel(w["measure.silence"]).check();
    await page.getByLabel(w["measure.text"]).fill("Too loud");
    await page.getByRole("button", { name: w["measure.submit"], exact: true }).click();
    await page.getByRole("button", { name: w["lift.unsilence"], exact: true }).click();
    await page.getByRole("button", { name: w["lift.unsilence"], exact: true }).waitFor({ state: "detached" });
    must(!(await alice("GET", `/api/v1/admin/accounts/${person.id}`)).silenced, "still limited");
  });
  await tally.check(`${locale}: a setting is changed, seen and taken back`, async () => {
    const before = (await alice("GET", "/api/v2/instance")).title;
    await open("/settings");
    await page.locator("#setting-title").fill(`Row house ${locale}`);
    await page.locator("#setting-title").press("Enter");
    await page.getByText(w.saved, { exact: true }).first().waitFor();
    must((await alice("GET", "/api/v2/instance")).title === `Row house ${locale}`, "the title did not change");
    await open("/settings/history");
    await page.getByRole("button", { name: w["history.undo"], exact: true }).first().click();
    await until("the title to come back", async () => (await alice("GET", "/api/v2/instance")).title === before, 10);
    await page.getByText(w["history.undone"], { exact: true }).first().waitFor();
  });
  await tally.check(`${locale}: a rule is written`, async () => {
    await open("/rules");
    await page.getByRole("button", { name: w["rules.add"], exact: true }).click();
    await page.locator("fieldset.card").last().locator("input").first().fill(`Be kind ${locale}`);
    await page.locator("form").first().getByRole("button", { name: w.save, exact: true }).click();
    await page.getByText(w.saved, { exact: true }).first().waitFor();
    must((await alice("GET", "/api/v1/instance/rules")).some((rule) => rule.text === `Be kind ${locale}`), "no rule");
  });
  await tally.check(`${locale}: an emoji is added and removed`, async () => {
    await open("/emojis");
    await page.locator("input[type=file]").setInputFiles({ name: `tea_${locale}.png`, mimeType: "image/png", buffer: picture(64, 64, 90) });
    await page.getByRole("button", { name: w.add, exact: true }).first().click();
    await page.getByText(`:tea_${locale}:`, { exact: true }).first().waitFor();
    must((await alice("GET", "/api/v1/custom_emojis")).some((one) => one.shortcode === `tea_${locale}`), "no emoji");
    await page.locator("li", { hasText: `:tea_${locale}:` }).getByRole("button", { name: w.remove, exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: w["emojis.remove"], exact: true }).click();
    await page.getByText(`:tea_${locale}:`, { exact: true }).first().waitFor({ state: "detached" });
  });
  await tally.check(`${locale}: an announcement is published`, async () => {
    await open("/announcements");
    await page.getByLabel(w["announcements.text"]).fill(`Tea at five ${locale}`);
    await page.getByRole("button", { name: w["announcements.publish"], exact: true }).first().click();
    await page.getByText(w.saved, { exact: true }).first().waitFor();
    must((await alice("GET", "/api/v1/announcements")).some((one) => one.content.includes(`Tea at five ${locale}`)), "not published");
  });
  await tally.check(`${locale}: a server is limited, and let go`, async () => {
    await open("/domains");
    await page.getByLabel(w["domains.domain"]).first().fill(`bad-${locale}.example`);
    await page.getByRole("button", { name: w.save, exact: true }).click();
    await page.getByText(`bad-${locale}.example`, { exact: true }).waitFor();
    await page.locator("li", { hasText: `bad-${locale}.example` }).getByRole("button", { name: w["domains.lift"], exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: w["domains.lift"], exact: true }).click();
    await page.getByText(`bad-${locale}.example`, { exact: true }).waitFor({ state: "detached" });
  });
  await tally.check(`${locale}: no trouble in the operator's deeds`, () => must(troubles.length === 0, troubles.slice(0, 8).join("\n")));
  await context.close();
}
