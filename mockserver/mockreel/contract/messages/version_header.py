"""The header by which a response of this mock server is told from one of a provider."""

from mockreel import __version__

# The one stated departure from the providers' wire: every response names its real sender.
VERSION_HEADER = "Mockreel-Version"
# The header as it is sent.
VERSION_FIELD = (VERSION_HEADER.lower().encode(), __version__.encode())
