"""Why facts are believed: counted, and looked up."""
