import { settings, step } from "../nagaya/js/index.js";

/**
 * Lets slow servers wait a little, so that the others are served sooner.
 * @type {import("nagaya:plugin/fan-out@1.0.0").FanOut}
 */
export const fanOut = {
  makePlan(post, targets) {
    const slow = settings().slow_ms;
    const waiting = targets.filter((target) => target.latencyMs >= slow && target.why !== "mentioned");
    const wait = step({ delayS: 30, priority: 200 });
    return { defaultStep: step(), overrides: waiting.map((target) => [target.ix, wait]), variants: [] };
  },
  learn(results) {},
};
