"""HTTP: the GraphQL endpoint, the page, health."""
