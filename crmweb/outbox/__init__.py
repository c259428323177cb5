"""What phones kept while they had no signal, as it comes: held, done late, or kept until somebody decides."""
