// The WebSocketProtocol layer; see docs/architecture.md.
