"""A real server of our own, for what the demo is not set up for: its files in a bucket, its mail at a mail server."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile

import requests
from demo import eventually


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class House:
    """`nagaya serve` with these settings on top of the plain ones, and alice, its owner. A context manager."""

    def __init__(self, program, settings, **environment):
        self.program, self.settings = os.path.abspath(program), settings
        self._environment = {**os.environ, **environment}

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        address = f"127.0.0.1:{free_port()}"
        config = folder / "nagaya.toml"
        plain = {"domain": address, "listen": address, "development": True, "rate_limits": False, "log": "warn"}
        # A string or a flag is spelled in TOML as in JSON.
        lines = [f"{key} = {json.dumps(value)}" for key, value in {**plain, **self.settings}.items()]
        config.write_text("\n".join(lines))
        self._environment["NAGAYA_CONFIG"] = str(config)
        self.base = f"http://{address}"
        self.media = folder / "data" / "media"
        self.command("account", "create", "alice", "--email", "alice@example.com", "--owner")
        self.token = self.command("token", "create", "alice", "--scopes", "read write").split()[-1]
        self._process = subprocess.Popen([self.program, "serve"], env=self._environment)
        eventually(lambda: requests.get(f"{self.base}/api/v2/instance", timeout=2).ok, within=30)
        return self

    def command(self, *words):
        done = subprocess.run([self.program, *words], env=self._environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=20)
        self._folder.cleanup()

    def ask(self, method, path, **more):
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, f"{self.base}{path}", headers=headers, timeout=120, **more)
