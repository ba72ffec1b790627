"""Films and pictures of a test."""
