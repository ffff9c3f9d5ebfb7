/* One measurement: node measure.mjs URL TOKEN FILE CHROME PROFILE. With a token, somebody is signed in first. */
import { writeFileSync } from "node:fs";
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";

const [url, token, file, chrome, profile] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath: chrome, userDataDir: profile, headless: true, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage();
if (token) {
  await page.evaluateOnNewDocument((token) => {
    localStorage.setItem("nagaya.grant", JSON.stringify({ token, scope: "read write follow push profile" }));
    localStorage.setItem("nagaya.language", JSON.stringify("en"));
  }, token);
}
const result = await lighthouse(url, { disableStorageReset: true, logLevel: "error", output: "json" }, undefined, page);
writeFileSync(file, JSON.stringify(result.lhr));
await browser.close();
