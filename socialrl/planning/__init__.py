"""How many animals? Power against n from simulated animals, and what it rests on (`socialrl plan`)."""
