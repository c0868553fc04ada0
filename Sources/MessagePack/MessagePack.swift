// The MessagePack layer; see docs/architecture.md.
