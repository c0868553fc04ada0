import Arena
import ArenaBots
import Hyoshi
import NetworkModel
import SimulatorKit
import Synchronization
import Tag
import Testing

@Suite struct MatchSeriesTests {
    static func settings(_ form: MatchSettings.Form = .rulesOnly) -> MatchSettings {
        var settings = MatchSettings()
        settings.form = form
        settings.choices = [.fitting(ArenaPolicies.all)]
        settings.bots = 6
        settings.ticks = form == .rulesOnly ? 600 : 150
        return settings
    }

    static func play(
        _ settings: MatchSettings, matches: Int = 4, cores: Int = 1
    ) throws -> [MatchOutcome] {
        try MatchSeries(settings, matches: matches) { Game(Arena.self) }.run(cores: cores)
    }

    static let forms: [MatchSettings.Form] = [
        .rulesOnly, .full(.clean), .full((try? NetworkProfile("wifi")) ?? .clean),
    ]

    @Test(arguments: forms)
    func theSameSeedIsTheSameSeriesOnAnyNumberOfCores(_ form: MatchSettings.Form) throws {
        let settings = Self.settings(form)
        let once = try Self.play(settings, matches: 3)
        #expect(try Self.play(settings, matches: 3) == once)
        let divided = try Self.play(settings, matches: 3, cores: 2)
        #expect(divided == once)
        func digest(_ outcomes: [MatchOutcome]) -> UInt64 {
            MatchReport(settings, game: "arena", outcomes: outcomes).digest
        }
        #expect(digest(divided) == digest(once))
        var other = settings
        other.seed += 1
        #expect(try digest(Self.play(other, matches: 3)) != digest(once))
        #expect(Set(once.map(\.seed)).count == once.count)
    }

    @Test(arguments: forms)
    func everyBotHasASeatAndTheLengthThatWasAskedFor(_ form: MatchSettings.Form) throws {
        let settings = Self.settings(form)
        for outcome in try Self.play(settings, matches: 2) {
            #expect(outcome.ticks == settings.ticks)
            #expect(Set(outcome.players.compactMap(\.seat)).count == 6)
            #expect(Set(outcome.players.map(\.name)).count == 6)
        }
    }

    @Test func aMatchIsTheSameInWhateverSeriesItIs() throws {
        let few = try Self.play(Self.settings(), matches: 2)
        #expect(try Array(Self.play(Self.settings(), matches: 5).prefix(2)) == few)
    }

    @Test func acesBeatNovices() throws {
        var settings = Self.settings()
        settings.ticks = 1_800
        settings.choices = [.policy(ArenaPolicies.ace), .policy(ArenaPolicies.novice)]
        let outcomes = try Self.play(settings, matches: 6, cores: 2)
        let report = MatchReport(settings, game: "arena", outcomes: outcomes)
        let duel = try #require(report.duel)
        #expect(duel.policy == "ace" && duel.opponent == "novice")
        #expect(duel.wins + duel.losses + duel.draws == 6)
        #expect(duel.chance.lowest > 0.5)
        #expect(report.policies.map(\.name) == ["ace", "novice"])
        #expect(report.policies.allSatisfy { $0.played == 18 })
        // The other way round the same matches are lost: seats are dealt in turn.
        settings.choices.reverse()
        let reversed = MatchReport(
            settings, game: "arena", outcomes: try Self.play(settings, matches: 6))
        #expect(try #require(reversed.duel).chance.highest < 0.5)
    }

    @Test func whoPlaysByWhichPolicyChangesFromMatchToMatch() throws {
        var settings = Self.settings()
        settings.ticks = 60
        settings.choices = [.policy(ArenaPolicies.ace), .presser]
        let outcomes = try Self.play(settings, matches: 2)
        #expect(
            outcomes[0].players.map(\.policy) == [
                "ace", "presser", "ace", "presser", "ace", "presser",
            ])
        #expect(
            outcomes[1].players.map(\.policy) == [
                "presser", "ace", "presser", "ace", "presser", "ace",
            ])
    }

    @Test(arguments: [MatchSettings.Form.rulesOnly, .full(.clean)])
    func aMatchEndsWhereSomebodyHasThePoints(_ form: MatchSettings.Form) throws {
        var settings = Self.settings(form)
        settings.ticks = 3_600
        settings.scoreLimit = 10
        for outcome in try Self.play(settings, matches: 2, cores: 2) {
            #expect(outcome.ticks < 3_600)
            #expect((10..<20).contains(outcome.highestScore ?? 0))
        }
    }

    @Test func progressCountsEachMatchOnce() throws {
        let seen = Mutex<[Int]>([])
        var settings = Self.settings()
        settings.ticks = 60
        _ = try MatchSeries(settings, matches: 7) { Game(Arena.self) }.run(cores: 2) { progress in
            seen.withLock { $0.append(progress.done) }
        }
        #expect(seen.withLock { $0 } == Array(1...7))
    }

    @Test func whatCannotBePlayedIsSaid() throws {
        func error(_ change: (inout MatchSettings) -> Void, _ game: Game) -> MatchError? {
            var settings = Self.settings()
            change(&settings)
            do throws(MatchError) {
                _ = try MatchSeries(settings, matches: 3) { game }.run(cores: 2)
                return nil
            } catch {
                return error
            }
        }
        #expect(error({ _ in }, arenaLarge) == .needsServer(game: "arena-large"))
        #expect(
            error({ $0.choices = [.policy(ArenaPolicies.ace)] }, tag)
                == .unknownGame(policy: "ace", game: "tag"))
        #expect(error({ $0.bots = 65 }, arena) == .tooFewSeats(game: "arena", seats: 64))
        // On two cores too the first match by number is named, whichever fails first in time.
        for _ in 0..<20 {
            #expect(
                error(
                    {
                        $0.form = .full(Self.cut); $0.ticks = 1
                    }, arena) == .neverEnded(number: 0))
        }
    }

    /// A network on which nothing gets through.
    private static var cut: NetworkProfile {
        var profile = NetworkProfile()
        profile.resetsPerMillion = 1_000_000
        return profile
    }

    @Test func aBotPlaysByItsPolicyOverAnyWay() throws {
        var settings = Self.settings(.full(.clean))
        settings.choices = [.policy(ArenaPolicies.regular)]
        let outcomes = try Self.play(settings, matches: 1)
        #expect(outcomes[0].players.allSatisfy { $0.policy == "regular" })
    }
}
