import Arena
import ArenaBots
import Hyoshi
import HyoshiBots
import Testing

/// What a game's author plays from code.
@Suite struct MatchesTests {
    private static var matches: Matches {
        var matches = Matches(of: arena, between: [ArenaPolicies.ace, ArenaPolicies.novice])
        matches.count = 4
        matches.bots = 4
        matches.ticks = 600
        return matches
    }

    @Test func resultsAreThereAsNumbers() throws {
        let results = try Self.matches.play()
        #expect(results.matches.map(\.number) == [0, 1, 2, 3])
        #expect(results.matches.allSatisfy { $0.ticks == 600 && $0.players.count == 4 })
        #expect(Set(results.policies.map(\.policy)) == ["ace", "novice"])
        for standing in results.policies {
            #expect(standing.played == 8)
            let wins = results.matches.count { match in
                match.winner.map { match.players[$0].policy == standing.policy } ?? false
            }
            #expect(standing.wins == wins && standing.chance.share == Double(wins) / 8)
            #expect(standing.chance.lowest <= standing.chance.share)
            #expect(standing.chance.highest >= standing.chance.share)
            let points = results.matches.flatMap(\.players)
                .filter { $0.policy == standing.policy }.compactMap(\.points)
            #expect(standing.pointsMean == Double(points.reduce(0, +)) / 8)
        }
        let duel = try #require(results.duel)
        #expect(duel.policy == "ace" && duel.opponent == "novice")
        #expect(duel.wins + duel.losses + duel.draws == 4)
        #expect(results.text.contains("ace against novice: \(duel.wins) of "))
        var again = Self.matches
        again.cores = 1
        #expect(try again.play().digest == results.digest)
    }

    @Test func twoPoliciesOnlyAreHeldAgainstEachOther() throws {
        var matches = Matches(of: arena, between: [ArenaPolicies.novice])
        matches.count = 1
        matches.bots = 2
        matches.ticks = 60
        #expect(try matches.play().duel == nil)
    }

    @Test func whatCannotBePlayedIsSaidInWordsOfTheCode() {
        func complaint(_ game: Game = arena, _ change: (inout Matches) -> Void) -> String {
            var matches = Matches(of: game, between: [])
            matches.count = 1
            matches.ticks = 1
            change(&matches)
            do throws(MatchesError) {
                _ = try matches.play()
                return "played"
            } catch {
                return error.description
            }
        }
        #expect(complaint { _ in } == "played")
        for change: (inout Matches) -> Void in [
            { $0.count = -1 }, { $0.count = .max }, { $0.bots = 0 }, { $0.bots = 65 },
            { $0.ticks = 0 }, { $0.ticks = .max }, { $0.decisionsPerSecond = 61 },
            { $0.cores = 0 }, { $0.cores = .max },
        ] {
            #expect(complaint(arena, change).hasPrefix("count must be 0 to 1000000, "))
        }
        #expect(complaint { $0.way = .network("nowhere") }.hasPrefix("network: "))
        let ofLarge = complaint(arenaLarge) { $0.bots = 2 }
        #expect(ofLarge.contains(".network(\"clean\")") && !ofLarge.contains("--"))
    }

    @Test func liveBotsAreRefusedWhatMakesNoSense() {
        func complaint(
            _ url: String = "ws://127.0.0.1:1", seconds: Double = 1,
            _ change: (inout LiveBots) -> Void = { _ in }
        ) -> String {
            var bots = LiveBots(url: url, policies: [])
            change(&bots)
            do throws(LiveBotsError) {
                return try bots.play(seconds: seconds)
            } catch {
                return error.description
            }
        }
        for change: (inout LiveBots) -> Void in [
            { $0.rooms = 0 }, { $0.rooms = .max }, { $0.botsPerRoom = 65 },
            { $0.decisionsPerSecond = 0 },
        ] {
            #expect(
                complaint("ws://127.0.0.1:1", seconds: 1, change).hasPrefix(
                    "seconds must be above 0, rooms 1 to 10000, "))
        }
        #expect(complaint(seconds: .nan).hasPrefix("seconds must be above 0"))
        #expect(complaint("http://127.0.0.1:1").hasPrefix("url: "))
        #expect(complaint { $0.roomName = "a b" }.hasPrefix("names of rooms"))
    }
}
