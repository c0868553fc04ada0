// Tests of WebSocketProtocol.
