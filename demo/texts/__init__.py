"""What the demo world says. Plainly invented: no person, company, university or result in it is real."""
