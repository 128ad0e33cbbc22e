"""Discord: hear, speak, and nothing else."""
