/* The playground for the walks: `nagaya demo --json`, started and always stopped; and a count of what was checked. */
import { spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SECONDS = 90;

/** Starts both servers; `webApp` is a folder with a built app, for programs that carry none. */
export async function demo(program, webApp) {
  const folder = mkdtempSync(join(tmpdir(), "nagaya-browser-"));
  const log = join(folder, "log");
  const args = ["demo", "--json", "--port", "3400", "--data", join(folder, "data"), ...(webApp ? ["--web-app", webApp] : [])];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", openSync(log, "w")] });
  const servers = [];
  let rest = "";
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the demo was not ready after ${SECONDS} s`)), SECONDS * 1000);
    child.on("exit", (code) => reject(new Error(`the demo ended before it was ready (${code}); see ${log}`)));
    child.stdout.on("data", (piece) => {
      rest += piece;
      const lines = rest.split("\n");
      rest = lines.pop();
      for (const line of lines) servers.push(JSON.parse(line));
      if (servers.length === 2) {
        clearTimeout(timer);
        resolve();
      }
    });
  });
  child.removeAllListeners("exit");
  const stop = async () => {
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { servers, log, folder, stop };
}

/** Counts checks, and goes on after those that fail. */
export class Tally {
  passed = 0;
  failures = [];
  async check(what, work) {
    try {
      await work();
      this.passed += 1;
    } catch (error) {
      this.failures.push(what);
      console.log(`FAILED ${what}\n  ${String(error?.stack ?? error).split("\n").slice(0, 6).join("\n  ")}`);
    }
  }
  finish() {
    console.log(`${this.passed} passed, ${this.failures.length} failed`);
    return this.failures.length === 0;
  }
}

export function must(truth, words) {
  if (!truth) throw new Error(words);
}
