/* Translations: every key is there in every language, is used, and says its values in all of them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const SRC = new URL("../src/", import.meta.url);
const languages = readdirSync(new URL("locales/", SRC)).map((name) => name.replace(".json", ""));
const words = Object.fromEntries(
  languages.map((language) => [language, JSON.parse(readFileSync(new URL(`locales/${language}.json`, SRC), "utf8"))]),
);
const sources = readdirSync(SRC, { recursive: true })
  .filter((name) => /\.(svelte|ts)$/.test(name))
  .map((name) => [name, readFileSync(new URL(name, SRC), "utf8")]);

const forms = (entry) => (typeof entry === "string" ? [entry] : Object.values(entry));
const slots = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);

test("every key is in every language", () => {
  const all = new Set(languages.flatMap((language) => Object.keys(words[language])));
  for (const language of languages) {
    const missing = [...all].filter((key) => !(key in words[language]));
    assert.deepEqual(missing, [], `missing in ${language}.json`);
  }
});

test("plurals have the forms of their language", () => {
  for (const language of languages) {
    const wanted = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort();
    for (const [key, entry] of Object.entries(words[language])) {
      if (typeof entry === "string") continue;
      assert.deepEqual(Object.keys(entry).sort(), wanted, `${key} in ${language}.json`);
    }
  }
});

test("every language says the same values", () => {
  for (const [key, entry] of Object.entries(words.en)) {
    const wanted = new Set(forms(entry).flatMap(slots));
    for (const language of languages) {
      const said = new Set(forms(words[language][key]).flatMap(slots));
      assert.deepEqual([...said].sort(), [...wanted].sort(), `${key} in ${language}.json`);
    }
  }
});

test("no text is empty, and Japanese is Japanese", () => {
  for (const language of languages) {
    for (const [key, entry] of Object.entries(words[language])) {
      for (const text of forms(entry)) assert.ok(text.trim(), `${key} in ${language}.json is empty`);
    }
  }
  const same = Object.keys(words.en).filter((key) => {
    const text = forms(words.ja[key]).join();
    return /[a-z]{4}/i.test(text.replace(/\{\w+\}/g, "")) && text === forms(words.en[key]).join();
  });
  assert.deepEqual(same, [], "not translated");
});

test("every key is used, and every used key exists", () => {
  const literals = new Set();
  const asked = [];
  for (const [name, source] of sources) {
    for (const match of source.matchAll(/["'`]([a-zA-Z][\w]*(?:\.[\w-]+)*)["'`]/g)) literals.add(match[1]);
    for (const match of source.matchAll(/\bt\(\s*["'`]([^"'`$]+)["'`]/g)) asked.push([name, match[1]]);
  }
  const unused = Object.keys(words.en).filter((key) => !literals.has(key));
  assert.deepEqual(unused, [], "unused keys");
  const unknown = asked.filter(([, key]) => !(key in words.en)).map(([name, key]) => `${name}: ${key}`);
  assert.deepEqual(unknown, [], "unknown keys");
});

test("no view shows other people's HTML by itself", () => {
  for (const [name, source] of sources) {
    assert.ok(!source.includes("{@html"), `${name} uses {@html}`);
    const allowed = /content\.ts$/.test(name);
    assert.ok(allowed || !/innerHTML|insertAdjacentHTML|document\.write/.test(source), `${name} writes HTML`);
  }
});
