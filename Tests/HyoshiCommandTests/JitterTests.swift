import Foundation
import Histogram
import NetworkTransport
import Testing

@testable import HyoshiCommand

@Suite("Jitter")
struct JitterTests {
    private let plain = PictureStyle(usesUnicode: false, usesColour: false)

    private func result(_ nanoseconds: [UInt64: UInt32]) -> BeatResult {
        var result = BeatResult()
        for (value, count) in nanoseconds { _ = result.lateness.record(value, count: count) }
        return result
    }

    @Test("Deadlines do not drift, whatever the rate", arguments: [1, 7, 60, 144, 1_000])
    func deadlines(rate: Int) {
        let plan = BeatPlan(strategy: .sleep, rate: rate, beatCount: 1)
        #expect(plan.offsetNanoseconds(ofBeat: 0) == 0)
        for index in [1, 59, 1_000_003] {
            let exact = Double(index) * 1e9 / Double(rate)
            #expect(abs(Double(plan.offsetNanoseconds(ofBeat: index)) - exact) <= 1)
        }
        #expect(plan.offsetNanoseconds(ofBeat: rate * 86_400) == 86_400_000_000_000)
    }

    @Test("Drift is a slope: late wake-ups at the ends are none, a slow loop is")
    func drift() {
        var still = Drift()
        #expect(still.nanosecondsPerBeat == 0)
        for index in 0..<1_000 { still.add(index == 0 || index == 999 ? 1_000_000 : 500) }
        #expect(abs(still.nanosecondsPerBeat) < 1)
        var slow = Drift()
        for index in 0..<1_000 { slow.add(UInt64(index) * 250 + UInt64(index % 2) * 100) }
        #expect(abs(slow.nanosecondsPerBeat - 250) < 1)
    }

    @Test("Columns of lateness meet without a gap")
    func columns() {
        let ends = LatenessPicture.lowerEnds
        #expect(ends.count == LatenessPicture.columnCount)
        for index in ends.indices.dropFirst() {
            #expect(ends[index] > ends[index - 1])
            #expect(LatenessPicture.column(of: ends[index]) == index)
            #expect(LatenessPicture.column(of: ends[index] - 1) == index - 1)
        }
        #expect(LatenessPicture.column(of: 0) == 0)
        #expect(LatenessPicture.column(of: .max) == ends.count - 1)
    }

    @Test("The picture in ASCII")
    func pictureInASCII() {
        let picture = LatenessPicture(
            result([1_050: 1, 10_500: 64, 105_000: 4_096, 20_000_000: 1]).lateness)
        #expect(
            picture.lines(height: 2, style: plain) == [
                "     4096 |                    .         #",
                "        1 |          .         #         #                      .",
                "          ++---------+---------+---------+---------+---------+---------",
                "           100 ns    1 us      10 us     100 us    1 ms      10 ms",
                "                                         ^p50 ^p99              ^max",
            ])
    }

    @Test("The picture in blocks: a single wake-up shows, the most frequent column is full")
    func pictureInBlocks() {
        let picture = LatenessPicture(result([1_050: 1, 105_000: 100_000]).lateness)
        let lines = picture.lines(
            height: 3, style: PictureStyle(usesUnicode: true, usesColour: false))
        #expect(lines[0] == "   100000 │                              █")
        #expect(lines[2] == "        1 │          ▁                   █")
        #expect(lines[4].contains("100 µs"))
    }

    @Test("Colours stand only where they are wanted, and end with each line")
    func colours() {
        let picture = LatenessPicture(result([1_050: 3, 1_050_000: 3, 11_000_000: 3]).lateness)
        let coloured = picture.lines(
            height: 1, style: PictureStyle(usesUnicode: false, usesColour: true))
        #expect(
            coloured[0].hasSuffix(
                "\u{1B}[32m#                             \u{1B}[33m#         \u{1B}[31m#\u{1B}[0m"))
        for line in picture.lines(height: 1, style: plain) {
            #expect(!line.contains("\u{1B}"))
        }
    }

    @Test("A picture of nothing has no columns and does not fail")
    func emptyPicture() {
        let lines = LatenessPicture(BeatResult().lateness).lines(height: 2, style: plain)
        #expect(lines[0] == "        0 |")
        #expect(lines[1] == "        1 |")
    }

    @Test("The table")
    func table() {
        var report = JitterReport(rate: 60)
        var measured = result([50_000: 990, 200_000: 10])
        measured.rate = 60.00004
        measured.processorFraction = 0.0123
        measured.missedCount = 2
        report.rows = [
            JitterReport.Row(name: "slack1", result: measured),
            JitterReport.Row(name: "fifo", refusal: "refused: no"),
        ]
        #expect(
            report.table(usesUnicode: false) == [
                "strategy     p50 us    p99 us  p99.9 us     max us     rate Hz    CPU  missed",
                "slack1         50.0      50.0     200.0      200.0     60.0000  1.23%      2",
                "fifo       refused: no",
            ])
    }

    @Test("The JSON has the units in its names, and refusals instead of numbers")
    func json() throws {
        var report = JitterReport(rate: 30, isFirstInFirstOut: true)
        report.rows = [
            JitterReport.Row(name: "sleep", result: result([1_000: 5])),
            JitterReport.Row(name: "fifo", refusal: "refused: no"),
        ]
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(report.json().utf8)) as? [String: Any])
        #expect(json["rateHertz"] as? Int == 30)
        #expect(json["schedFIFO"] as? Bool == true)
        let strategies = try #require(json["strategies"] as? [[String: Any]])
        #expect(strategies.map { $0["strategy"] as? String } == ["sleep", "fifo"])
        #expect(strategies[0]["beats"] as? Int == 5)
        let lateness = try #require(strategies[0]["latenessMicroseconds"] as? [String: Double])
        #expect(lateness["p99_9"] == 1)
        let columns = try #require(strategies[0]["histogram"] as? [[String: Double]])
        #expect(columns.count == LatenessPicture.columnCount)
        #expect(columns.filter { $0["count"] != 0 } == [["fromMicroseconds": 1, "count": 5]])
        #expect(strategies[1]["refusal"] as? String == "refused: no")
        #expect(strategies[1]["latenessMicroseconds"] == nil)
    }

    @Test("A measurement takes as many beats as it should, and one that is stopped has a result")
    func measurement() throws {
        let plan = BeatPlan(strategy: .slack1, rate: 1_000, beatCount: 20)
        let result = try finished(BeatMeasurement.start(plan))
        #expect(result.lateness.totalCount == 20)
        #expect(result.rate > 0)
        let endless = try BeatMeasurement.start(
            BeatPlan(strategy: .epollMilliseconds, rate: 1_000, beatCount: .max / 2))
        endless.stop()
        #expect(try finished(endless).lateness.totalCount >= 1)
    }

    private func finished(_ measurement: BeatMeasurement) throws -> BeatResult {
        while true {
            if let result = try measurement.result() { return result }
            usleep(1_000)
        }
    }

    @Test("A bar fills from nothing to all")
    func progressBar() {
        #expect(ProgressBar.text(0, width: 4, usesUnicode: false) == "....")
        #expect(ProgressBar.text(0.5, width: 4, usesUnicode: true) == "██░░")
        #expect(ProgressBar.text(7, width: 4, usesUnicode: false) == "####")
    }
}
