import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { budget } from "./scripts/budget.mjs";
import { emoji } from "./scripts/emoji.mjs";
import { worker } from "./scripts/worker.mjs";

/** During `npm run dev` everything but the app comes from a server: `nagaya demo` listens here. */
const server = process.env.NAGAYA_URL ?? "http://127.0.0.1:3000";

export default defineConfig({
  base: "/app/",
  plugins: [svelte(), emoji(), worker(), budget(150_000)],
  server: {
    proxy: {
      "^/(api|oauth|auth|static|media|about|settings|privacy|invite)(/|$)": { target: server, ws: true, changeOrigin: false },
    },
  },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // Few files for what every visit needs; the rest comes with the view that needs it.
        codeSplitting: {
          groups: [
            { name: "base", test: /node_modules[\\/]svelte[\\/]|src[\\/]api[\\/]|src[\\/]core[\\/](?!emoji|completion|works|csv|passkeys|push|uploads|length|install|outbox|drafts)/ },
            { name: "posts", test: /src[\\/](views[\\/]Home|parts[\\/](Avatar|Card|Content|Feed|Icon|Media|Menu|Name|Poll|Post|PostDeeds|Quote|Reactions|VirtualList|Wait|Bar|Dialog|visibility))\b/ },
          ],
        },
      },
    },
  },
});
