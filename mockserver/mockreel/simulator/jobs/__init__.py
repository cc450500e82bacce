"""Running jobs: changed by hand, waited for, and ended."""
