"""Learning: PPO for one animal (Stable-Baselines3) and for whole cohorts at once."""
