import Arena
import Hyoshi
import SimulatorKit
import Testing

@testable import NetcodeBenchmark

/// The short form of the benchmark: its limits hold in every change, but for those of time.
@Suite struct NetcodeBenchmarkTests {
    @Test func sixteenPlayersCostFewBytes() throws {
        var test = TrafficCase()
        test.seconds = 10
        let result = try test.run()
        #expect(result.account.unreadable == 0)
        #expect(result.bytesPerSecond < 6_000)
        #expect(result.bytesPerMovingShip < 5)
        #expect(result.flightBytes == 0)
        // They must have flown and shot.
        #expect(result.shots > 16 * 20)
        #expect(result.movingShips > 16 * 16 * 400)
        #expect(result.jsonPerSecond > 20 * result.bytesPerSecond)
        #expect(result.messagePackPerSecond > 4 * result.bytesPerSecond)
    }

    @Test func aCrowdOnAGridCostsFewBytes() throws {
        var test = TrafficCase()
        test.game = arenaLarge
        test.bots = 64
        test.seconds = 2
        test.warmUpSeconds = 2
        let result = try test.run()
        #expect(result.account.unreadable == 0)
        #expect(result.bytesPerSecond < 9_000)
        #expect(result.flightBytes == 0)
        #expect(result.shots > 32)
    }

    @Test func aWorldAtRestCostsNextToNothing() throws {
        var test = TrafficCase()
        test.isIdle = true
        test.seconds = 10
        let result = try test.run()
        #expect(result.bytesPerSecond < 700)
        #expect(result.account.messages.count > 16 * 600)
    }

    @Test func playingOverALongWayFeelsLocal() throws {
        var test = FeelCase(profile: Suites.far)
        test.seconds = 12
        test.bots = 9
        let among = try test.run()
        test.bots = 0
        test.seconds = 20
        let alone = try test.run()
        #expect(among.answers.count + alone.answers.count > 3)
        #expect((among.answers + alone.answers).allSatisfy { $0 <= 1 })
        #expect(among.offsets.count > 200 && alone.offsets.count > 800)
        #expect(percentile(0.99, of: alone.offsets) < 0.001)
        #expect(percentile(0.99, of: alone.errors) < 0.01)
        #expect(among.lateShare <= 0.5)
        #expect(among.desyncs + alone.desyncs == 0)
        // Without prediction it would take the way there and back and more.
        test.isPredicted = false
        test.seconds = 12
        let unpredicted = try test.run()
        #expect(percentile(0.5, of: unpredicted.answers) > 9)
    }

    /// The account misses no byte: it is the sum of its parts.
    @Test func theAccountAddsUp() throws {
        var test = TrafficCase()
        test.bots = 4
        test.seconds = 5
        let account = try test.run().account
        var sum = account.others.bytes + account.fullSnapshots.bytes
        sum += account.heads.bytes + account.hashes.bytes
        for kind in account.kinds {
            sum += kind.heads.bytes + kind.removals.bytes + kind.spawns.bytes + kind.changes.bytes
            sum += kind.fields.reduce(0) { $0 + $1.bytes }
        }
        #expect(sum == account.messages.bytes && sum > 10_000)
    }

    @Test func plainEncodingsAreMeasuredRight() {
        var table = EntityTable(kinds: arena.kinds)
        table.tick = Tick(42)
        // {"type":"state","tick":42,"ship":[],"shot":[],"rock":[]}
        let empty = #"{"type":"state","tick":42,"ship":[],"shot":[],"rock":[]}"#
        #expect(abs(PlainEncodings.jsonByteCount(table, game: arena) - empty.utf8.count) <= 3)
        table.kinds[2].ids = [7]
        table.kinds[2].values = [-256, 128, 65, 256_000, 3]
        let rock = #"{"id":7,"velocityX":-1,"velocityY":0.5,"x":0.25,"y":1000,"size":3}"#
        let counted = PlainEncodings.jsonByteCount(table, game: arena)
        #expect(abs(counted - empty.utf8.count - rock.utf8.count) <= 4)
        // [1, 42, [[], [], [[7, -256, 128, 65, 256000, 3]]]]
        #expect(
            PlainEncodings.messagePackByteCount(table) == 3 + 1 + 2 + 1 + 1 + 1 + 3 + 2 + 1 + 5 + 1)
    }
}
