"""Who is asking: the repository as one principal sees it."""
