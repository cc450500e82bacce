"""How long a connection may take, and how much it may send."""

# A connection without a request stays open so long: well beyond the pace of any documented poll; nginx's default.
KEEP_ALIVE_SECONDS = 75
# A head is complete within so many real seconds and bytes, a body within so many seconds; then the connection ends.
HEAD_SECONDS, BODY_SECONDS = 20.0, 120.0
HEAD_BYTES = 64 * 1024
# Each parameter of a query is looked at for a key; a form has no more fields either.
MOST_PARAMETERS = 1000
# The most bytes to read of a body after its response is sent, so that the client can read the response.
UNREAD_BYTES = 64 * 1024 * 1024
# After the last words on a connection its client has so long to read them; when the server ends, so long to end TLS.
LINGER_SECONDS, FAREWELL_SECONDS = 2.0, 0.1
# What comes in meanwhile is thrown away, but no more than this; who has sent nothing for so long is done with sending.
LINGER_BYTES, QUIET_SECONDS = 1024 * 1024, 0.1
