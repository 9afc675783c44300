"""What came out for each learner: marks, participation, files of results, words from outside."""
