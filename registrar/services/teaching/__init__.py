"""What is taught, what learners can do after it, and which skills that is."""
