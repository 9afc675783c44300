"""What people without an account may reach, each by a link that was sent to them."""
