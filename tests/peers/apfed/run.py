"""Nagaya and a server made of the crate `activitypub_federation` exchange every verb of both, in both directions.

    python3 tests/peers/apfed/run.py PATH/TO/nagaya PATH/TO/nagaya-apfed-peer

Twice: the crate knows two ways to sign. Standard library only.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "harness"))
from demo import Tally  # noqa: E402
from exchange import Exchange  # noqa: E402
from peer import House, Peer, Person  # noqa: E402

# The crate has no word for a reaction, and knows nothing of quotes.
SPEAKS = ("edit", "poll", "block", "flag", "pin", "profile", "move", "retire")


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    tally = Tally()
    program = [str(pathlib.Path(sys.argv[2]).resolve())]
    for name, environment in (("apfed", {}), ("apfed-compat", {"APFED_COMPAT": "1"})):
        # Ids with bare addresses are refused by the crate, so both are known as localhost.
        with House(sys.argv[1], "localhost") as house, Peer(name, program, "localhost", HERE, SPEAKS, environment) as peer:
            before = tally.failed
            Exchange(tally, peer, Person(*house.account("alice"))).run()
            if tally.failed > before:
                peer.show_log()
                house.show_log()
    return tally.finish()


sys.exit(main())
