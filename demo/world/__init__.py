"""The demo world, made by the product's own services: what happens in it happened as it would in earnest, at its time."""
