"""Makes the packed clips.  A tool for developers: it needs PyAV, and nothing imports it at run time."""
