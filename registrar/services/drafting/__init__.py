"""What the college is willing to say: templates from the draft to the published achievement."""
