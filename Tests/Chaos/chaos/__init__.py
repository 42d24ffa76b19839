"""What the fault runs are made of: a load with a history, servers that record, faults, and a checker of what was claimed."""
