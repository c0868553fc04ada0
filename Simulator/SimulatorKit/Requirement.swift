/// One condition that a run has to meet: `name op value[unit]`, such as `lateness_p99<2ms`.
package struct Requirement: Sendable, Equatable {
    /// How the measured number is compared with the wanted one.
    package enum Comparison: String, CaseIterable, Sendable {
        case atMost = "<="
        case atLeast = ">="
        case notEqual = "!="
        case below = "<"
        case above = ">"
        case equal = "="

        /// Whether `measured op wanted` holds.
        package func holds(_ measured: Double, _ wanted: Double) -> Bool {
            switch self {
            case .atMost: measured <= wanted
            case .atLeast: measured >= wanted
            case .notEqual: measured != wanted
            case .below: measured < wanted
            case .above: measured > wanted
            case .equal: measured == wanted
            }
        }
    }

    /// What is measured.
    package let metric: Metric
    /// How it is compared.
    package let comparison: Comparison
    /// The wanted number in the metric's own unit (nanoseconds, bytes a second, or plain).
    package let wanted: Double
    /// The requirement as it was written.
    package let text: String

    /// Reads a comma-separated list of requirements; spaces are ignored.
    ///
    /// - Throws: The first part that is not a requirement.
    package static func list(_ text: String) throws(RequirementError) -> [Requirement] {
        var requirements: [Requirement] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            requirements.append(try Requirement(String(part.filter { $0 != " " })))
        }
        return requirements
    }

    /// Reads one requirement without spaces.
    package init(_ text: String) throws(RequirementError) {
        guard let start = text.firstIndex(where: { "<>=!".contains($0) }) else {
            throw .malformed(text)
        }
        let name = text[..<start]
        guard let metric = Metric(name: name) else { throw .unknownName(String(name)) }
        let rest = text[start...]
        guard let comparison = Comparison.allCases.first(where: { rest.hasPrefix($0.rawValue) })
        else {
            throw .malformed(text)
        }
        var operand = rest.dropFirst(comparison.rawValue.count)
        if comparison == .equal, operand.hasPrefix("=") { operand = operand.dropFirst() }
        let digits = operand.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-") }
        guard let number = Double(digits), number.isFinite else { throw .malformed(text) }
        let unit = operand.dropFirst(digits.count)
        guard let factor = Requirement.factor(unit: String(unit), metric.dimension) else {
            throw .wrongUnit(metric, unit: String(unit))
        }
        self.metric = metric
        self.comparison = comparison
        wanted = number * factor
        self.text = text
    }

    /// What one `unit` is in the dimension's own unit, or nil where it does not fit.
    private static func factor(unit: String, _ dimension: Metric.Dimension) -> Double? {
        switch (dimension, unit) {
        case (.count, ""), (.ratio, ""), (.rate, ""), (.rate, "Hz"), (.bytes, ""), (.bytes, "B"):
            1
        case (.ratio, "%"): 0.01
        case (.bytes, "kB"): 1_000
        case (.bytes, "KiB"): 1_024
        case (.bytes, "MB"): 1_000_000
        case (.time, "ns"): 1
        case (.time, "us"), (.time, "µs"), (.time, "μs"): 1_000
        case (.time, "ms"): 1_000_000
        case (.time, "s"): 1_000_000_000
        default: nil
        }
    }

    /// Why the requirement is not met, or nil where it is.
    package func failure(in values: MetricValues) -> String? {
        guard let measured = values[metric] else {
            return "\(text): \(metric.rawValue) could not be measured"
        }
        guard !comparison.holds(measured, wanted) else { return nil }
        return "\(text): \(metric.rawValue) is \(Format.value(measured, of: metric))"
    }
}

/// Why a text is not a list of requirements.
package enum RequirementError: Error, Equatable, CustomStringConvertible {
    /// Not of the form `name op value[unit]`.
    case malformed(String)
    /// No metric has this name.
    case unknownName(String)
    /// The metric is not measured in this unit.
    case wrongUnit(Metric, unit: String)

    /// What is wrong, what would be right, and the list of names.
    package var description: String {
        switch self {
        case .malformed(let text):
            "'\(text)' is not a requirement: write name, one of < <= > >= = !=, and a number, "
                + "for example lateness_p99<2ms"
        case .unknownName(let name):
            "nothing is measured under the name '\(name)'. The names are:\n"
                + RequirementError.names
        case .wrongUnit(let metric, let unit):
            "\(metric.rawValue) is not measured in '\(unit)': "
                + RequirementError.units(metric.dimension)
        }
    }

    /// All names with their explanations, a line each.
    package static var names: String {
        Metric.allCases.map { metric in
            let padding = String(repeating: " ", count: max(20 - metric.rawValue.count, 1))
            return "  \(metric.rawValue)\(padding)\(metric.explanation)"
        }.joined(separator: "\n")
    }

    private static func units(_ dimension: Metric.Dimension) -> String {
        switch dimension {
        case .count: "write a plain number"
        case .ratio: "write a number from 0 to 1, or %"
        case .rate: "write a plain number or Hz"
        case .time: "write ns, us, ms or s"
        case .bytes: "write B, kB, KiB or MB (a second)"
        }
    }
}
