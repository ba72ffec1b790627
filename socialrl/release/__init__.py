"""Evoked oxytocin release, recorded: table and folder."""
