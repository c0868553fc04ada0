import Arena
import NetworkModel
import RoomCore
import SimulatorKit

/// What is measured, section by section; each row with its limit.
struct Suites {
    /// Virtual seconds of each match.
    var seconds = 60.0
    /// Matches of each case of how playing feels.
    var seeds = 3
    /// Whether rows that are for comparison only are left out.
    var isShort = false
    /// Times that costs are measured.
    var passes = 9

    /// The way that the netcode is judged over: 150 ms ± 30 ms there and back, and 1 % of all
    /// writes lost and sent again after 200 ms, each way.
    static var far: NetworkProfile {
        var profile = NetworkProfile()
        profile.latencyNanoseconds = 150_000_000
        profile.jitterNanoseconds = 30_000_000
        profile.stallsPerMillion = 10_000
        return profile
    }

    // MARK: Bytes

    func bytes(into report: inout BenchmarkReport) throws {
        var rows: [BenchmarkRow] = []
        func add(
            _ id: String, _ title: String, _ value: Double, unit: String = "B/s",
            decimals: Int = 0, limit: Double? = nil, aim: Double? = nil
        ) {
            rows.append(
                BenchmarkRow(
                    id: id, title: title, value: value, unit: unit, decimals: decimals,
                    limit: limit, aim: aim))
        }
        var test = TrafficCase()
        test.seconds = seconds
        let small = try test.run()
        add(
            "bytes-16", "16 players fly and shoot, all in view", small.bytesPerSecond,
            limit: 6_000, aim: 4_500)
        add("json-16", "  the same worlds as JSON", small.jsonPerSecond)
        add("messagepack-16", "  the same worlds as full MessagePack", small.messagePackPerSecond)
        add(
            "ship", "  a moving ship in a snapshot: place, velocity, heading",
            small.bytesPerMovingShip, unit: "B", decimals: 2, limit: 5)
        add(
            "flight", "  a shot in flight, between spawn and end (\(small.shots / 16) seen)",
            Double(small.flightBytes), unit: "B", limit: 0)
        report.details.append(
            ("16 players, one client:", small.account.lines(clientSeconds: small.clientSeconds)))
        test.game = arenaLarge
        test.bots = 64
        test.seconds = seconds / 2
        let large = try test.run()
        add(
            "bytes-64", "64 players fly and shoot, grid of interest", large.bytesPerSecond,
            limit: 9_000)
        add("json-64", "  the same worlds as JSON, all of them", large.jsonPerSecond)
        add(
            "messagepack-64", "  the same worlds as full MessagePack", large.messagePackPerSecond)
        report.details.append(
            ("64 players, one client:", large.account.lines(clientSeconds: large.clientSeconds)))
        test = TrafficCase()
        test.seconds = seconds
        test.isIdle = true
        let idle = try test.run()
        add("bytes-rest", "16 players at rest", idle.bytesPerSecond, limit: 700)
        if !isShort { try addFarBytes(&rows, &report) }
        report.sections.append(("payload bytes of one client", rows))
    }

    /// What a long way makes of the bytes: baselines are as old as the way is long.
    private func addFarBytes(
        _ rows: inout [BenchmarkRow], _ report: inout BenchmarkReport
    ) throws {
        var test = TrafficCase()
        test.seconds = seconds
        test.profile.latencyNanoseconds = 50_000_000
        for (milliseconds, policy) in [(50, "acknowledged"), (150, "acknowledged")] {
            test.profile.latencyNanoseconds = UInt64(milliseconds) * 1_000_000
            let result = try test.run()
            report.details.append(
                (
                    "16 players at \(milliseconds) ms, one client:",
                    result.account.lines(clientSeconds: result.clientSeconds)
                ))
            rows.append(
                BenchmarkRow(
                    id: "bytes-16-\(milliseconds)",
                    title: "16 players, \(milliseconds) ms there and back, baseline \(policy)",
                    value: result.bytesPerSecond, unit: "B/s"))
        }
        test.policy = .lastWritten
        test.profile = Self.far
        rows.append(
            BenchmarkRow(
                id: "bytes-16-last-written",
                title: "16 players, the far way, baseline last written",
                value: try test.run().bytesPerSecond, unit: "B/s"))
    }

    // MARK: Feel

    func feel(into report: inout BenchmarkReport) throws {
        var rows: [BenchmarkRow] = []
        func add(
            _ id: String, _ title: String, _ value: Double, _ unit: String, decimals: Int = 3,
            limit: Double? = nil
        ) {
            rows.append(
                BenchmarkRow(
                    id: id, title: title, value: value, unit: unit, decimals: decimals,
                    limit: limit))
        }
        var test = FeelCase(profile: Self.far)
        test.seconds = seconds * 2
        let among = try test.run(seeds: seeds)
        test.bots = 0
        let alone = try test.run(seeds: max(seeds / 2, 1))
        let answers = among.answers + alone.answers
        add(
            "answer", "own ship answers a key (\(answers.count) presses), greatest",
            percentile(1, of: answers), "refreshes", decimals: 0, limit: 1)
        let screen = FeelCase.Result.ofScreen
        add(
            "error-p50", "reconciliation error on the screen, 16 players, p50",
            screen(percentile(0.5, of: among.offsets)), "% width")
        add(
            "error-p99", "reconciliation error on the screen, 16 players, p99",
            screen(percentile(0.99, of: among.offsets)), "% width", limit: 0.5)
        add(
            "error-alone-p99", "reconciliation error on the screen, alone, p99",
            screen(percentile(0.99, of: alone.offsets)), "% width", limit: 0)
        add(
            "truth-p99", "shown place from the server's place of that tick, 16 players, p99",
            screen(percentile(0.99, of: among.errors)), "% width")
        add(
            "truth-alone-p99", "shown place from the server's place of that tick, alone, p99",
            screen(percentile(0.99, of: alone.errors)), "% width")
        add("late", "commands late at the server after 5 s", among.lateShare, "%", limit: 0.5)
        add(
            "corrections", "corrections of own things, 16 players",
            Double(among.corrections) / among.seconds * 60, "/min", decimals: 1)
        add("lead", "lead of the commands", among.leadTicks, "ticks", decimals: 1)
        add(
            "span", "others are shown behind the own ship, median",
            percentile(0.5, of: among.spans), "ticks", decimals: 1)
        add("desyncs", "desyncs", Double(among.desyncs + alone.desyncs), "", decimals: 0, limit: 0)
        if !isShort { try addComparisons(&rows) }
        report.sections.append(
            ("play at 150 ± 30 ms, 1 % of writes stalled by 200 ms", rows))
    }

    private func addComparisons(_ rows: inout [BenchmarkRow]) throws {
        var test = FeelCase(profile: Self.far)
        test.seconds = seconds
        test.isPredicted = false
        let unpredicted = try test.run()
        rows.append(
            BenchmarkRow(
                id: "answer-unpredicted", title: "without prediction: own ship answers, median",
                value: percentile(0.5, of: unpredicted.answers), unit: "refreshes"))
        test.isPredicted = true
        test.profile.stallsPerMillion = 0
        let smooth = try test.run()
        rows.append(
            BenchmarkRow(
                id: "lead-no-stalls", title: "without stalls: lead of the commands",
                value: smooth.leadTicks, unit: "ticks", decimals: 1))
        rows.append(
            BenchmarkRow(
                id: "late-no-stalls", title: "without stalls: commands late",
                value: smooth.lateShare, unit: "%", decimals: 3))
    }

    // MARK: Change

    func change(into report: inout BenchmarkReport) throws {
        var rows: [BenchmarkRow] = []
        for (id, net) in [("even", "latency=60ms"), ("jitter", "latency=60ms,jitter=18ms")] {
            let test = ChangeCase(profile: try NetworkProfile(net))
            let result = try test.run(seeds: seeds)
            rows += [
                BenchmarkRow(
                    id: "change-late-\(id)", title: "\(net): commands late, each player",
                    value: result.late, unit: "", decimals: 1, limit: 90),
                BenchmarkRow(
                    id: "change-later-\(id)", title: "  of them after the first second",
                    value: result.lateAfterASecond, unit: "", decimals: 1, limit: 20),
                BenchmarkRow(
                    id: "change-noticed-\(id)", title: "  until the round trip is told longer",
                    value: result.noticedMilliseconds, unit: "ms", limit: 1_000),
                BenchmarkRow(
                    id: "change-overshoot-\(id)", title: "  lead beyond what it needs, greatest",
                    value: result.overshootTicks, unit: "ticks", decimals: 1),
                BenchmarkRow(
                    id: "change-return-\(id)", title: "  commands late after the return",
                    value: result.lateAfterReturn, unit: "", decimals: 1),
                BenchmarkRow(
                    id: "change-margin-\(id)", title: "  their margin 10 s after the return",
                    value: result.marginAfterReturn, unit: "ticks", decimals: 1),
            ]
        }
        report.sections.append(("the way there and back grows by 300 ms at once", rows))
    }

    // MARK: Recordings

    func recordings(into report: inout BenchmarkReport) throws {
        var rows: [BenchmarkRow] = []
        for name in ["clean", "wifi", "latency=60ms,jitter=18ms", "4g", "awful"] {
            var test = RecordingCase(profile: try NetworkProfile(name))
            test.seconds = seconds
            let result = try test.run(seeds: seeds)
            report.details.append(("a recording, \(name), each player and minute:", result.lines))
            let errors = result.judgementErrors.map(\.magnitude)
            let mean = result.judgementErrors.reduce(0, +) / Double(max(errors.count, 1))
            rows += [
                BenchmarkRow(
                    id: "recording-\(name)", title: "\(name): a recording, each player and minute",
                    value: result.bytesPerPlayerMinute, unit: "B", limit: 3_000, aim: 2_048),
                BenchmarkRow(
                    id: "view-delay-\(name)", title: "  view delays move, each player and second",
                    value: result.viewDelayChanges, unit: "", decimals: 2),
                BenchmarkRow(
                    id: "judged-\(name)", title: "  judged from seen, at a display, mean",
                    value: mean, unit: "ticks", decimals: 2),
                BenchmarkRow(
                    id: "judged-p50-\(name)", title: "  how far off, p50",
                    value: percentile(0.5, of: errors), unit: "ticks", decimals: 2),
                BenchmarkRow(
                    id: "judged-p99-\(name)", title: "  how far off, p99",
                    value: percentile(0.99, of: errors), unit: "ticks", decimals: 2),
                BenchmarkRow(
                    id: "points-\(name)", title: "  points of the players, each and minute",
                    value: result.pointsPerPlayerMinute, unit: "", decimals: 2),
            ]
        }
        report.sections.append(("recordings of 15 bots and a player at a display", rows))
    }

    // MARK: Cost

    func cost(into report: inout BenchmarkReport) throws {
        var test = CostCase()
        test.passes = passes
        let near = try test.run()
        var rows = [
            BenchmarkRow(
                id: "encode", title: "encode a tick of a room of 16, all in view",
                value: near.encodeMicroseconds, unit: "µs", decimals: 2, limit: 15),
            BenchmarkRow(
                id: "decode", title: "decode a snapshot of it at a client",
                value: near.decodeMicroseconds, unit: "µs", decimals: 2, limit: 4),
        ]
        if !isShort {
            test.profile = Self.far
            let far = try test.run()
            rows.append(
                BenchmarkRow(
                    id: "encode-far",
                    title: "encode, the far way (\(fixed(far.baselines, 1)) baselines a tick)",
                    value: far.encodeMicroseconds, unit: "µs", decimals: 2))
            rows.append(
                BenchmarkRow(
                    id: "decode-far", title: "decode, the far way", value: far.decodeMicroseconds,
                    unit: "µs", decimals: 2))
            rows.append(
                BenchmarkRow(
                    id: "speed", title: "a match of 16 bots with full protocol, on one core",
                    value: try SpeedCase().run(), unit: "× real time"))
        }
        report.sections.append(("processor time", rows))
    }
}
