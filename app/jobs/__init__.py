"""Long work: child processes that a reload finds again, and what a page shows meanwhile."""
