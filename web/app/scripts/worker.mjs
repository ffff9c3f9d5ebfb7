import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const TEMPLATE = new URL("../src/worker.js", import.meta.url);

/**
 * Writes `sw.js`: the service worker of `src/worker.js` with the names of everything in this build. Its text changes
 * with any of them, which is how browsers learn that there is a new version.
 */
export function worker() {
  return {
    name: "nagaya-worker",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        // The long lists of emoji are fetched by those who want one.
        const wanted = (part) => !part.moduleIds?.some((id) => id.includes("virtual:emoji"));
        const names = Object.keys(bundle).filter((name) => name.startsWith("assets/") && wanted(bundle[name])).sort();
        const page = bundle["index.html"];
        const version = createHash("sha256").update(JSON.stringify(names)).update(String(page?.source)).digest("hex");
        const source = readFileSync(TEMPLATE, "utf8")
          .replace('"VERSION"', JSON.stringify(version.slice(0, 12)))
          .replace('["FILES"]', JSON.stringify(names.map((name) => `/app/${name}`)));
        this.emitFile({ type: "asset", fileName: "sw.js", source });
      },
    },
  };
}
