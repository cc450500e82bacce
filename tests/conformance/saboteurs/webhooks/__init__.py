"""Saboteurs whose webhooks are wrong."""
