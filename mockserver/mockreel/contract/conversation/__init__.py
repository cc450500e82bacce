"""How a client talks with a provider over the life of a job, as a file says it."""
