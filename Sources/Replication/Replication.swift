// The Replication layer; see docs/architecture.md.
