"""What tests leave to the garbage collector: collected after the test that left it, and not in one that did not."""

import gc
import warnings


def settle() -> None:
    """Collect now, and let later collections pass over what is there, which takes half a second each time."""
    collect()
    gc.freeze()


def collect() -> None:
    """Collect what a test has left, open sockets among it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
