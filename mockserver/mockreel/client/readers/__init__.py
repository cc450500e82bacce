"""What responses and webhooks say: jobs, errors, notices."""
