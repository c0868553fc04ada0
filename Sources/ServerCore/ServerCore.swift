// The ServerCore layer; see docs/architecture.md.
