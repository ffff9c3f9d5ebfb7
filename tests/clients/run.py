"""Drives `nagaya demo` with clients that people really use (Mastodon.py, toot, masto.js), takes its pushes, and lets
schemathesis ask it nonsense.

    python3 -m venv VENV && VENV/bin/pip install -r tests/clients/requirements.txt
    VENV/bin/python tests/clients/run.py PATH/TO/nagaya [neighbours] [oauth] [joining] [push] [storage] [everything]
        [toot] [masto] [fuzz]
    (masto needs `npm ci` in tests/clients/js)

Without a list of parts it runs all of them. The demo is started, and always stopped. Exit code 0 when all went well;
the last line is `N passed, N failed`.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "harness"))
from demo import Demo, Tally  # noqa: E402

import recorder  # noqa: E402

recorder.install()

import everything  # noqa: E402
import fuzz  # noqa: E402
import joining  # noqa: E402
import masto_js  # noqa: E402
import neighbours  # noqa: E402
import oauth  # noqa: E402
import push  # noqa: E402
import storage  # noqa: E402
import toot_cli  # noqa: E402

PARTS = {
    "neighbours": neighbours.run,
    "oauth": oauth.run,
    "joining": joining.run,
    "push": push.run,
    "storage": storage.run,
    "everything": everything.run,
    "toot": toot_cli.run,
    "masto": masto_js.run,
    "fuzz": fuzz.run,
}
# The parts that together call every method of Mastodon.py.
MASTODON_PY = {"neighbours", "oauth", "joining", "push", "everything"}


def main():
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= set(PARTS):
        raise SystemExit(__doc__)
    tally = Tally()
    with Demo(sys.argv[1]) as demo:
        for part in sys.argv[2:] or PARTS:
            print(f"== {part}", flush=True)
            before = tally.failed
            # A part that breaks off is one more failure; the parts after it still run.
            try:
                PARTS[part](tally, demo)
            except Exception as error:
                tally.check(f"{part} runs to its end", lambda error=error: (_ for _ in ()).throw(error))
            if tally.failed > before:
                demo.show_log(30)
        if MASTODON_PY <= set(sys.argv[2:] or PARTS):
            tally.check("no method of Mastodon.py is forgotten", everything.forgotten)
    return tally.finish()


sys.exit(main())
