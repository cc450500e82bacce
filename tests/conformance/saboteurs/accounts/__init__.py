"""Saboteurs that are wrong about accounts, money and what belongs to them."""
