"""Generations as data: care makes receptors and calm, these make carers, and so on (`socialrl lineage`)."""
