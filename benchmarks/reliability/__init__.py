"""What is done to runs and visitors on purpose, and what is left of them; docs/reliability.md."""
