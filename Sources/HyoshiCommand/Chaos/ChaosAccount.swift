/// What one direction of a connection through the proxy came to.
struct ChaosDirectionAccount: Equatable, Sendable, Encodable {
    /// Bytes taken from the writer.
    var byteCount = 0
    /// Reads from the writer's socket: each is one write of the network model.
    var writeCount = 0
    /// Writes to the reader's socket.
    var pieceCount = 0
    /// Writes that were lost on the way and came again.
    var stallCount = 0
    /// How often the way was full and reading stopped.
    var fullCount = 0

    static func += (sum: inout Self, other: Self) {
        sum.byteCount += other.byteCount
        sum.writeCount += other.writeCount
        sum.pieceCount += other.pieceCount
        sum.stallCount += other.stallCount
        sum.fullCount += other.fullCount
    }
}

/// How a connection through the proxy came to its end.
enum ChaosEnding: String, Equatable, Sendable, Encodable, CaseIterable {
    /// Both sides ended their directions.
    case ended
    /// The network model broke it: the draw of one write said so.
    case drawnReset
    /// The client's side broke it.
    case clientReset
    /// The target's side broke it.
    case targetReset
    /// The target did not answer.
    case unreachable
    /// The proxy was stopped.
    case stopped

    /// As lines and tables say it.
    var text: String {
        switch self {
        case .ended: "ended by both sides"
        case .drawnReset: "reset by the network"
        case .clientReset: "reset by the client"
        case .targetReset: "reset by the target"
        case .unreachable: "target unreachable"
        case .stopped: "open when stopped"
        }
    }
}

/// What one connection through the proxy came to.
struct ChaosAccount: Equatable, Sendable, Encodable {
    /// From 1, in the order in which clients connected; with the seed it decides every draw.
    var number: Int
    /// The client's address and port.
    var client: String
    var seconds: Double
    var toTarget: ChaosDirectionAccount
    var toClient: ChaosDirectionAccount
    var ending: ChaosEnding
}
