"""A provider in this process, asked without a socket: for checks, replay and sample webhooks."""
