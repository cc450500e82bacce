"""Read RunningHub's registry, price list and endpoint pages."""
