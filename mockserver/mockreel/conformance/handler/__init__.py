"""Check a program that receives webhooks."""
