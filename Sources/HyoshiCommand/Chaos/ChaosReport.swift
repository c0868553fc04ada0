import Foundation

/// The results of `hyoshi chaos` as people and programs read them.
struct ChaosReport {
    /// What was asked for, as it was asked for.
    var listen: String
    var target: String
    var network: String
    var seed: UInt64
    /// Sums over all connections that are over.
    private(set) var toTarget = ChaosDirectionAccount()
    private(set) var toClient = ChaosDirectionAccount()
    private(set) var endings: [ChaosEnding: Int] = [:]
    private(set) var connectionCount = 0
    /// The first connections one by one; ``connectionsMax`` of them.
    private(set) var connections: [ChaosAccount] = []

    /// Accounts kept for the report: about 200 bytes each.
    static let connectionsMax = 10_000

    init(listen: String, target: String, network: String, seed: UInt64) {
        self.listen = listen
        self.target = target
        self.network = network
        self.seed = seed
    }

    /// Counts a connection that is over.
    mutating func add(_ account: ChaosAccount) {
        connectionCount += 1
        toTarget += account.toTarget
        toClient += account.toClient
        endings[account.ending, default: 0] += 1
        if connections.count < Self.connectionsMax { connections.append(account) }
    }

    // MARK: Text

    /// One connection, when it is over.
    static func line(_ account: ChaosAccount) -> String {
        "#\(account.number) \(account.client)  \(String(format: "%.1f", account.seconds)) s"
            + "  to target \(text(account.toTarget))  to client \(text(account.toClient))"
            + "  \(account.ending.text)"
    }

    private static func text(_ direction: ChaosDirectionAccount) -> String {
        let stalls = direction.stallCount == 1 ? "1 stall" : "\(direction.stallCount) stalls"
        return "\(size(direction.byteCount)) in \(direction.writeCount) (\(stalls))"
    }

    /// Bytes with a unit of 1,000, as `rate` has it.
    static func size(_ byteCount: Int) -> String {
        switch byteCount {
        case ..<1_000: "\(byteCount) B"
        case ..<1_000_000: String(format: "%.1f KB", Double(byteCount) / 1e3)
        default: String(format: "%.1f MB", Double(byteCount) / 1e6)
        }
    }

    /// The table of everything; lines without line feeds.
    var table: [String] {
        var lines = [
            Self.row(["", "bytes", "reads", "pieces", "stalls", "full"]),
            Self.row("to target", toTarget), Self.row("to client", toClient),
        ]
        let known = ChaosEnding.allCases.compactMap { ending in
            endings[ending].map { "\($0) \(ending.text)" }
        }
        let noun = connectionCount == 1 ? "connection" : "connections"
        let sum = known.isEmpty ? "" : ": " + known.joined(separator: ", ")
        lines.append("\(connectionCount) \(noun)\(sum)")
        return lines
    }

    private static func row(_ name: String, _ direction: ChaosDirectionAccount) -> String {
        row([
            name, size(direction.byteCount), "\(direction.writeCount)",
            "\(direction.pieceCount)", "\(direction.stallCount)", "\(direction.fullCount)",
        ])
    }

    private static func row(_ cells: [String]) -> String {
        cells.enumerated().map { column, cell in
            let fill = String(repeating: " ", count: max(0, (column == 0 ? 9 : 10) - cell.count))
            return column == 0 ? cell + fill : fill + cell
        }.joined()
    }

    // MARK: JSON

    private struct Document: Encodable {
        var listen: String
        var target: String
        var network: String
        var seed: UInt64
        var connectionCount: Int
        var endings: [String: Int]
        var toTarget: ChaosDirectionAccount
        var toClient: ChaosDirectionAccount
        var connections: [ChaosAccount]
    }

    /// The same as JSON, with the connections one by one.
    func json() throws -> String {
        let counts = endings.map { ($0.key.rawValue, $0.value) }
        let document = Document(
            listen: listen, target: target, network: network, seed: seed,
            connectionCount: connectionCount,
            endings: Dictionary(counts, uniquingKeysWith: { first, _ in first }),
            toTarget: toTarget, toClient: toClient, connections: connections)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
