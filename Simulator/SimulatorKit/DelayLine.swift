package import TransportInterface

/// Bytes that are held back for a while, in their order: one direction of a slow way.
///
/// Each piece gets a due time of its own, but none overtakes the one before it, as on a TCP
/// connection. Memory grows to what is on its way at once, and is kept.
package struct DelayLine: Sendable {
    private struct Piece: Sendable {
        var due: MonotonicInstant
        var byteCount: Int
    }

    private var pieces: [Piece] = []
    private var firstPiece = 0
    private var bytes: [UInt8] = []
    private var firstByte = 0
    private var lastDue = MonotonicInstant(nanoseconds: 0)

    /// Nothing on its way.
    package init() {}

    /// When the next piece is due; never where nothing is on its way.
    package var nextDue: MonotonicInstant {
        firstPiece < pieces.count ? pieces[firstPiece].due : .distantFuture
    }

    /// Lets a piece wait until `due`, or until the piece before it is due, if that is later.
    package mutating func append(_ piece: Span<UInt8>, due: MonotonicInstant) {
        lastDue = max(lastDue, due)
        pieces.append(Piece(due: lastDue, byteCount: piece.count))
        for index in piece.indices { bytes.append(piece[index]) }
    }

    /// Moves all that is due at `now` to the end of `output`; true where there was something.
    package mutating func takeDue(now: MonotonicInstant, into output: inout [UInt8]) -> Bool {
        var byteCount = 0
        while firstPiece < pieces.count, pieces[firstPiece].due <= now {
            byteCount += pieces[firstPiece].byteCount
            firstPiece += 1
        }
        guard byteCount > 0 else { return false }
        output.append(contentsOf: bytes[firstByte..<firstByte + byteCount])
        firstByte += byteCount
        compact()
        return true
    }

    /// Forgets what is on its way.
    package mutating func removeAll() {
        pieces.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        firstPiece = 0
        firstByte = 0
        lastDue = MonotonicInstant(nanoseconds: 0)
    }

    /// Moves what is left to the front once more has been taken than is left.
    private mutating func compact() {
        guard firstByte * 2 >= bytes.count else { return }
        bytes.removeSubrange(..<firstByte)
        pieces.removeSubrange(..<firstPiece)
        firstByte = 0
        firstPiece = 0
    }
}
