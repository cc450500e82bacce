"""Read Runflow's model pages."""
