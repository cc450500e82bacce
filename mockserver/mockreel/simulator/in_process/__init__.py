"""A provider in this process, called without a socket: for checks, replay and sample webhooks."""
