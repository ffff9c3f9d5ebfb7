#!/usr/bin/env python3
"""Follows docs/plugins.md from an empty folder: every line of its `sh` blocks is run, in order.

    python3 tests/plugins/guide.py PATH/TO/nagaya

Both languages must give the same commands. The demo is started as the guide says (on a free port), the three plugins are
installed there, and each is seen at work: a post held, a bot's answer, a delivery that waits. Where rustup's WASM target is
missing, the toolchain of plugins/build.sh is used if it is there (NAGAYA_WASM_TOOLCHAIN).
"""

import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLCHAIN = "/tmp/nagaya-toolchain/root"

# What a command must tell, beside what the guide says: the beginning of the line, then words of its output.
TELLS = [
    ("nagaya plugin test quiet-please", ["5 cases are right"]),
    ("nagaya plugin bench quiet-please", ["machine code", "shouting"]),
    ("nagaya plugin inspect quiet-please", ["org.example.quiet-please", "filter", "reject", "core module"]),
    ("nagaya plugin test greeter", ["3 cases are right"]),
    ("nagaya plugin inspect greeter", ["org.example.greeter", "bot", "post", "actions", "component"]),
    ("nagaya plugin test patient", ["2 cases are right"]),
    ("nagaya plugin inspect patient", ["org.example.patient", "fan-out", "delay", "core module"]),
    ("nagaya plugin list", ["org.example.quiet-please"]),
    ("nagaya plugin replay", ["held"]),
    ("nagaya plugin upgrade", ["quiet-please", "new version"]),
]
# What the demo must show. A question is asked again until the answer is there, for so many seconds.
SEEN = [
    ("status=GOOD MORNING", ["The whole post is in capitals", "held_id"], 0),
    ("status=Good morning", ['"content"', "Good morning to all neighbours"], 0),
    ("/api/v1/notifications", ["Hello! / こんにちは"], 30),
    ("/api/v1/timelines/home", ["This one takes its time"], 90),
]
# How long bob's server must at least wait for what the policy delays by 30 seconds.
PATIENCE = 20


class Failed(Exception):
    pass


def commands(guide: pathlib.Path) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", guide.read_text(), re.S | re.M)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Walk:
    """One walk through the guide."""

    def __init__(self, folder: str, nagaya: pathlib.Path):
        self.folder = folder
        self.port = free_port()
        self.demo = None
        self.delayed_at = None
        self.env = dict(os.environ, PATH=f"{folder}/.bin:{os.environ['PATH']}")
        # One place for what cargo builds for tests; `plugin build` has its own.
        self.env.setdefault("CARGO_TARGET_DIR", f"{folder}/.target")
        os.mkdir(f"{folder}/.bin")
        os.symlink(nagaya, f"{folder}/.bin/nagaya")
        if os.path.isdir(TOOLCHAIN):
            self.env.setdefault("NAGAYA_WASM_TOOLCHAIN", TOOLCHAIN)

    def run(self, line: str) -> str:
        if line.startswith("nagaya demo"):
            return self.start_demo(line)
        if line.startswith("nagaya plugin dev"):
            return self.develop(line)
        line = line.replace("127.0.0.1:3000", f"127.0.0.1:{self.port}").replace("127.0.0.2:3000", f"127.0.0.2:{self.port}")
        words = [os.path.expandvars(word) for word in self.words(line)]
        done = subprocess.run(words, cwd=self.folder, env=self.env, text=True, capture_output=True, timeout=900)
        if done.returncode != 0:
            raise Failed(f"{done.stdout}\n{done.stderr[-3000:]}\nended with {done.returncode}: {line}")
        return done.stdout

    def words(self, line: str) -> list[str]:
        for name in ("ALICE", "BOB"):
            line = line.replace(f"${name}", self.env.get(name, f"${name}"))
        return shlex.split(line)

    def start_demo(self, line: str) -> str:
        words = shlex.split(line) + ["--json", "--port", str(self.port)]
        self.demo = subprocess.Popen(words, cwd=self.folder, env=self.env, text=True, stdout=subprocess.PIPE)
        told = [self.demo.stdout.readline() for _ in range(2)]
        if not all(told):
            raise Failed(f"the demo did not start: {told}")
        houses = [json.loads(line) for line in told]
        for name, house in zip(("ALICE", "BOB"), houses):
            self.env[name] = house["accounts"][0]["token"]
        # The next free port, if somebody else was quicker.
        self.port = int(houses[0]["base_url"].rstrip("/").rsplit(":", 1)[1])
        return f"{[house['base_url'] for house in houses]}\n"

    def develop(self, line: str) -> str:
        """Starts it, changes the source, and waits for the change to be at work."""
        source = pathlib.Path(self.folder, shlex.split(line)[3], "src/lib.rs")
        output = pathlib.Path(self.folder, ".dev.txt")
        with output.open("w") as out:
            dev = subprocess.Popen(shlex.split(line), cwd=self.folder, env=self.env, stdout=out, stderr=subprocess.STDOUT)
        try:
            self.wait_for(output, "is reloaded", 1)
            source.write_text(source.read_text().replace("The whole post is in capitals.", "Please do not shout."))
            self.wait_for(output, "is reloaded", 2)
        finally:
            dev.send_signal(signal.SIGINT)
            dev.wait(10)
        post = 'curl -sS -H "Authorization: Bearer $ALICE" -d "status=IT WAS ME WHO SHOUTED SO LOUDLY" http://127.0.0.1:3000/api/v1/statuses'
        said = self.run(post)
        if "Please do not shout." not in said:
            raise Failed(f"the changed filter is not at work: {said}")
        return output.read_text()

    @staticmethod
    def wait_for(output: pathlib.Path, word: str, times: int):
        for _ in range(1200):
            if output.read_text().count(word) >= times:
                return
            time.sleep(0.5)
        raise Failed(f"{word!r} did not come {times} times:\n{output.read_text()}")

    def step(self, line: str):
        print(f"$ {line}", flush=True)
        told = self.run(line)
        if "status=This one takes its time" in line:
            self.delayed_at = time.monotonic()
        for mark, words, patience in SEEN:
            if mark in line:
                told = self.see(line, told, words, patience)
        if "/timelines/home" in line and (waited := time.monotonic() - self.delayed_at) < PATIENCE:
            raise Failed(f"the delivery that the policy delays was there after {waited:.0f} s")
        print(told[:2000], end="" if told.endswith("\n") else "\n", flush=True)
        for mark, words in TELLS:
            missing = [word for word in words if line.startswith(mark) and word not in told]
            if missing:
                raise Failed(f"{line} does not tell {missing}:\n{told}")

    def see(self, line: str, told: str, words: list[str], patience: int) -> str:
        """An answer with these words, asked for again if the first has none of them."""
        end = time.monotonic() + patience
        while True:
            plain = json.dumps(json.loads(told), ensure_ascii=False)
            missing = [word for word in words if word not in plain]
            if not missing:
                return plain
            if time.monotonic() > end:
                raise Failed(f"{line} never answers {missing}:\n{plain}")
            time.sleep(1)
            told = self.run(line)

    def close(self):
        if self.demo:
            self.demo.send_signal(signal.SIGINT)
            self.demo.wait(60)


def main() -> int:
    nagaya = pathlib.Path(sys.argv[1]).resolve()
    lines = commands(ROOT / "docs/plugins.md")
    if lines != commands(ROOT / "docs/ja/plugins.md"):
        print("docs/plugins.md and docs/ja/plugins.md give different commands")
        return 1
    unused = [mark for mark, *_ in TELLS + SEEN if not any(mark in line for line in lines)]
    if unused:
        print(f"the guide has no command for {unused}")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk(folder, nagaya)
        try:
            for line in lines:
                walk.step(line)
        except Failed as failed:
            print(failed)
            return 1
        finally:
            walk.close()
    print(f"{len(lines)} commands of the guide work")
    return 0


if __name__ == "__main__":
    sys.exit(main())
