"""Kills a server with a log while it handles requests, and checks from outside what it knows afterwards."""
