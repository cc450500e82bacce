"""Saboteurs that a change at one provider could make."""
