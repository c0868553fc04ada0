import Histogram
import SimulatorKit
import Testing

@Suite struct ReportTests {
    private static func report(
        snapshots: Int = 1_190, joined: Int = 2, fewest: Int = 590
    ) -> Report {
        var measurements = Measurements()
        measurements.snapshots = snapshots
        measurements.bytesReceived = 400_000
        measurements.inputsSent = 1_200
        measurements.marginsKnown = 1_000
        measurements.marginsNegative = 5
        for _ in 0..<990 { measurements.interArrival.record(16_600_000) }
        for _ in 0..<10 { measurements.interArrival.record(33_000_000) }
        measurements.countClose(code: 1013)
        measurements.countClose(code: 1001)
        measurements.countClose(code: 1013)
        return Report(
            rooms: 1, botsPerRoom: 2, seconds: 10, tickRate: 60, connected: 2, joined: joined,
            measurements: measurements, snapshotsFewest: fewest)
    }

    @Test func ratesAreOverAllBotsAndTheWholeWindow() {
        let values = Self.report().values
        #expect(values[.delivered] == 1_190.0 / 1_200)
        #expect(values[.snapshotsMean] == 59.5)
        #expect(values[.snapshotsMin] == 59)
        #expect(values[.bytesPerClient] == 20_000)
        #expect(values[.inputsLate] == 0.005)
        #expect(values[.closes] == 3)
    }

    @Test func aBotThatNeverJoinedHasNoSnapshots() {
        #expect(Self.report(joined: 1).values[.snapshotsMin] == 0)
    }

    @Test func deliveredIsNeverMoreThanWhole() {
        #expect(Self.report(snapshots: 1_202).values[.delivered] == 1)
    }

    @Test func percentilesComeFromTheHistogram() throws {
        let values = Self.report().values
        let median = try #require(values[.interArrivalP50])
        let p999 = try #require(values[.interArrivalP999])
        #expect(abs(median - 16_600_000) < 20_000)
        #expect(abs(p999 - 33_000_000) < 40_000)
        #expect(values[.roundTripP50] == nil)
        #expect(values[.latenessP99] == nil)
    }

    @Test func theServersOwnNumbersAreTakenOver() {
        var report = Self.report()
        report.beat = ServerBeat(
            latenessP50: 60_000, latenessP99: 300_000, latenessP999: 900_000,
            latenessMax: 2_000_000, droppedTicks: 3, inputsApplied: 98, inputsDropped: 2)
        let values = report.values
        #expect(values[.latenessP99] == 300_000)
        #expect(values[.droppedTicks] == 3)
        #expect(values[.inputsDropped] == 0.02)
    }

    @Test func theTableSaysWhatWasMeasuredAndWhatNot() {
        var report = Self.report()
        report.beatAbsence = "not reachable at http://127.0.0.1:9090"
        let text = ReportTable(report).text
        #expect(text.contains("1 room × 2 bots, 10.0 s at 60 Hz"))
        #expect(text.contains("99.17 %"))
        #expect(text.contains("1001 × 1   1013 × 2"))
        #expect(text.contains("not reachable at http://127.0.0.1:9090"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func jsonNamesUnitsAndEscapes() {
        let text = ReportJSON.text(Self.report(), missed: ["a\"b\\c\n"])
        #expect(text.hasPrefix("{\"rooms\":1,"))
        #expect(text.contains("\"lateness_p99_ns\":null"))
        #expect(text.contains("\"closes_by_code\":{\"1001\":1,\"1013\":2}"))
        #expect(text.contains("\"missed\":[\"a\\\"b\\\\c\\u000a\"]"))
    }

    @Test func threadsAddUp() {
        var sum = Measurements()
        var part = Measurements()
        part.snapshots = 3
        part.interArrival.record(5_000)
        part.countClose(code: 1000)
        sum.add(part)
        sum.add(part)
        #expect(sum.snapshots == 6)
        #expect(sum.interArrival.totalCount == 2)
        #expect(sum.closesByCode.map(\.code) == [1000] && sum.closes == 2)
        sum.reset()
        #expect(sum.snapshots == 0 && sum.interArrival.totalCount == 0 && sum.closes == 0)
    }
}
