"""Generated requests, judged by the contract."""
