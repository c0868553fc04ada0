// Tests of RoomCore.
