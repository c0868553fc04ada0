// Tests of GameProtocol.
