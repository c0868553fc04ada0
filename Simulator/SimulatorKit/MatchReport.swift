import Hyoshi

/// What a series of matches came to: everything but how long it took.
package struct MatchReport: Sendable {
    /// One bot, or all bots of one policy.
    package struct Line: Sendable, Equatable {
        /// The bot's or the policy's name.
        package var name: String
        /// Bots of that name in all matches together.
        package var played = 0
        /// Of these, those that were their match's only best.
        package var wins = 0
        /// Their points.
        package var scores = Distribution([])

        /// The chance of one of them to win.
        package var chance: WilsonInterval { WilsonInterval(wins: wins, trials: played) }
    }

    /// Two policies held against each other.
    package struct Duel: Sendable, Equatable {
        /// The one whose wins are counted.
        package let policy: String
        /// The other one.
        package let opponent: String
        /// Matches in which the bots of the first had more points each, on average.
        package let wins: Int
        /// Matches in which those of the other one had.
        package let losses: Int
        /// Matches in which both had as many.
        package let draws: Int

        /// The chance of the first to win a match that one of them wins.
        package var chance: WilsonInterval { WilsonInterval(wins: wins, trials: wins + losses) }
    }

    /// What was played.
    package let settings: MatchSettings
    /// The game.
    package let game: String
    /// Each match, by number.
    package let outcomes: [MatchOutcome]
    /// The bots, by number.
    package let bots: [Line]
    /// The policies, the best mean of points first.
    package let policies: [Line]
    /// Which of two policies is the better one, where there are two.
    package let duel: Duel?

    /// Counts the outcomes.
    package init(_ settings: MatchSettings, game: String, outcomes: [MatchOutcome]) {
        self.settings = settings
        self.game = game
        self.outcomes = outcomes
        bots = Self.lines(outcomes) { $0.name }
        policies = Self.lines(outcomes) { $0.policy }
            .sorted { ($1.scores.mean, $0.name) < ($0.scores.mean, $1.name) }
        duel = settings.choices.count == 2 ? Self.duel(settings, outcomes) : nil
    }

    /// Matches without a single best.
    package var draws: Int { outcomes.filter { $0.winner == nil }.count }

    /// The lengths in ticks.
    package var lengths: Distribution { Distribution(outcomes.map(\.ticks)) }

    /// Whether anybody has had points.
    package var keepsScore: Bool { outcomes.contains { $0.highestScore != nil } }

    /// Bots that had a seat at the end, match by match.
    package var seatsTaken: Distribution {
        Distribution(outcomes.map { $0.players.filter { $0.seat != nil }.count })
    }

    /// The points of the best of each match.
    package var bestScores: Distribution {
        Distribution(outcomes.compactMap { $0.highestScore.map { Int($0) } })
    }

    /// The points of all bots of all matches.
    package var scores: Distribution {
        Distribution(outcomes.flatMap { $0.players.compactMap { $0.score.map { Int($0) } } })
    }

    /// Seconds that were played.
    package var playedSeconds: Double {
        Double(outcomes.reduce(0) { $0 + $1.ticks }) / Double(MatchSettings.tickRate)
    }

    /// A hash over all of it: equal for equal series.
    package var digest: UInt64 {
        var hash = StateHash()
        for outcome in outcomes {
            hash.combine(UInt32(truncatingIfNeeded: outcome.number))
            hash.combine(UInt32(truncatingIfNeeded: outcome.ticks))
            hash.combine(outcome.digest)
            for player in outcome.players { hash.combine(UInt32(bitPattern: player.score ?? 0)) }
        }
        return hash.value
    }

    /// One line for each name, in the order in which the names come up.
    private static func lines(
        _ outcomes: [MatchOutcome], name: (MatchOutcome.Player) -> String
    ) -> [Line] {
        var lines: [Line] = []
        var scores: [[Int]] = []
        var positions: [String: Int] = [:]
        for outcome in outcomes {
            let winner = outcome.winner
            for (bot, player) in outcome.players.enumerated() {
                let name = name(player)
                let position = positions[name] ?? lines.count
                if position == lines.count {
                    positions[name] = position
                    lines.append(Line(name: name))
                    scores.append([])
                }
                lines[position].played += 1
                if bot == winner { lines[position].wins += 1 }
                if let score = player.score { scores[position].append(Int(score)) }
            }
        }
        for position in lines.indices {
            lines[position].scores = Distribution(scores[position])
        }
        return lines
    }

    /// Compares the two policies by the points of their bots, match by match.
    private static func duel(_ settings: MatchSettings, _ outcomes: [MatchOutcome]) -> Duel {
        var counts = (wins: 0, losses: 0, draws: 0)
        for outcome in outcomes {
            var sums = (0, 0)
            var bots = (0, 0)
            for (bot, player) in outcome.players.enumerated() {
                let score = Int(player.score ?? 0)
                // By turn, not by name: a policy may be held against itself.
                if (bot + outcome.number) % 2 == 0 {
                    sums.0 += score
                    bots.0 += 1
                } else {
                    sums.1 += score
                    bots.1 += 1
                }
            }
            // Means without division: there may be one bot more of either.
            let (own, other) = (sums.0 * bots.1, sums.1 * bots.0)
            if own > other {
                counts.wins += 1
            } else if own < other {
                counts.losses += 1
            } else {
                counts.draws += 1
            }
        }
        return Duel(
            policy: settings.choices[0].name, opponent: settings.choices[1].name,
            wins: counts.wins, losses: counts.losses, draws: counts.draws)
    }
}
