import { settings } from "../nagaya/js/index.js";
import { reply } from "../nagaya/js/bot.js";

/**
 * Answers everybody who mentions the bot.
 * @type {import("nagaya:plugin/bot@1.0.0").Bot}
 */
export const bot = {
  onEvents(batch) {
    for (const { body } of batch) {
      if (body.tag === "mention") reply(body.val, settings().answer);
    }
  },
  onTimer(name, payload) {},
};
