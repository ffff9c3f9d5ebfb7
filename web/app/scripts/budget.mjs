import { brotliCompressSync, gzipSync } from "node:zlib";

/**
 * Fails the build when what a browser must load before the home timeline is visible outgrows `limit` bytes
 * (gzip, the larger of the two that a browser may get): the page, the entry with its static imports, the styles of
 * those, the largest language and the home view.
 */
export function budget(limit) {
  return {
    name: "nagaya-budget",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const chunks = Object.values(bundle).filter((part) => part.type === "chunk");
        const needed = new Set();
        const take = (name) => {
          const chunk = bundle[name];
          if (!chunk || needed.has(name)) return;
          needed.add(name);
          if (chunk.type !== "chunk") return;
          chunk.imports.forEach(take);
          chunk.viteMetadata?.importedCss.forEach((css) => needed.add(css));
        };
        for (const chunk of chunks) if (chunk.isEntry) take(chunk.fileName);
        const home = chunks.find((chunk) => chunk.facadeModuleId?.endsWith("/views/Home.svelte"));
        if (home) take(home.fileName);
        const size = (name, press) => {
          const part = bundle[name];
          return press(Buffer.from(part.type === "chunk" ? part.code : part.source)).length;
        };
        const languages = chunks.filter((chunk) => /\/locales\/\w+\.json$/.test(chunk.facadeModuleId ?? ""));
        const largest = languages.sort((a, b) => size(b.fileName, gzipSync) - size(a.fileName, gzipSync))[0];
        if (largest) take(largest.fileName);
        const total = (press) => [...needed].reduce((sum, name) => sum + size(name, press), 0);
        const [gzip, brotli] = [total(gzipSync), total(brotliCompressSync)];
        this.info(`first load: ${needed.size} files, ${gzip} bytes gzip, ${brotli} bytes brotli (limit ${limit})`);
        if (gzip > limit) this.error(`the first load is ${gzip} bytes compressed; the budget is ${limit}`);
      },
    },
  };
}
