/* The server's own pages without JavaScript, in w3m: everything that matters can be read there, and the feeds are feeds. */
import { execFileSync } from "node:child_process";
import { must } from "./demo.mjs";
import { caller } from "./seed.mjs";

export async function run({ tally, servers }) {
  const [one] = servers;
  const base = one.base_url;
  const alice = caller(base, one.accounts[0].token);
  const me = await alice("GET", "/api/v1/accounts/verify_credentials");
  const post = await alice("POST", "/api/v1/statuses", { status: "Plain words with #w3m in them", spoiler_text: "" });
  const answer = await alice("POST", "/api/v1/statuses", { status: "And an answer", in_reply_to_id: post.id });
  const invite = await alice("POST", "/api/nagaya/v1/invites", {});
  const see = (path, lang = "en") => execFileSync("w3m", ["-dump", "-cols", "78", "-o", "auto_image=false", `${base}${path}?lang=${lang}`], { encoding: "utf8", timeout: 20_000 });
  for (const [what, path, wanted, lang] of [
    ["the profile", `/@${me.username}`, ["Plain words with", `@${me.username}@`, "Atom"]],
    ["the profile in Japanese", `/@${me.username}`, ["Plain words with", "フィードリーダー"], "ja"],
    ["a post with its thread", `/@${me.username}/${post.id}`, ["Plain words with", "And an answer", "Replies"]],
    ["an answer with what it answers", `/@${me.username}/${answer.id}`, ["Plain words with", "And an answer"]],
    ["a tag", "/tags/w3m", ["#w3m", "Plain words with"]],
    ["about", "/about", ["Nagaya"]],
    ["privacy", "/privacy", ["Privacy"]],
    ["sign-in", "/auth/sign_in", ["Password", "Sign in"]],
    ["sign-in in Japanese", "/auth/sign_in", ["パスワード"], "ja"],
    ["sign-up by invite", new URL(invite.url).pathname, ["User name", "Password"]],
    ["no such page", "/nothing/here", ["404"]],
  ]) {
    await tally.check(`w3m: ${what}`, () => {
      const text = see(path, lang);
      const missing = wanted.filter((word) => !text.includes(word));
      must(missing.length === 0, `${missing} not in:\n${text.slice(0, 1500)}`);
    });
  }
  for (const [path, kind, wanted] of [
    [`/@${me.username}.rss`, "application/rss+xml", "<item>"],
    [`/@${me.username}.atom`, "application/atom+xml", "<entry"],
    [`/@${me.username}.json`, "application/feed+json", '"items"'],
    ["/tags/w3m.rss", "application/rss+xml", "<item>"],
    ["/tags/w3m.atom", "application/atom+xml", "<entry"],
    ["/tags/w3m.json", "application/feed+json", '"items"'],
  ]) {
    await tally.check(`feed ${path}`, async () => {
      const response = await fetch(base + path);
      const text = await response.text();
      must(response.status === 200 && response.headers.get("content-type").startsWith(kind), `${response.status} ${response.headers.get("content-type")}`);
      must(text.includes(wanted), text.slice(0, 300));
      if (kind.endsWith("json")) JSON.parse(text);
      else execFileSync("python3", ["-c", "import sys, xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())"], { input: text });
    });
  }
  await tally.check("the server-rendered profile takes 20 ms at most", async () => {
    const times = [];
    for (let turn = 0; turn < 30; turn++) {
      const begun = performance.now();
      await (await fetch(`${base}/@${me.username}`)).text();
      times.push(performance.now() - begun);
    }
    times.sort((a, b) => a - b);
    console.log(`profile: median ${times[15].toFixed(1)} ms, slowest ${times[29].toFixed(1)} ms`);
    must(times[15] <= 20 || process.env.NAGAYA_SLOW, `median ${times[15].toFixed(1)} ms`);
  });
}
