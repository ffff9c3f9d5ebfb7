/* Fills the demo with one of everything, so that no view is empty. Needs nothing but the client API. */
import { deflateSync, crc32 } from "node:zlib";

/** Calls one server as one person. */
export function caller(base, token) {
  return async function call(method, path, body, headers = {}) {
    const form = body instanceof FormData;
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && !form ? { "content-type": "application/json" } : {}), ...headers },
      body: form ? body : body ? JSON.stringify(body) : undefined,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
    return text ? JSON.parse(text) : null;
  };
}

/** A PNG of a few colours, without any library. */
export function picture(width, height, hue) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      const stripe = Math.floor((x / width) * 5 + (y / height) * 3) % 3;
      rows[at] = (hue + stripe * 60) % 256;
      rows[at + 1] = Math.floor((y / height) * 200);
      rows[at + 2] = Math.floor((x / width) * 200 + 55);
    }
  }
  const chunk = (name, data) => {
    const part = Buffer.concat([Buffer.from(name), data]);
    const out = Buffer.alloc(part.length + 8);
    out.writeUInt32BE(data.length, 0);
    part.copy(out, 4);
    out.writeUInt32BE(crc32 ? crc32(part) : slowCrc(part), part.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

function slowCrc(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

async function upload(call, hue, description, [width, height] = [640, 400]) {
  const form = new FormData();
  form.append("file", new Blob([picture(width, height, hue)], { type: "image/png" }), "picture.png");
  if (description) form.append("description", description);
  return (await call("POST", "/api/v2/media", form)).id;
}

export async function until(what, look, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look().catch(() => null);
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Answers what the walks need to know. */
export async function seed(servers) {
  const [one, two] = servers;
  const alice = caller(one.base_url, one.accounts[0].token);
  const bob = caller(two.base_url, two.accounts[0].token);
  const post = (call, status, more = {}) => call("POST", "/api/v1/statuses", { status, ...more });

  await alice("PATCH", "/api/v1/accounts/update_credentials", {
    display_name: "Alice of the first house",
    note: "Gardener, baker, keeper of two cats. 日本語も少し。 #nagaya",
    fields_attributes: { 0: { name: "Garden", value: "https://garden.example.com/alice/a/rather/long/path/to/see/what/happens" }, 1: { name: "好きなもの", value: "お茶と本" } },
    discoverable: true,
    indexable: true,
  });
  const avatar = new FormData();
  avatar.append("avatar", new Blob([picture(200, 200, 30)], { type: "image/png" }), "avatar.png");
  avatar.append("header", new Blob([picture(900, 300, 120)], { type: "image/png" }), "header.png");
  await alice("PATCH", "/api/v1/accounts/update_credentials", avatar);
  await bob("PATCH", "/api/v1/accounts/update_credentials", { display_name: "ボブ 🍵 お隣さん", note: "長屋の二軒目に住んでいます。散歩と写真が好きです。", discoverable: true, indexable: true });

  const picturePost = await post(alice, "Two pictures from the garden this morning. #garden", { media_ids: [await upload(alice, 10, "Rows of young lettuce in the morning light"), await upload(alice, 90, "A cat asleep on a wall", [400, 500])] });
  await post(alice, "What is under this warning is only a picture of soup.", { spoiler_text: "Food", sensitive: true, media_ids: [await upload(alice, 200, "A bowl of miso soup")] });
  const poll = await post(alice, "Which tea this afternoon?", { poll: { options: ["Sencha", "ほうじ茶", "Earl Grey, described so that it has to break"], expires_in: 86400, multiple: false } });
  const first = await post(alice, "A long text, so that one sees how lines break. ".repeat(8) + "\n\nA second paragraph with https://example.com/a/very/long/address/that/would/push/the/page/wide?if=it&were=not&broken=1 and #タグ and a friend.");
  for (let n = 1; n <= 30; n++) await post(alice, `Post number ${n} of the day. ${"More words. ".repeat(n % 6)}#nagaya`);
  const letter = await post(alice, `@bob@${new URL(two.base_url).host} Shall we have tea on Sunday?`, { visibility: "direct" });
  const mention = await post(alice, `@bob@${new URL(two.base_url).host} How is the new stove?`);
  const bobs = await until("the mention to arrive", async () => (await bob("GET", "/api/v1/notifications?types[]=mention"))?.find((one) => one.status?.uri === mention.uri)?.status);
  const answer = await post(bob, `@alice@${new URL(one.base_url).host} とても暖かいです。今度見に来てください。 🔥`, { in_reply_to_id: bobs.id, language: "ja" });
  await bob("POST", `/api/v1/statuses/${bobs.id}/favourite`);
  await bob("PUT", `/api/v1/pleroma/statuses/${bobs.id}/reactions/${encodeURIComponent("🔥")}`);
  const there = await until("the pictures to arrive", async () => (await bob("GET", "/api/v1/timelines/home?limit=40"))?.find((one) => one.uri === picturePost.uri) ?? (await bob("GET", `/api/v2/search?resolve=true&q=${encodeURIComponent(picturePost.uri)}`)).statuses[0]);
  await bob("POST", `/api/v1/statuses/${there.id}/reblog`);
  await bob("POST", `/api/v1/statuses/${there.id}/favourite`);
  await post(bob, "日本語の長い文章がどこで改行されるかを確かめるための投稿です。句読点や「かぎ括弧」が行頭に来ないこと、長い英単語 internationalization が混ざっても崩れないことを見ます。\n\n二段落目です。 #長屋 #日本語", { language: "ja" });
  await post(bob, "静かな朝。", { language: "ja", media_ids: [await upload(bob, 60, "朝の路地"), await upload(bob, 130, ""), await upload(bob, 220, "")] });
  const letterThere = await until("the letter to arrive", async () => (await bob("GET", "/api/v1/conversations"))?.find((one) => one.last_status)?.last_status);
  await post(bob, `@alice@${new URL(one.base_url).host} ぜひ!`, { visibility: "direct", in_reply_to_id: letterThere.id });

  const reply = await until("the answer to arrive", async () => (await alice("GET", "/api/v1/notifications?types[]=mention"))?.find((one) => one.status?.uri === answer.uri)?.status);
  await post(alice, `@bob@${new URL(two.base_url).host} With pleasure!`, { in_reply_to_id: reply.id });
  await alice("POST", `/api/v1/statuses/${first.id}/bookmark`);
  await alice("POST", `/api/v1/statuses/${reply.id}/favourite`);
  await alice("PUT", `/api/v1/pleroma/statuses/${reply.id}/reactions/${encodeURIComponent("🍵")}`);
  await alice("POST", `/api/v1/statuses/${picturePost.id}/pin`);
  await alice("PUT", `/api/v1/statuses/${first.id}`, { status: "A long text that was changed afterwards, so that there is a history to look at." });
  const list = await alice("POST", "/api/v1/lists", { title: "Neighbours" });
  const [neighbour] = await alice("GET", "/api/v1/accounts/search?q=bob&following=true");
  await alice("POST", `/api/v1/lists/${list.id}/accounts`, { account_ids: [neighbour.id] });
  await alice("POST", "/api/v2/filters", { title: "Spoilers", context: ["home", "public"], filter_action: "warn", keywords_attributes: [{ keyword: "stove", whole_word: true }] });
  await alice("POST", "/api/v1/tags/nagaya/follow");
  await alice("POST", "/api/v1/statuses", { status: "This is for next week.", scheduled_at: new Date(Date.now() + 7 * 86_400_000).toISOString() });
  await alice("POST", "/api/nagaya/v1/invites", { comment: "for the neighbours", max_uses: 5 });
  await post(alice, "A quote of what I wrote before.", { quoted_status_id: first.id });
  return { thread: mention.id, picturePost: picturePost.id, poll: poll.id, edited: first.id, list: list.id, letter: letter.id, neighbour: neighbour.acct };
}
