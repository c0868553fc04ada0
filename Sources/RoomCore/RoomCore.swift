// The RoomCore layer; see docs/architecture.md.
