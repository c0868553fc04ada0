import FaultRuns
import SimulatorKit

/// What is printed of a set of runs.
enum SoakText {
    /// A finding, and how to see it again.
    static func finding(_ finding: Finding, options: RunOptions) -> String {
        let seconds = Format.fixed(finding.seconds, decimals: 3)
        return """
            found: seed \(finding.seed) at \(seconds) s, tick \(finding.tick), \
            by \(finding.checker.rawValue)
              \(finding.text)
              again: \(options.command(seed: finding.seed))
              and what led to it: \(options.command(seed: finding.seed)) --trace
            """
    }

    /// Everything, for people.
    static func text(_ set: RunSet, wallSeconds: Double, cores: Int) -> String {
        var lines: [String] = []
        for (name, count) in set.sites.sorted {
            lines.append("  \(Format.left(name, 44))\(Format.right(Format.count(Int(count)), 14))")
        }
        lines.append("")
        for finding in set.findings { lines.append(Self.finding(finding, options: set.options)) }
        let missing = set.missingSites
        if set.isFull, !missing.isEmpty {
            lines.append("never happened: " + missing.joined(separator: "; "))
        }
        let factor = wallSeconds > 0 ? set.seconds / wallSeconds : 0
        lines.append(
            "\(Format.count(set.reports.count)) runs, \(MatchProgress.span(set.seconds)) and "
                + "\(Format.count(Int(set.ticks))) ticks in \(MatchProgress.span(wallSeconds)) on "
                + "\(cores) \(cores == 1 ? "core" : "cores"): \(Int(factor)) × real time; "
                + "\(set.findings.isEmpty ? "nothing" : "\(set.findings.count)") found")
        return lines.joined(separator: "\n")
    }

    /// The same for programs.
    static func json(_ set: RunSet, wallSeconds: Double) -> String {
        let findings = set.findings.map { finding in
            "{\"seed\":\"\(finding.seed)\",\"seconds\":\(finding.seconds),"
                + "\"tick\":\(finding.tick),\"checker\":\"\(finding.checker.rawValue)\","
                + "\"text\":\(quoted(finding.text)),"
                + "\"command\":\(quoted(set.options.command(seed: finding.seed)))}"
        }
        let sites = set.sites.sorted.map { "\(quoted($0.name)):\($0.count)" }
        let missing = set.isFull ? set.missingSites.map { quoted($0) } : []
        return "{\"runs\":\(set.reports.count),\"seconds\":\(set.seconds),"
            + "\"wallSeconds\":\(wallSeconds),\"ticks\":\(set.ticks),"
            + "\"digest\":\"\(set.digest)\",\"findings\":[\(findings.joined(separator: ","))],"
            + "\"missing\":[\(missing.joined(separator: ","))],"
            + "\"sites\":{\(sites.joined(separator: ","))}}"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case "\n": quoted += "\\n"
            default: quoted.unicodeScalars.append(scalar.value < 32 ? " " : scalar)
            }
        }
        return quoted + "\""
    }
}
