"""One module for each part of the product whose speed or size is measured."""
