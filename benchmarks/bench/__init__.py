"""What the Python programs of the benchmarks have in common."""
