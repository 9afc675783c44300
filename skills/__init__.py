"""The shared vocabulary: frameworks, skills, and what connects them."""
