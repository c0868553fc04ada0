import NetworkModel

/// A series of matches as a table for a terminal.
package struct MatchTable {
    private var lines: [String] = []
    private let width: Int

    /// Columns of a picture.
    private static let pictureWidth = 20

    /// Lays the table out.
    ///
    /// - Parameter width: Columns of the terminal; below 100 the pictures of groups are left out, and
    ///   from 80 on nothing else is needed.
    package init(_ report: MatchReport, width: Int = 100) {
        self.width = width
        let settings = report.settings
        let matches = report.outcomes.count
        lines.append(
            "\(Format.count(matches)) \(matches == 1 ? "match" : "matches") of \(report.game) × "
                + "\(settings.bots) \(settings.bots == 1 ? "bot" : "bots"), up to "
                + "\(Self.time(ticks: settings.ticks)) each, seed \(settings.seed), "
                + Self.form(settings.form))
        if report.keepsScore {
            let scores = report.scores
            let range = scores.lowest...scores.highest
            group("policy", report.policies, range)
            group("bot", report.bots, range)
            lines.append("")
            row("points", scores) { Format.count($0) }
            row("points of the best", report.bestScores) { Format.count($0) }
            row("length", report.lengths) { Self.time(ticks: $0) }
        } else if matches > 0 {
            lines.append("")
            row("length", report.lengths) { Self.time(ticks: $0) }
            row("ticks", report.lengths) { Format.count($0) }
            row("seats taken", report.seatsTaken) { Format.count($0) }
            let policies = report.policies.map { "\(Format.count($0.played)) × \($0.name)" }
            lines.append("  \(Format.left("played by", 22))\(policies.joined(separator: ", "))")
            lines.append("  \(Format.left("points", 22))\(report.game) keeps none")
        }
        if report.keepsScore, report.draws > 0 {
            lines.append(
                "  \(Format.left("without a single best", 22))\(Format.count(report.draws))")
        }
        if report.keepsScore, let duel = report.duel { add(duel) }
        lines.append("  \(Format.left("digest", 22))\(Self.hexadecimal(report.digest))")
    }

    /// The lines, without a newline at the end.
    package var text: String { lines.joined(separator: "\n") }

    /// A time in minutes and seconds, `3:00`; below a tenth of a minute in seconds, `2.5 s`.
    package static func time(ticks: Int) -> String {
        let seconds = Double(ticks) / Double(MatchSettings.tickRate)
        if seconds < 6 { return "\(Format.fixed(seconds, decimals: 1)) s" }
        let whole = Int(seconds.rounded())
        let rest = whole % 60
        return "\(whole / 60):\(rest < 10 ? "0" : "")\(rest)"
    }

    static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func form(_ form: MatchSettings.Form) -> String {
        switch form {
        case .rulesOnly: "rules only"
        case .full(let profile) where profile == .clean: "whole protocol"
        case .full(let profile):
            "whole protocol over \(Format.time(nanoseconds: Double(profile.latencyNanoseconds))) "
                + "± \(Format.time(nanoseconds: Double(profile.jitterNanoseconds)))"
        }
    }

    private mutating func group(
        _ title: String, _ group: [MatchReport.Line], _ range: ClosedRange<Int>
    ) {
        lines.append("")
        lines.append(
            "  \(Format.left(title, 12))\(Format.right("played", 9))\(Format.right("won", 8))"
                + "\(Format.right("share", 10))  \(Format.left("(95 %)", 18))"
                + "\(Format.right("points", 8))\(Format.right("median", 8))"
                + (width < 100 ? "" : "  \(range.lowerBound) to \(range.upperBound)"))
        for line in group {
            let picture = line.scores.picture(width: Self.pictureWidth, of: range)
            let chance = line.chance
            let interval = "(\(Self.percent(chance.lowest)) to \(Self.percent(chance.highest)) %)"
            lines.append(
                "  \(Format.left(line.name, 12))"
                    + Format.right(Format.count(line.played), 9)
                    + Format.right(Format.count(line.wins), 8)
                    + Format.right("\(Self.percent(chance.share)) %", 10)
                    + "  \(Format.left(interval, 18))"
                    + Format.right(Format.fixed(line.scores.mean, decimals: 1), 8)
                    + Format.right(Format.count(line.scores.quantile(0.5)), 8)
                    + (width < 100 ? "" : "  \(Self.trimmed(picture))"))
        }
    }

    private mutating func row(
        _ name: String, _ distribution: Distribution, _ text: (Int) -> String
    ) {
        let mean = Int(distribution.mean.rounded())
        lines.append(
            "  \(Format.left(name, 22))mean \(Format.left(text(mean), 8))"
                + "\(Format.right(text(distribution.lowest), 6)) "
                + "▕\(distribution.picture(width: Self.pictureWidth))▏ "
                + text(distribution.highest))
    }

    private mutating func add(_ duel: MatchReport.Duel) {
        let chance = duel.chance
        let decided = duel.wins + duel.losses
        let draws = duel.draws == 0 ? "" : ", \(Format.count(duel.draws)) even"
        let result =
            "  \(duel.policy) against \(duel.opponent): \(Format.count(duel.wins)) of "
            + "\(Format.count(decided)) matches won\(draws), \(Self.percent(chance.share)) %"
        let confidence =
            "(95 % confidence: \(Self.percent(chance.lowest)) to "
            + "\(Self.percent(chance.highest)) %)"
        lines.append("")
        if result.count + 1 + confidence.count > width {
            lines += [result, "  " + confidence]
        } else {
            lines.append("\(result) \(confidence)")
        }
        lines.append("  \(Self.verdict(duel))")
        lines.append("")
    }

    private static func verdict(_ duel: MatchReport.Duel) -> String {
        if duel.chance.lowest > 0.5 { return "\(duel.policy) is the better one." }
        if duel.chance.highest < 0.5 { return "\(duel.opponent) is the better one." }
        return "Neither is shown to be the better one by so many matches."
    }

    /// Without the spaces at its end.
    private static func trimmed(_ text: String) -> String {
        text.lastIndex { $0 != " " }.map { String(text[...$0]) } ?? ""
    }

    private static func percent(_ share: Double) -> String {
        Format.fixed(share * 100, decimals: 1)
    }
}
