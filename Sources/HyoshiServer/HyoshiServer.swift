// The HyoshiServer layer; see docs/architecture.md.
