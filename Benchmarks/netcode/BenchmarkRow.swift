/// One figure, and what it should be.
struct BenchmarkRow {
    /// A short name for programs.
    var id: String
    /// What was measured, for people.
    var title: String
    var value: Double
    var unit: String
    var decimals = 0
    /// The most that is allowed; nil where the figure is for comparison only.
    var limit: Double?
    /// What is aimed at beside it.
    var aim: Double?

    /// Whether it is within its limit, as exactly as it is shown.
    var holds: Bool {
        guard let limit else { return true }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        return (value * scale).rounded() <= (limit * scale).rounded()
    }
}

/// What a run has found: rows, and what explains them.
struct BenchmarkReport {
    /// A heading and its rows.
    var sections: [(title: String, rows: [BenchmarkRow])] = []
    /// Byte accounts, for people.
    var details: [(title: String, lines: [String])] = []

    /// Rows beyond their limits.
    var misses: [BenchmarkRow] { sections.flatMap(\.rows).filter { !$0.holds } }

    /// A table for a terminal.
    func table(showsDetails: Bool) -> String {
        let width = (sections.flatMap(\.rows).map(\.title.count).max() ?? 0) + 2
        var lines: [String] = []
        for section in sections {
            if !lines.isEmpty { lines.append("") }
            lines.append(
                section.title.padded(to: width) + "measured".padded(to: 18, left: true)
                    + "at most".padded(to: 11, left: true))
            lines.append(String(repeating: "─", count: width + 37))
            for row in section.rows { lines.append(line(row, width: width)) }
        }
        if showsDetails {
            for detail in details { lines += ["", detail.title] + detail.lines }
        }
        lines.append("")
        lines.append(
            misses.isEmpty
                ? "all within their limits" : "beyond their limits: \(misses.count)")
        return lines.joined(separator: "\n")
    }

    private func line(_ row: BenchmarkRow, width: Int) -> String {
        let value = fixed(row.value, row.decimals) + " " + row.unit
        let limit = row.limit.map { fixed($0, row.decimals) } ?? ""
        let verdict = row.limit == nil ? "" : row.holds ? "  ok" : "  MISSED"
        let aim = row.aim.map { "  (aim \(fixed($0, row.decimals)))" } ?? ""
        return row.title.padded(to: width) + value.padded(to: 18, left: true)
            + limit.padded(to: 11, left: true) + verdict + aim
    }

    /// The rows as a JSON array.
    var json: String {
        let objects = sections.flatMap(\.rows).map { row in
            var parts = [
                "\"id\": \"\(row.id)\"", "\"title\": \"\(row.title)\"",
                "\"value\": \(row.value)", "\"unit\": \"\(row.unit)\"",
            ]
            if let limit = row.limit { parts.append("\"limit\": \(limit)") }
            if let aim = row.aim { parts.append("\"aim\": \(aim)") }
            parts.append("\"holds\": \(row.holds)")
            return "  {" + parts.joined(separator: ", ") + "}"
        }
        return "[\n" + objects.joined(separator: ",\n") + "\n]"
    }
}

/// The value at a share (0 to 1) of the sorted values; 0 where there are none.
func percentile(_ share: Double, of values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    let position = Int((Double(sorted.count) * share).rounded(.up)) - 1
    return sorted[min(max(position, 0), sorted.count - 1)]
}
