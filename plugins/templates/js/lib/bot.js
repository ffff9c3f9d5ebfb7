// For bots: what they say most.
import actions from "nagaya:plugin/actions@1.0.0";

/** @typedef {import("nagaya:plugin/actions@1.0.0").Draft} Draft */
/** @typedef {import("nagaya:plugin/types@1.0.0").Envelope} Envelope */

/**
 * Posts; everything but the text has its usual value. A word in `idem` makes a repetition of the same event harmless.
 * @param {string} content
 * @param {Partial<Draft>} more
 * @returns {string} the id that the post will have
 */
export const post = (content, more = {}) =>
  actions.post({
    content,
    summary: null,
    visibility: "public",
    replyTo: null,
    quoteOf: null,
    language: null,
    sensitive: false,
    media: [],
    expiresS: null,
    idem: "",
    ...more,
  });

/**
 * Answers a post: mentions its author, is as private as the post, and never louder than unlisted.
 * @param {Envelope} to
 * @param {string} content
 * @param {Partial<Draft>} more
 */
export const reply = (to, content, more = {}) =>
  post(`@${to.actor.handle} ${content}`, {
    visibility: to.visibility === "public" ? "unlisted" : to.visibility,
    replyTo: to.id,
    idem: to.id.slice(-64),
    ...more,
  });
