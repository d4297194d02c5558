"""One module for each part of the product whose laws are attacked."""
