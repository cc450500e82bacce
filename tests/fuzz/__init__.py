"""Generated bad requests over real sockets: nothing answers with a 5xx by accident, hangs, or keeps what it is sent."""
