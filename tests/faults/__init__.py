"""What docs/faults.md says, with real processes, sockets and databases."""
