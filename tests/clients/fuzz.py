"""schemathesis against the OpenAPI document that the server publishes: no 5xx, no answer that breaks its schema.

    NAGAYA_FUZZ_SEED=1 NAGAYA_FUZZ_EXAMPLES=8 …   repeats a run, or makes it longer
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

from neighbours import Person

EXAMPLES = 6  # Per operation and way of generating; all in all some thousand requests.
SECONDS = 600
CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance"
# Streams never end, pages are for browsers, and a revoked token or a block of the tester's own address ends the test.
LEFT_OUT = r"^/(api/v1/streaming|oauth/(authorize|authorized_applications|revoke)|api/v1/admin/ip_blocks)"


def run(tally, demo):
    alice, bob = (Person(*demo.account(name)) for name in ("alice", "bob"))
    seed = int(os.environ.get("NAGAYA_FUZZ_SEED") or random.randrange(1 << 31))
    print(f"schemathesis, seed {seed} (NAGAYA_FUZZ_SEED repeats it)", flush=True)
    tally.check("schemathesis: no 5xx, no schema violation", lambda: whole(alice, bob, seed))


def whole(alice, bob, seed):
    here = pathlib.Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory(prefix="nagaya-fuzz-") as folder:
        environment = {
            **os.environ,
            "SCHEMATHESIS_HOOKS": "fuzz_hooks",
            "PYTHONPATH": str(here),
            "NAGAYA_FUZZ_IDS": json.dumps(ids(alice, bob)),
        }
        done = subprocess.run(
            [
                str(pathlib.Path(sys.executable).parent / "schemathesis"),
                "run",
                alice.base_url + "/api/openapi.json",
                "--header",
                f"Authorization: Bearer {alice.client.access_token}",
                "--checks",
                CHECKS,
                "--phases",
                "coverage,fuzzing",
                "--max-examples",
                os.environ.get("NAGAYA_FUZZ_EXAMPLES") or str(EXAMPLES),
                "--seed",
                str(seed),
                "--exclude-path-regex",
                LEFT_OUT,
                "--request-timeout",
                "20",
                "--suppress-health-check",
                "all",
                "--warnings",
                "off",
                "--output-sanitize",
                "false",
                "--continue-on-failure",
                "--no-color",
            ],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
        )
        print("\n".join(done.stdout.splitlines()[-int(os.environ.get("NAGAYA_FUZZ_LINES") or 120) :]), flush=True)
        assert done.returncode == 0, f"schemathesis found something (seed {seed})"


def ids(alice, bob):
    """Ids of things that exist, by the beginning of the path: what is made up by chance is never found."""
    client = alice.client
    status = client.status_post("Fuzz me #fuzz", spoiler_text="Careful")
    poll = client.status_post("This or that?", poll=client.make_poll(["this", "that"], 3600))
    them = alice.find(bob.handle)
    one = client.list_create("Fuzz")
    filtered = client.create_filter_v2("Fuzz", ["home"], "warn", keywords_attributes=[{"keyword": "fuzz"}])
    return {
        "/api/v1/statuses/": [status.id, poll.id],
        "/api/v1/pleroma/statuses/": [status.id],
        "/api/v1/accounts/": [them.id, alice.me.id],
        "/api/v1/admin/accounts/": [them.id],
        "/api/v1/polls/": [poll.poll.id],
        "/api/v1/lists/": [one.id],
        "/api/v1/timelines/list/": [one.id],
        "/api/v2/filters/keywords/": [filtered.keywords[0].id],
        "/api/v2/filters/": [filtered.id],
        "/api/v1/filters/": [filtered.keywords[0].id],
        "/api/v1/tags/": ["fuzz", "nagaya"],
        "/api/v1/timelines/tag/": ["fuzz", "nagaya"],
    }
