"""Many runs of one configuration: seeds, grids, lists, random draws and a search; one table and one page over all."""
