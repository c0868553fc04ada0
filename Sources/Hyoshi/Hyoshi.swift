// The Hyoshi layer; see docs/architecture.md.
