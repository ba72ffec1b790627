"""The tables of a run for readers: typed in Python, tidy in CSV, and a codebook that describes every column."""
