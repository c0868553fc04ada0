// Tests of MessagePack.
