"""What TensorBoard gets at the end of a run: final measures, a film, a figure."""
