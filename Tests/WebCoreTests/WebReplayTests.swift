import Arena
import CDeflate
import ClientCore
import Foundation
import Hyoshi
import Recording
import Tag
import Testing
import WebCore

/// A recording as a page plays it, without the page.
@Suite struct WebReplayTests {
    private static let fixture = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("RecordingTests/Fixtures/arena-2.hyoshi")

    /// What the page's browser does.
    private func inflated(_ stream: BorrowedReading.Stream) -> [UInt8]? {
        guard let inflater = cdeflate_decompressor_create(15) else { return nil }
        defer { cdeflate_decompressor_destroy(inflater) }
        var output = [UInt8](repeating: 0, count: min(stream.plainByteCountMax, 1 << 20))
        let step = stream.bytes.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                cdeflate_decompress(
                    inflater, input.baseAddress, input.count, output.baseAddress, output.count)
            }
        }
        return step.status == cdeflate_stream_end ? Array(output[..<step.produced]) : nil
    }

    private func open(games: [Game] = [arena]) throws -> WebReplay {
        let bytes = [UInt8](try Data(contentsOf: WebReplayTests.fixture))
        let replay = try WebReplay(bytes, games: games, protocolVersion: "hyoshi.v1")
        #expect(replay.player == nil)
        var before = 0.0
        while let stream = replay.nextStream() {
            replay.take(inflated(stream))
            #expect(replay.progress > before)
            before = replay.progress
        }
        #expect(replay.progress == 1)
        return replay
    }

    private func go(_ replay: WebReplay, to tick: UInt32) {
        while !replay.approach(Tick(tick), ticksMax: 7) {}
    }

    @Test func oneOfSeveralGamesPlaysIt() throws {
        let replay = try open(games: [tag, arenaLarge, arena])
        #expect(replay.player?.game.name == "arena" && replay.player?.lastTick == Tick(600))
        #expect(throws: RecordingError.self) { try open(games: [tag, arenaLarge]) }
        #expect(throws: RecordingError.self) { try open(games: []) }
    }

    @Test func aTickIsTheSameFromAnySide() throws {
        let replay = try open()
        let other = try #require(try open().player)
        for tick in [0, 1, 2, 600, 599, 150, 149, 151, 37, 451, 300] as [UInt32] {
            go(replay, to: tick)
            other.seek(to: Tick(tick))
            #expect(replay.player?.tick == Tick(tick))
            #expect(replay.player?.instance.stateHash == other.instance.stateHash)
            replay.show(share: 1)
            #expect(replay.view.shown.tick == Double(tick))
            for kind in other.game.kinds.indices {
                #expect(replay.view.shown.kinds[kind].ids == other.table.kinds[kind].ids)
            }
        }
        // Beyond the end is the end.
        go(replay, to: .max)
        #expect(replay.player?.tick == Tick(600))
    }

    @Test func betweenTwoTicksIsBetweenTheirNumbers() throws {
        let replay = try open()
        let rows = { (share: Double) -> [UInt32: Double] in
            replay.show(share: share)
            let kind = replay.view.shown.kinds[0]
            let pairs = kind.ids.indices.map { ($0, kind.values[$0 * kind.fieldCount]) }
            return Dictionary(uniqueKeysWithValues: pairs.map { (kind.ids[$0.0], $0.1) })
        }
        go(replay, to: 400)
        let from = rows(1)
        go(replay, to: 401)
        #expect(rows(0) == from)
        let to = rows(1)
        let half = rows(0.5)
        #expect(replay.view.shown.tick == 400.5)
        var moved = 0
        let field = try #require(replay.player?.game.kinds[0].fields[0].specification)
        let turn = Double(field.maximum - field.minimum + 1)
        for (id, value) in half {
            guard let left = from[id], let right = to[id], abs(right - left) < turn / 2 else {
                continue
            }
            #expect(abs(value - (left + right) / 2) < 0.01)
            if left != right { moved += 1 }
        }
        #expect(moved > 0)
    }

    @Test func whatHappensOnTheWayIsGatheredOnce() throws {
        let replay = try open()
        go(replay, to: 30)
        replay.removeChanges()
        go(replay, to: 90)
        let together = replay.view.changes
        #expect(!together.isEmpty)
        let again = try open()
        go(again, to: 30)
        again.removeChanges()
        var apart: [ClientView.Change] = []
        for tick in 31...90 as ClosedRange<UInt32> {
            go(again, to: tick)
            apart += again.view.changes
            again.removeChanges()
        }
        #expect(together.map(\.id) == apart.map(\.id))
        #expect(together.map(\.event) == apart.map(\.event))
        // Nothing happens on a jump but on its last ticks.
        go(replay, to: 600)
        #expect(replay.view.changes.count < 600)
        go(replay, to: 150)
        #expect(replay.view.changes.isEmpty)
    }

    @Test func theComparisonFindsNothingAndMarksPoints() throws {
        let replay = try open()
        let visits = replay.marks.marks.count
        let summary = try #require(replay.player?.room.summary)
        #expect(visits == summary.joins + summary.leaves)
        while replay.compare(ticksMax: 50) {}
        #expect(replay.verifier?.difference == nil)
        #expect(replay.verifier?.ticksCompared == 600)
        let points = replay.marks.marks[visits...]
        #expect(!points.isEmpty)
        #expect(points.allSatisfy { $0.event == .scored && $0.amount != 0 })
        #expect(replay.player?.tick == .zero, "the picture stays where it is")
        let text = String(
            decoding: JSONText.difference(try #require(replay.verifier)), as: UTF8.self)
        #expect(text == "null")
    }

    @Test func whatItIsIsToldInJSON() throws {
        let replay = try open()
        let bytes = JSONText.recording(try #require(replay.player))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(object["room"] as? String == "lobby" && object["seed"] as? String == "12")
        #expect(object["ticks"] as? Int == 600 && object["ending"] as? String == "complete")
        let schema = try #require(object["schema"] as? [String: Any])
        #expect((schema["kinds"] as? [Any])?.count == 3)
    }
}
