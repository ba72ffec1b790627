"""Who takes part: animals and their parameters, their frozen policies, how they share worlds."""
