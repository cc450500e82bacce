"""An exchange as a curl command or a pytest test."""
