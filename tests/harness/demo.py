"""Starts `nagaya demo --json` for the scripts of this folder, and counts what they check. Standard library only."""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

START_SECONDS = 90
DEMO_WORD = "buy cheap followers"  # What the demo tells its keyword filter to reject.


class Demo:
    """The playground: two servers that know each other. A context manager; it always stops what it started.

    `servers` holds what the demo printed: `{"base_url", "accounts": [{"username", "password", "token", "admin"}],
    "plugins", "data"}`, one per server.
    """

    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.servers = []

    def __enter__(self):
        self._log = tempfile.NamedTemporaryFile(prefix="nagaya-demo-", suffix=".log", delete=False)
        self._process = subprocess.Popen(
            [self.program, "demo", "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log
        )
        try:
            self._read_servers()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def _read_servers(self):
        lines = queue.Queue()

        def read():
            for line in self._process.stdout:
                lines.put(line)
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        deadline = time.monotonic() + START_SECONDS
        while len(self.servers) < 2:
            try:
                line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise SystemExit(f"the demo was not ready after {START_SECONDS} s") from None
            if line is None:
                raise SystemExit(f"the demo ended before it was ready (exit code {self._process.wait()})")
            try:
                self.servers.append(json.loads(line))
            except ValueError:
                raise SystemExit(f"the demo printed something that is no JSON: {line!r}") from None

    def __exit__(self, kind, error, _traceback):
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            print("the demo did not stop within 15 s of SIGTERM; killing it", file=sys.stderr)
            self._process.kill()
            self._process.wait()
        self._log.close()
        if kind is not None:
            self.show_log()
        os.unlink(self._log.name)

    def show_log(self, lines=60):
        """Prints the end of what the demo logged."""
        with open(self._log.name, errors="replace") as log:
            for line in log.readlines()[-lines:]:
                print("  demo | " + line.rstrip(), file=sys.stderr)

    def command(self, username, *words):
        """Runs `nagaya WORDS…` on the server where `username` lives, which carries it out; what it printed."""
        base_url, _ = self.account(username)
        data = next(server["data"] for server in self.servers if server["base_url"] == base_url)
        done = subprocess.run(
            [self.program, *words, "--data", data],
            env={**os.environ, "NAGAYA_DOMAIN": urllib.parse.urlsplit(base_url).netloc, "NAGAYA_DEVELOPMENT": "true"},
            cwd=data,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"nagaya {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def banned_word(self):
        """A word that the demo's keyword filter rejects: its first configured one if the demo tells it."""

        def search(value):
            if isinstance(value, dict):
                words = value.get("words")
                if isinstance(words, list) and words:
                    return words[0].strip("*")
                return next(filter(None, map(search, value.values())), None)
            if isinstance(value, list):
                return next(filter(None, map(search, value)), None)
            return None

        return search([server.get("plugins") for server in self.servers]) or os.environ.get("NAGAYA_DEMO_WORD", DEMO_WORD)

    def account(self, username):
        """(base_url, account) of `username`, wherever it lives."""
        for server in self.servers:
            for account in server["accounts"]:
                if account["username"] == username:
                    return server["base_url"], account
        raise SystemExit(f"the demo has no account {username}: {self.servers}")


class Tally:
    """Counts checks; a failed one is told at once and the rest go on."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, what, run):
        """Runs `run`; it fails by raising or by returning False. Returns what it returned, or None when it failed."""
        begun = time.monotonic()
        try:
            answer = run()
            if answer is False:
                raise AssertionError("it is not so")
        except Exception as error:
            self.failed += 1
            print(f"FAILED {what}\n       {type(error).__name__}: {error}", flush=True)
            return None
        self.passed += 1
        print(f"ok     {what} ({(time.monotonic() - begun) * 1000:.0f} ms)", flush=True)
        return answer

    def finish(self):
        """Prints the closing line and gives the exit code."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


def eventually(look, within=5.0, every=0.02):
    """Asks `look` until it answers something true; raises when that takes longer than `within` seconds."""
    deadline = time.monotonic() + within
    last = None
    while True:
        try:
            answer = look()
            if answer:
                return answer
            last = f"last answer: {answer!r}"
        except Exception as error:  # What is not there yet may well be an error.
            last = f"{type(error).__name__}: {error}"
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s; {last}")
        time.sleep(every)
