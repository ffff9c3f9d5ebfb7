// For every plugin: short ways to say what it decides, and the parts of JavaScript that only the server can do.
import clock from "nagaya:plugin/clock@1.0.0";
import config from "nagaya:plugin/config@1.0.0";
import log from "nagaya:plugin/log@1.0.0";
import random from "nagaya:plugin/random@1.0.0";

/** @typedef {import("nagaya:plugin/types@1.0.0").Decision} Decision */
/** @typedef {import("nagaya:plugin/types@1.0.0").Effect} Effect */
/** @typedef {import("nagaya:plugin/fan-out@1.0.0").Step} Step */

/**
 * Let it pass, perhaps changed.
 * @param {Effect[]} effects
 * @returns {Decision}
 */
export const accept = (...effects) => ({ verdict: { tag: "accept" }, score: 0, effects });

/**
 * Keep it back until a moderator looks. The reason is for people.
 * @param {string} reason
 * @returns {Decision}
 */
export const hold = (reason) => ({ verdict: { tag: "hold", val: reason }, score: 0, effects: [] });

/**
 * Do not let it pass. The reason is for people.
 * @param {string} reason
 * @returns {Decision}
 */
export const reject = (reason) => ({ verdict: { tag: "reject", val: reason }, score: 0, effects: [] });

/**
 * How suspicious it is: the points of all filters are added up.
 * @param {number} points
 * @returns {Decision}
 */
export const score = (points) => ({ verdict: { tag: "accept" }, score: points, effects: [] });

/**
 * What the manifest declares, with what the admin changed.
 * @returns {Record<string, any>}
 */
export const settings = () => JSON.parse(config.all());

/**
 * What the built-in plan does, but for these.
 * @param {Partial<Step>} changes
 * @returns {Step}
 */
export const step = (changes = {}) => ({
  delayS: 0,
  spreadS: 0,
  priority: 100,
  lane: "",
  drop: null,
  variantIx: 0,
  ...changes,
});

// The engine has no clock, no console, and the same random numbers in every instance: the server has.
const Real = Date;
globalThis.Date = /** @type {DateConstructor} */ (
  class Date extends Real {
    /** @param {any[]} given */
    constructor(...given) {
      super(.../** @type {[any]} */ (given.length === 0 ? [clock.now()] : given));
    }
    static now() {
      return clock.now();
    }
  }
);

Math.random = () => random.bytes(6).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 48;

/** @param {"debug" | "info" | "warn" | "error"} level */
const writer =
  (level) =>
  /** @param {any[]} parts */
  (...parts) =>
    log.write(level, parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(" "));

// Lines for the plugin's log: `nagaya plugin logs`.
globalThis.console = {
  debug: writer("debug"),
  log: writer("info"),
  info: writer("info"),
  warn: writer("warn"),
  error: writer("error"),
};
