package import GameProtocol

/// What a program that starts anew must know to go on in its former seat, such as a reloaded page.
///
/// The token is a secret between the player and the server.
package struct SeatResumption: Sendable, Equatable {
    /// What resumes the seat, once.
    package var token: ResumptionToken
    /// The newest event that has come from the server.
    package var receivedEventID: UInt32
    /// The newest event of the seat that the server has acknowledged; what was sent after it is
    /// lost, and the next event takes its number.
    package var takenEventID: UInt32

    /// Bytes of ``bytes``.
    package static let byteCount = ResumptionToken.byteCount + 8

    /// Puts it together.
    package init(token: ResumptionToken, receivedEventID: UInt32, takenEventID: UInt32) {
        self.token = token
        self.receivedEventID = receivedEventID
        self.takenEventID = takenEventID
    }

    /// Reads what ``bytes`` has written; nil where there is another number of bytes.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.byteCount,
            let token = ResumptionToken(bytes.extracting(0..<ResumptionToken.byteCount))
        else { return nil }
        self.token = token
        receivedEventID = 0
        takenEventID = 0
        for index in 0..<4 {
            receivedEventID = receivedEventID &<< 8 | UInt32(bytes[16 + index])
            takenEventID = takenEventID &<< 8 | UInt32(bytes[20 + index])
        }
    }

    /// The token's 16 bytes and the two ids, highest byte first.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        let token = token.bytes
        for index in 0..<ResumptionToken.byteCount { bytes.append(token[index]) }
        for id in [receivedEventID, takenEventID] {
            for index in 0..<4 {
                bytes.append(UInt8(truncatingIfNeeded: id &>> UInt32(24 - 8 * index)))
            }
        }
        return bytes
    }
}
