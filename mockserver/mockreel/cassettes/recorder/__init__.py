"""Record a provider with the user's own key."""
