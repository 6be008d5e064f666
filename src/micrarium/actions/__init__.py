"""All one can do with Micrarium: every door (HTTP, command line, jobs) is a thin skin over these."""
