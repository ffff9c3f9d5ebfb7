/*
 * Walks through a member's web app in Chromium against `nagaya demo`:
 *
 *     node tests/browser/run.mjs PATH/TO/nagaya [views] [deeds] [raw]
 *
 * A program without the web app gets the built one of web/app/dist, or of NAGAYA_WEB_DIST; `npm run build` makes it. Pictures
 * go to NAGAYA_SCREENSHOTS, and then in all widths and both themes. The operator's walks are in operate.mjs.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { demo, Tally } from "./demo.mjs";
import { seed } from "./seed.mjs";

const [program, ...asked] = process.argv.slice(2);
const PARTS = ["views", "deeds", "raw"];
if (!program || asked.some((part) => !PARTS.includes(part))) {
  console.log(`node run.mjs PATH/TO/nagaya [${PARTS.join("] [")}]`);
  process.exit(2);
}
const dist = process.env.NAGAYA_WEB_DIST || join(dirname(fileURLToPath(import.meta.url)), "../../web/app/dist");
const tally = new Tally();
const { servers, stop } = await demo(program, process.env.NAGAYA_EMBEDDED === "1" || !existsSync(dist) ? undefined : dist);
const browser = await launch();
try {
  const world = await seed(servers);
  for (const part of PARTS.filter((part) => asked.length === 0 || asked.includes(part))) {
    console.log(`== ${part}`);
    const begun = performance.now();
    const { run } = await import(`./${part}.mjs`);
    await tally.check(`${part} runs to its end`, () => run({ tally, browser, servers, world, out: process.env.NAGAYA_SCREENSHOTS, embedded: true }));
    console.log(`${part}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  }
} finally {
  await browser.close();
  await stop();
}
process.exit(tally.finish() ? 0 : 1);
