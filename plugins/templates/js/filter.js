import { accept, hold, settings } from "../nagaya/js/index.js";

/**
 * Holds posts that are all in capitals until a moderator looks.
 * @type {import("nagaya:plugin/filter@1.0.0").Filter}
 */
export const filter = {
  decide(post, scoreSoFar) {
    const letters = post.text.replace(/\P{L}/gu, "");
    const loud = letters.length >= settings().letters && letters === letters.toUpperCase();
    if (loud && letters !== letters.toLowerCase()) {
      return hold("The whole post is in capitals. / すべて大文字の投稿です。");
    }
    return accept();
  },
};
