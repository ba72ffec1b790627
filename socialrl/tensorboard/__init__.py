"""TensorBoard at the end of a run: final measures, a film, a figure."""
