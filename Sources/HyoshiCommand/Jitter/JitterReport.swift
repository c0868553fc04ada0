import Foundation
import Histogram

/// The results of `hyoshi jitter` as people and programs read them.
struct JitterReport {
    /// What became of one strategy.
    struct Row {
        /// The strategy's name on the command line.
        var name: String
        /// Why there is no result; nil where there is one.
        var refusal: String?
        /// The result; empty where there is none.
        var result = BeatResult()
    }

    /// The rate that was asked for.
    var rate: Int
    /// Whether every strategy ran under SCHED_FIFO.
    var isFirstInFirstOut = false
    /// Whether the last measurement did not last as long as was asked for.
    var isStoppedEarly = false
    /// One row for each strategy, in the order in which they were measured.
    var rows: [Row] = []

    // MARK: Table

    /// The table; lines without line feeds.
    func table(usesUnicode: Bool) -> [String] {
        let micro = usesUnicode ? "µs" : "us"
        var lines = [
            "strategy     p50 \(micro)    p99 \(micro)  p99.9 \(micro)     max \(micro)"
                + "     rate Hz    CPU  missed"
        ]
        for row in rows {
            let name = row.name.padded(to: 9)
            if let refusal = row.refusal {
                lines.append("\(name)  \(refusal)")
                continue
            }
            let result = row.result
            let times = [50, 99, 99.9].map { result.latenessMicroseconds(percentile: $0) }
            lines.append(
                name + "  " + number(times[0], width: 8) + "  " + number(times[1], width: 8)
                    + "  " + number(times[2], width: 8) + "  "
                    + number(result.latenessMicrosecondsMax, width: 9) + "  "
                    + number(result.rate, width: 10, decimals: 4)
                    + number(result.processorFraction * 100, width: 6, decimals: 2) + "%"
                    + number(Double(result.missedCount), width: 7, decimals: 0))
        }
        return lines
    }

    private func number(_ value: Double, width: Int, decimals: Int = 1) -> String {
        let text = String(format: "%.\(decimals)f", value)
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }

    // MARK: JSON

    private struct Document: Encodable {
        struct Strategy: Encodable {
            var strategy: String
            var refusal: String?
            var beats: UInt64?
            var missed: Int?
            var rateHertz: Double?
            var processorFraction: Double?
            var latenessMicroseconds: Lateness?
            var histogram: [Column]?
        }

        /// Wake-ups whose lateness is at least this, and less than the next column's.
        struct Column: Encodable {
            var fromMicroseconds: Double
            var count: UInt64
        }

        struct Lateness: Encodable {
            var p50: Double
            var p90: Double
            var p99: Double
            var p99_9: Double
            var max: Double
            var mean: Double
        }

        var rateHertz: Int
        var schedFIFO: Bool
        var strategies: [Strategy]
    }

    /// The same as JSON, with the units in the names.
    func json() throws -> String {
        let strategies = rows.map { row in
            var strategy = Document.Strategy(strategy: row.name, refusal: row.refusal)
            guard row.refusal == nil else { return strategy }
            let result = row.result
            strategy.beats = result.lateness.totalCount
            strategy.missed = result.missedCount
            strategy.rateHertz = result.rate
            strategy.processorFraction = result.processorFraction
            strategy.latenessMicroseconds = Document.Lateness(
                p50: result.latenessMicroseconds(percentile: 50),
                p90: result.latenessMicroseconds(percentile: 90),
                p99: result.latenessMicroseconds(percentile: 99),
                p99_9: result.latenessMicroseconds(percentile: 99.9),
                max: result.latenessMicrosecondsMax, mean: result.lateness.mean / 1_000)
            let counts = LatenessPicture(result.lateness).counts
            strategy.histogram = zip(LatenessPicture.lowerEnds, counts).map { lowerEnd, count in
                Document.Column(fromMicroseconds: Double(lowerEnd) / 1_000, count: count)
            }
            return strategy
        }
        let document = Document(
            rateHertz: rate, schedFIFO: isFirstInFirstOut, strategies: strategies)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
