import Arena
import ArenaBots
import ArgumentParser
import Hyoshi
import Testing

@testable import HyoshiBots

/// A bot that wants nothing.
private struct Still<Rules: Simulation>: Bot {
    func decide(_ view: BotView<Rules>, random: inout DeterministicRandom) -> Rules.Input {
        Rules.Input()
    }
}

/// A game in which nothing is.
private struct Pond: Simulation {
    struct Input: Fields {
        var keys: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("keys", &keys, .number(0...3))
        }
    }

    static var name: StaticString { "pond" }
    static var seatsMax: Int { 4 }

    init(random: inout DeterministicRandom) {}

    mutating func seatJoined(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {}
    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {}
    mutating func step(_ context: inout StepContext<Input>) {}
    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {}
}

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

    @Test func namesOfPoliciesAreWordsOfCommandLines() {
        func complaint(_ policy: BotPolicy) -> String? {
            var matches = Matches(of: arena, between: [policy])
            matches.count = 1
            matches.bots = 2
            matches.ticks = 1
            do throws(MatchesError) {
                _ = try matches.play()
                return nil
            } catch {
                return error.description
            }
        }
        #expect(complaint(BotPolicy("Ace-2") { Still<Arena>() }) == nil)
        for name in ["my bot", "a,b", "run:x", "wolf_1", "w\u{F6}lf", ""] as [StaticString] {
            let policy = BotPolicy(name) { Still<Arena>() }
            let wanted = "'\(name)' is no policy's name: letters of A-Z a-z, digits and '-'"
            #expect(complaint(policy) == wanted)
            #expect(complaint(BotPolicy("mixed", drawing: [policy])) == wanted)
            #expect(throws: LiveBotsError.self) {
                try LiveBots(url: "ws://127.0.0.1:1", policies: [policy]).play(seconds: 1)
            }
            let catalog = BotCatalog(commandName: "bots", games: [arena], policies: [policy])
            catalog.whileCurrent {
                let error = #expect(throws: (any Error).self) {
                    try BotOptions.parse(["--virtual", "--matches", "1"])
                }
                #expect(error.map { BotOptions.message(for: $0).contains(wanted) } == true)
            }
        }
    }

    /// What is drawn for a bot must know the game, not only what is named first.
    @Test func aPolicyThatDrawsPlaysWhatAllOfThemPlay() {
        let both = BotPolicy(
            "both",
            drawing: [BotPolicy("one") { Still<Arena>() }, BotPolicy("two") { Still<Pond>() }])
        for game in [arena, Game(Pond.self)] {
            var matches = Matches(of: game, between: [both])
            matches.count = 1
            matches.bots = 2
            matches.ticks = 1
            let error = #expect(throws: MatchesError.self) { try matches.play() }
            #expect(
                error?.description
                    == "the policy 'both' does not know the game '\(game.name)'")
        }
        let one = BotPolicy("both", drawing: [BotPolicy("one") { Still<Arena>() }])
        var matches = Matches(of: arena, between: [one])
        matches.count = 1
        matches.bots = 2
        matches.ticks = 1
        #expect(throws: Never.self) { try matches.play() }
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
