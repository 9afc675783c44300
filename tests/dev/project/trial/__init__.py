"""Its only app: a job that real workers do."""
