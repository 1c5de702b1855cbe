"""What `benchmarks.scale` is made of: material, processes, and figures read from rows and logs."""
