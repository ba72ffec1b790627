"""Frozen animals take tests: playing, events, traces."""
