import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Groups of Unicode's emoji; 2 are parts such as skin tones, which nobody picks. */
const COMPONENT = 2;

/**
 * `virtual:emoji/en` and `virtual:emoji/ja`: the emoji of Unicode in the order people know, as
 * [emoji, name, words that find it, group]. Everything else in emojibase's files stays out of the bundle.
 */
export function emoji() {
  return {
    name: "nagaya-emoji",
    resolveId(id) {
      return id.startsWith("virtual:emoji/") ? `\0${id}` : undefined;
    },
    load(id) {
      if (!id.startsWith("\0virtual:emoji/")) return undefined;
      const language = id.slice("\0virtual:emoji/".length);
      const file = require.resolve(`emojibase-data/${language}/data.json`);
      const rows = JSON.parse(readFileSync(file, "utf8"))
        .filter((entry) => entry.group !== undefined && entry.group !== COMPONENT)
        .sort((one, other) => one.order - other.order)
        .map((entry) => [entry.emoji, entry.label, (entry.tags ?? []).join(" "), entry.group]);
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(rows))});`;
    },
  };
}
