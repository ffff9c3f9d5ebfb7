/* Lighthouse on the home timeline of somebody signed in and on a public profile: the median of three runs each. Reports
   always; fails below 95 for performance or accessibility only where NAGAYA_STRICT=1, for a shared machine is no phone.
   Needs `npm ci` in tests/browser/lighthouse and Node 22 (tests/clients/js/node brings one). */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { must } from "./demo.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const WANTED = ["performance", "accessibility", "best-practices", "seo"];

export async function run({ tally, servers, out }) {
  const [one] = servers;
  const { token, username } = one.accounts[0];
  const tool = join(HERE, "lighthouse/measure.mjs");
  const node = join(HERE, "../clients/js/node");
  for (const [name, url, signedIn] of [["home", `${one.base_url}/app/home`, true], ["profile", `${one.base_url}/@${username}`, false]]) {
    await tally.check(`Lighthouse: ${name}`, () => {
      const results = [];
      for (let turn = 0; turn < 3; turn++) {
        const folder = mkdtempSync(join(tmpdir(), "nagaya-lighthouse-"));
        const file = join(folder, "result.json");
        const chrome = process.env.CHROMIUM || ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);
        const done = spawnSync(node, [tool, url, signedIn ? token : "", file, chrome, join(folder, "profile")], { encoding: "utf8", timeout: 120_000 });
        if (done.status !== 0) throw new Error(`${done.stdout}\n${done.stderr}`.slice(-1500));
        const result = JSON.parse(readFileSync(file, "utf8"));
        if (out && turn === 0) writeFileSync(join(out, `lighthouse-${name}.json`), JSON.stringify(result));
        results.push(result);
        rmSync(folder, { recursive: true, force: true });
      }
      const median = (numbers) => [...numbers].sort((a, b) => a - b)[1];
      const scores = Object.fromEntries(WANTED.map((key) => [key, Math.round(median(results.map((result) => result.categories[key]?.score ?? 0)) * 100)]));
      const figures = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "total-byte-weight"];
      const told = figures.map((key) => `${key} ${median(results.map((result) => result.audits[key]?.numericValue ?? 0)).toFixed(key === "cumulative-layout-shift" ? 3 : 0)}`);
      console.log(`lighthouse ${name}: ${WANTED.map((key) => `${key} ${scores[key]}`).join(", ")}; ${told.join(", ")}`);
      const failed = Object.values(results[0].audits).filter((audit) => audit.score === 0 && audit.scoreDisplayMode === "binary").map((audit) => audit.id);
      if (failed.length > 0) console.log(`  failed audits: ${failed.join(", ")}`);
      must(scores.accessibility >= 95, `accessibility ${scores.accessibility}`);
      if (process.env.NAGAYA_STRICT === "1") must(scores.performance >= 95, `performance ${scores.performance}`);
    });
  }
}
