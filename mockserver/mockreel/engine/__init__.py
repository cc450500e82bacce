"""The parts of a simulator, without I/O: clock, scheduler, jobs, accounts, billing, faults, journal."""
