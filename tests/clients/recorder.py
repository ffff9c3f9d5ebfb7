"""Notes which public methods of Mastodon.py the scripts call, so that none is forgotten."""

import functools
import threading

from mastodon import Mastodon

USED = set()
_depth = threading.local()


def public():
    """The names of every method that an app's author may call."""
    return {name for name in dir(Mastodon) if not name.startswith("_") and callable(getattr(Mastodon, name))}


def install():
    """From now on every call from outside the library is noted; what it calls itself is not."""
    for name in public():
        is_static = isinstance(vars(_owner(name))[name], staticmethod)
        wrapped = _noting(name, getattr(Mastodon, name))
        setattr(Mastodon, name, staticmethod(wrapped) if is_static else wrapped)


def _owner(name):
    return next(kind for kind in Mastodon.__mro__ if name in vars(kind))


def _noting(name, method):
    @functools.wraps(method)
    def note(*arguments, **named):
        if not getattr(_depth, "count", 0):
            USED.add(name)
        _depth.count = getattr(_depth, "count", 0) + 1
        try:
            return method(*arguments, **named)
        finally:
            _depth.count -= 1

    return note
