"""HTTP for the reference client: requests, retries, keys, files, drivers."""
