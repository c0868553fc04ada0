// The ClientCore layer; see docs/architecture.md.
