"""What other systems bring, and the night that takes it all the way."""
