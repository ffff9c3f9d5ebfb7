// The names of every method of masto.js, read from its type declarations: at run time the library is a proxy that takes
// any name. `v1.accounts.$select.follow`, one a line, when run by itself.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "node_modules/masto/dist/mastodon");

const INTERFACE = /^export interface (\S+?)(?:<[^{]*?>)?(?: extends ([^{]+))? \{\n([\s\S]*?)^\}/gm;
const MEMBER = /^    (?:readonly )?([$\w]+)(\([\s\S]*?\))?: ([\s\S]*?);$(?=\n    \S|\n?$)/gm;

/** The interfaces of the files in `folder`, by name: what each extends, its members as [name, type], and where it is. */
function interfaces(folder) {
  const found = new Map();
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".d.ts"))) {
    const text = fs.readFileSync(path.join(folder, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    for (const [, name, above, body] of text.matchAll(INTERFACE)) {
      const members = [...body.matchAll(MEMBER)].map(([, member, call, type]) => [member, type, Boolean(call)]);
      found.set(name, { above: above?.split(",").map((one) => one.trim()) ?? [], members, folder });
    }
  }
  return found;
}

/** The interface `name` as a file in `folder` means it: from there, or else from a folder below. */
function find(folder, name) {
  const here = interfaces(folder).get(name);
  if (here) return here;
  const below = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return below.map((entry) => interfaces(path.join(folder, entry.name)).get(name)).find(Boolean);
}

function walk(resource, prefix, names) {
  for (const above of resource.above) {
    const known = find(resource.folder, above);
    if (known) walk(known, prefix, names);
  }
  for (const [member, type, isFunction] of resource.members) {
    if (member === "prepare") continue; // Internal, it says.
    const [, version, target] = type.match(/^(?:(v[12])\.)?(\S+Resource)$/) ?? [];
    const inner = target && find(version ? path.join(resource.folder, version) : resource.folder, target);
    if (inner) {
      walk(inner, `${prefix}${member}.`, names);
    } else if (isFunction || /^[({]|Method</.test(type)) {
      names.push(`${prefix}${member}`);
    } else {
      throw new Error(`${prefix}${member}: ${type} was not understood`);
    }
  }
}

/** Every method, in the order of their names. */
export function methods() {
  const names = [];
  walk(find(path.join(root, "rest"), "Client"), "", names);
  walk(find(path.join(root, "streaming"), "Client"), "streaming.", names);
  walk(find(path.join(root, "oauth"), "Client"), "oauth.", names);
  return [...new Set(names)].sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(methods().join("\n"));
}
