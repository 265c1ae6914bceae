"""Earlier versions in the graph: one of them (`versions`), all of them (`pages`), and what differs between two
(`changes`), as `fields` puts them on every served type. `budget` keeps a request from asking for too many."""
