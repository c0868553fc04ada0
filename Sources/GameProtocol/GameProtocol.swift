// The GameProtocol layer; see docs/architecture.md.
