"""Read jobs, errors and notices from responses and webhooks."""
