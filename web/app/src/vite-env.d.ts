/// <reference types="svelte" />
/// <reference types="vite/client" />

/** Written by scripts/emoji.mjs: emoji, name, words that find it, group. */
declare module "virtual:emoji/*" {
  const rows: [emoji: string, name: string, words: string, group: number][];
  export default rows;
}
