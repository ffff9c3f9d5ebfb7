"""Nagaya and a server made of Fedify exchange every verb that Fedify has words for, in both directions.

    python3 tests/peers/fedify/run.py PATH/TO/nagaya        (after `npm ci` in this folder)

Standard library only.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "harness"))
from demo import Demo, Tally  # noqa: E402
from exchange import Exchange  # noqa: E402
from peer import Peer, Person, stranger  # noqa: E402

SPEAKS = ("edit", "react", "poll", "block", "flag", "pin", "profile", "move", "retire", "quote")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    tally = Tally()
    with Demo(sys.argv[1]) as demo, Peer("fedify", [str(HERE / "node"), "peer.mjs"], "127.0.0.3", HERE, SPEAKS) as peer:
        for me, other in (("alice", "bob"), ("bob", "alice")):
            Exchange(tally, peer, Person(*demo.account(me)), demo.banned_word(), stranger(demo, other)).run()
        if tally.failed:
            peer.show_log()
            demo.show_log()
    return tally.finish()


sys.exit(main())
