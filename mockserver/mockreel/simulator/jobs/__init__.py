"""Jobs while they are played: changed by hand, waited for, and what happens at their end."""
