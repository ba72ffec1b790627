"""Calibration: wild-type parameters, and their spread over animals, whose simulated tests match those of real voles."""
