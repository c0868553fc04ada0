package import GameProtocol

/// What a program that starts anew must know to go on in its former seat, such as a reloaded page.
///
/// The token is a secret between the player and the server.
package struct SeatResumption: Sendable, Equatable {
    /// What resumes the seat, once.
    package var token: ResumptionToken
    /// The newest event that has come from the server.
    package var receivedEventID: UInt32

    /// Bytes of ``bytes``.
    package static let byteCount = ResumptionToken.byteCount + 4

    /// Puts it together.
    package init(token: ResumptionToken, receivedEventID: UInt32) {
        self.token = token
        self.receivedEventID = receivedEventID
    }

    /// Reads what ``bytes`` has written; nil where there is another number of bytes.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.byteCount,
            let token = ResumptionToken(bytes.extracting(0..<ResumptionToken.byteCount))
        else { return nil }
        self.token = token
        receivedEventID = 0
        for index in ResumptionToken.byteCount..<Self.byteCount {
            receivedEventID = receivedEventID &<< 8 | UInt32(bytes[index])
        }
    }

    /// The token's 16 bytes and the id, highest byte first.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        let token = token.bytes
        for index in 0..<ResumptionToken.byteCount { bytes.append(token[index]) }
        for shift in [24, 16, 8, 0] as [UInt32] {
            bytes.append(UInt8(truncatingIfNeeded: receivedEventID &>> shift))
        }
        return bytes
    }
}
