import Hyoshi

/// Matches for other programs: lines for spreadsheets, and a document.
package enum MatchCSV {
    /// The head of the table, and one line for each bot of each match; lines end in a newline.
    ///
    /// `place` is 1 for the best; bots with as many points have the same place. `won` is 1 for a
    /// match's only best. `points` and `place` are empty where the game keeps no score.
    package static func text(_ outcomes: [MatchOutcome]) -> String {
        var text = "match,seed,seconds,bot,name,policy,seat,points,place,won\n"
        for outcome in outcomes {
            let winner = outcome.winner
            let rate = Double(MatchSettings.tickRate)
            let seconds = Format.fixed(Double(outcome.ticks) / rate, decimals: 3)
            for (bot, player) in outcome.players.enumerated() {
                let place = outcome.place(ofBot: bot).map { "\($0)" } ?? ""
                let score = player.score.map { "\($0)" } ?? ""
                let seat = player.seat.map { "\($0.rawValue)" } ?? ""
                text += "\(outcome.number),\(outcome.seed),\(seconds),\(bot),"
                text += "\(field(player.name)),\(field(player.policy)),\(seat),\(score),\(place),"
                text += "\(bot == winner ? 1 : 0)\n"
            }
        }
        return text
    }

    /// A text as a field (RFC 4180 §2): in quotes where it would not be one field without.
    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}

/// A series of matches as one line of JSON.
package enum MatchJSON {
    /// The numbers of the table; shares from 0 to 1, times in seconds, the seed and the digest as
    /// text: 64 bits are more than a JSON number holds.
    ///
    /// `wallSeconds` is the only one that is another in every run.
    package static func text(_ report: MatchReport, wallSeconds: Double) -> String {
        let settings = report.settings
        var members = [
            "\"game\":\(quoted(report.game))", "\"matches\":\(report.outcomes.count)",
            "\"bots\":\(settings.bots)", "\"seed\":\"\(settings.seed)\"",
            "\"full\":\(settings.form != .rulesOnly)",
            "\"played_seconds\":\(number(report.playedSeconds))",
            "\"wall_seconds\":\(number(wallSeconds))",
            "\"draws\":\(report.draws)",
            "\"digest\":\"\(MatchTable.hexadecimal(report.digest))\"",
            "\"policies\":[\(report.policies.map(line).joined(separator: ","))]",
            "\"players\":[\(report.bots.map(line).joined(separator: ","))]",
            "\"points\":\(distribution(report.scores))",
            "\"best_points\":\(distribution(report.bestScores))",
            "\"length_ticks\":\(distribution(report.lengths))",
        ]
        if let duel = report.duel {
            members.append(
                "\"duel\":{\"policy\":\(quoted(duel.policy)),\"against\":\(quoted(duel.opponent)),"
                    + "\"wins\":\(duel.wins),\"losses\":\(duel.losses),\"draws\":\(duel.draws),"
                    + "\(chance(duel.chance))}")
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func line(_ line: MatchReport.Line) -> String {
        "{\"name\":\(quoted(line.name)),\"played\":\(line.played),\"wins\":\(line.wins),"
            + "\(chance(line.chance)),\"points\":\(distribution(line.scores))}"
    }

    private static func chance(_ chance: WilsonInterval) -> String {
        "\"share\":\(number(chance.share)),\"share_low\":\(number(chance.lowest)),"
            + "\"share_high\":\(number(chance.highest))"
    }

    private static func distribution(_ distribution: Distribution) -> String {
        "{\"mean\":\(number(distribution.mean)),\"lowest\":\(distribution.lowest),"
            + "\"median\":\(distribution.quantile(0.5)),\"highest\":\(distribution.highest)}"
    }

    /// A string (RFC 8259 §7).
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted += "\\" }
            // Names have no controls that would mean anything.
            quoted.unicodeScalars.append(scalar.value < 32 ? " " : scalar)
        }
        return quoted + "\""
    }

    /// Six decimals are more than there is to know.
    private static func number(_ value: Double) -> String { Format.fixed(value, decimals: 6) }
}
