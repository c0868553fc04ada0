// The NetworkTransport layer; see docs/architecture.md.
