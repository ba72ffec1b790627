"""The whole battery, from training to the scorecard: presets, stages and the driver that runs them."""
