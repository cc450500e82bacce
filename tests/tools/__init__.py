"""Tools for the docs: read the pages, write their generated parts, and play what they show."""
