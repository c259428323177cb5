"""What `make bench` runs: how fast the product is, as ratios measured in one run, beside the goals."""
