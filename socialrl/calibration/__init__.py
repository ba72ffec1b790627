"""Calibration: which wild-type parameters, and which spread over animals, give the tests that voles gave."""
