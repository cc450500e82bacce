"""What the pytest plugin is made of, and what a test imports: `check_webhook_handler`."""

from mockreel.testing.webhook_handler import check_webhook_handler

__all__ = ["check_webhook_handler"]
