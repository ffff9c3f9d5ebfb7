/*
 * Chromium (and w3m) against `nagaya demo`: the operator's walks, hostile words, the pages as text, another origin's app,
 * Lighthouse.
 *
 *     node tests/browser/operate.mjs PATH/TO/nagaya [operator] [hostile] [text] [elsewhere] [lighthouse]
 *
 * Needs `npm ci` in tests/browser, tests/clients/js and (for lighthouse) tests/browser/lighthouse. A program without the web
 * app gets the built one of web/app/dist, or of NAGAYA_WEB_DIST. Pictures go to NAGAYA_SCREENSHOTS. Exit code 0 when all
 * went well; the last line is `N passed, N failed`.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { demo, Tally } from "./demo.mjs";

const [program, ...asked] = process.argv.slice(2);
const PARTS = ["text", "elsewhere", "operator", "lighthouse", "hostile"];
if (!program || asked.some((part) => !PARTS.includes(part))) {
  console.log("node operate.mjs PATH/TO/nagaya [" + PARTS.join("] [") + "]");
  process.exit(2);
}
const dist = process.env.NAGAYA_WEB_DIST || join(dirname(fileURLToPath(import.meta.url)), "../../web/app/dist");
const out = process.env.NAGAYA_SCREENSHOTS;
if (out) mkdirSync(out, { recursive: true });
const tally = new Tally();
const { servers, stop } = await demo(program, process.env.NAGAYA_EMBEDDED === "1" || !existsSync(dist) ? undefined : dist);
const browser = await launch();
try {
  for (const part of PARTS.filter((part) => asked.length === 0 || asked.includes(part))) {
    console.log(`== ${part}`);
    const begun = performance.now();
    const { run } = await import(`./${part}.mjs`);
    await tally.check(`${part} runs to its end`, () => run({ tally, browser, servers, out, embedded: true }));
    console.log(`${part}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  }
} finally {
  await browser.close();
  await stop();
}
process.exit(tally.finish() ? 0 : 1);
