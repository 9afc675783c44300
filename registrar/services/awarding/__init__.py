"""To whom it is said: awards, their batches, their corrections and their ends."""
