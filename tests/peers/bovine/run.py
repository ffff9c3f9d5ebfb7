"""Nagaya and a server made of bovine exchange every verb that bovine has words for, in both directions.

    VENV/bin/python tests/peers/bovine/run.py PATH/TO/nagaya

The virtual environment holds what requirements.txt of this folder pins.
"""

import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "harness"))
from demo import Demo, Tally  # noqa: E402
from exchange import Exchange  # noqa: E402
from peer import Peer, Person, stranger  # noqa: E402

# bovine makes no Question and knows nothing of quotes.
SPEAKS = ("edit", "react", "block", "flag", "pin", "profile", "move", "retire")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    tally = Tally()
    program = [sys.executable, str(HERE / "peer.py")]
    # bovine writes a cache where it runs.
    with (
        tempfile.TemporaryDirectory() as folder,
        Demo(sys.argv[1]) as demo,
        Peer("bovine", program, "127.0.0.4", folder, SPEAKS) as peer,
    ):
        for me, other in (("alice", "bob"), ("bob", "alice")):
            Exchange(tally, peer, Person(*demo.account(me)), demo.banned_word(), stranger(demo, other)).run()
        if tally.failed:
            peer.show_log()
            demo.show_log()
    return tally.finish()


sys.exit(main())
