"""The place of faculty: own courses, their outcomes, the skills tagged to them."""
