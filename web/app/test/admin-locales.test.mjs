/* Words of the operator's views: the rules of locales.test.mjs for their own files. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const HERE = new URL("../src/views/admin/", import.meta.url);
const languages = readdirSync(new URL("locales/", HERE)).map((name) => name.replace(".json", ""));
const words = Object.fromEntries(languages.map((language) => [language, JSON.parse(readFileSync(new URL(`locales/${language}.json`, HERE), "utf8"))]));
const sources = readdirSync(HERE)
  .filter((name) => /\.(svelte|ts)$/.test(name))
  .map((name) => [name, readFileSync(new URL(name, HERE), "utf8")]);
const slots = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
/** Groups of words whose members the server names: `action.…`. */
const groups = new Set(sources.flatMap(([, source]) => [...source.matchAll(/named\(\s*"([\w.]+)"/g), ...source.matchAll(/a\(`([\w.]+)\.\$\{/g)].map((match) => match[1])));

test("every key is in every language, with the same values and words", () => {
  const keys = Object.keys(words.en).sort();
  for (const language of languages) {
    assert.deepEqual(Object.keys(words[language]).sort(), keys, language);
    for (const key of keys) {
      assert.ok(words[language][key].trim(), `${key} in ${language}.json is empty`);
      assert.deepEqual(slots(words[language][key]), slots(words.en[key]), `${key} in ${language}.json`);
    }
  }
  const same = keys.filter((key) => /[a-z]{4}/i.test(words.ja[key].replace(/\{\w+\}/g, "")) && words.ja[key] === words.en[key]);
  assert.deepEqual(same, [], "not translated");
});

test("every key is used, and every used key exists", () => {
  const literals = new Set(sources.flatMap(([, source]) => [...source.matchAll(/["'`]([a-zA-Z]\w*(?:\.\w+)*)["'`]/g)].map((match) => match[1])));
  const named = (key) => [...groups].some((group) => key.startsWith(`${group}.`));
  assert.deepEqual(Object.keys(words.en).filter((key) => !literals.has(key) && !named(key)), [], "unused keys");
  const asked = sources.flatMap(([name, source]) => [...source.matchAll(/\ba\(\s*["'`]([^"'`$]+)["'`]/g)].map((match) => [name, match[1]]));
  assert.ok(asked.length > 100, "the sources were not understood");
  assert.deepEqual(asked.filter(([, key]) => !(key in words.en)), [], "unknown keys");
});
