/// A report as a table for a terminal.
package struct ReportTable {
    private let report: Report
    private let values: MetricValues
    private var lines: [String] = []

    /// Lays the table out.
    package init(_ report: Report) {
        self.report = report
        values = report.values
        let counted = report.measurements
        lines.append(
            "\(Format.count(report.rooms)) \(report.rooms == 1 ? "room" : "rooms") × "
                + "\(report.botsPerRoom) \(report.botsPerRoom == 1 ? "bot" : "bots"), "
                + "\(Format.fixed(report.seconds, decimals: 1)) s at \(report.tickRate) Hz")
        row("connected / joined", "\(text(.connected)) / \(text(.joined))")
        row("snapshots per bot", "mean \(text(.snapshotsMean))   min \(text(.snapshotsMin))")
        row("delivered", text(.delivered))
        row(
            "time between snapshots",
            percentiles(.interArrivalP50, .interArrivalP99, .interArrivalP999, .interArrivalMax))
        row("bytes per bot", text(.bytesPerClient))
        row(
            "inputs",
            "\(text(.inputsSent)) sent   \(text(.inputsLate)) of ticks late   "
                + "\(text(.inputsDropped)) dropped")
        row("round trip", percentiles(.roundTripP50, .roundTripP99, nil, nil))
        row(
            "reconnects",
            "\(Format.count(counted.reconnects))   (\(Format.count(counted.resumptions)) seats "
                + "resumed, \(Format.count(counted.connectFailures)) attempts failed)")
        row("closes", closes)
        if counted.undecodable > 0 {
            row("undecodable", Format.count(counted.undecodable))
        }
        if report.beat != nil {
            row("server's tick lateness", lateness)
            row("server's dropped ticks", text(.droppedTicks))
        } else {
            row("server's tick lateness", report.beatAbsence ?? "not asked for")
        }
    }

    /// The lines, without a newline at the end.
    package var text: String { lines.joined(separator: "\n") }

    private mutating func row(_ name: String, _ value: String) {
        lines.append("  \(Format.left(name, 24))\(value)")
    }

    private func text(_ metric: Metric) -> String {
        guard let value = values[metric] else { return "–" }
        return Format.value(value, of: metric)
    }

    private func percentiles(
        _ median: Metric, _ p99: Metric, _ p999: Metric?, _ longest: Metric?
    ) -> String {
        var parts = ["p50 \(text(median))", "p99 \(text(p99))"]
        if let p999 { parts.append("p99.9 \(text(p999))") }
        if let longest { parts.append("max \(text(longest))") }
        return parts.joined(separator: "   ")
    }

    private var lateness: String {
        percentiles(.latenessP50, .latenessP99, .latenessP999, .latenessMax)
    }

    private var closes: String {
        let closes = report.measurements.closesByCode
        guard !closes.isEmpty else { return "none" }
        return closes.map { "\($0.code) × \(Format.count($0.count))" }.joined(separator: "   ")
    }
}

/// A report as one line of JSON: every metric in its own unit, null where it was not measured.
package enum ReportJSON {
    /// Times are in nanoseconds, bytes per second and bot, parts of a whole from 0 to 1.
    package static func text(_ report: Report, missed: [String] = []) -> String {
        let values = report.values
        var members = [
            "\"rooms\":\(report.rooms)", "\"bots_per_room\":\(report.botsPerRoom)",
            "\"seconds\":\(number(report.seconds))", "\"tick_rate\":\(report.tickRate)",
        ]
        for metric in Metric.allCases {
            members.append("\"\(name(metric))\":\(values[metric].map(number) ?? "null")")
        }
        let counted = report.measurements
        let closes = counted.closesByCode.map { "\"\($0.code)\":\($0.count)" }
        members.append("\"closes_by_code\":{\(closes.joined(separator: ","))}")
        members.append("\"resumptions\":\(counted.resumptions)")
        members.append("\"connect_failures\":\(counted.connectFailures)")
        members.append("\"full_snapshots\":\(counted.fullSnapshots)")
        members.append("\"undecodable\":\(counted.undecodable)")
        members.append("\"bytes_sent\":\(counted.bytesSent)")
        members.append("\"events\":\(counted.events)")
        members.append("\"missed\":[\(missed.map(quoted).joined(separator: ","))]")
        return "{\(members.joined(separator: ","))}"
    }

    /// The metric's name with its unit where it has one.
    private static func name(_ metric: Metric) -> String {
        switch metric.dimension {
        case .time: "\(metric.rawValue)_ns"
        case .count, .ratio, .rate, .bytes: metric.rawValue
        }
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        if value == value.rounded(), value.magnitude < 1e15 { return "\(Int(value))" }
        return "\(value)"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
