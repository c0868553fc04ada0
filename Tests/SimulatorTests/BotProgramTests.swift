import Arena
import ArenaBots
import Hyoshi
import NetworkModel
import SimulatorKit
import Synchronization
import Tag
import Testing

/// A program that decides in this process: presses what a hash of each view says.
///
/// Its memory of what came before goes into the hash, so that an order that changes is found.
private final class InlineProgram: BotProgram {
    let format: BotFormat
    private let state = Mutex((name: "inline", hash: StateHash(), answers: [[UInt8]]()))
    private let answer: @Sendable (_ step: Int, _ views: Int, _ hash: UInt64) -> String
    private let messages = Mutex<[String]>([])

    init(
        format: BotFormat = .json,
        answer: @escaping @Sendable (Int, Int, UInt64) -> String = InlineProgram.presses
    ) {
        self.format = format
        self.answer = answer
    }

    static let presses: @Sendable (Int, Int, UInt64) -> String = { _, views, hash in
        let rows = (0..<views).map { "[\((hash >> UInt64($0 % 16)) & 15),\(hash >> 20 & 1)]" }
        return "{\"inputs\": [\(rows.joined(separator: ", "))]}"
    }

    var name: String {
        get { state.withLock { $0.name } }
        set { state.withLock { $0.name = newValue } }
    }

    /// All messages, in their order.
    var heard: [String] { messages.withLock { $0 } }

    func send(_ message: [UInt8]) throws(BotProgramError) {
        let text = String(decoding: message, as: UTF8.self)
        messages.withLock { $0.append(text) }
        let number = messages.withLock { $0.count } - 1
        let views = text.components(of: "\"command_tick\"")
        state.withLock { state in
            for byte in message { state.hash.combine(UInt32(byte)) }
            let line =
                number == 0 ? "{\"name\":\"hasher\"}" : answer(number, views, state.hash.value)
            state.answers.append(Array(line.utf8))
        }
    }

    func receive(byteCountMax: Int) throws(BotProgramError) -> [UInt8] {
        let answer = state.withLock { $0.answers.removeFirst() }
        guard answer.count <= byteCountMax else { throw BotProgramError("too long") }
        return answer
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}

@Suite struct BotProgramTests {
    private func settings(_ program: InlineProgram, against: BotPolicy? = ArenaPolicies.novice)
        -> MatchSettings
    {
        var settings = MatchSettings()
        settings.bots = 4
        settings.ticks = 90
        settings.batch = 3
        settings.choices = [.program(program)]
        if let against { settings.choices.append(.policy(against)) }
        return settings
    }

    private func play(
        _ program: InlineProgram, cores: Int = 1, game: Game = arena,
        change: (inout MatchSettings) -> Void = { _ in }
    ) throws -> [MatchOutcome] {
        var settings = settings(program, against: game.name == "arena" ? ArenaPolicies.novice : nil)
        change(&settings)
        return try MatchSeries(settings, matches: 5) { game }.run(cores: cores)
    }

    @Test(arguments: [MatchSettings.Form.rulesOnly, .full(.clean)])
    func aProgramHearsTheSameOnAnyNumberOfCores(_ form: MatchSettings.Form) throws {
        let (once, divided) = (InlineProgram(), InlineProgram())
        let first = try play(once) { $0.form = form }
        let second = try play(divided, cores: 2) { $0.form = form }
        #expect(first == second)
        #expect(once.heard == divided.heard)
        #expect(first.map(\.number) == [0, 1, 2, 3, 4])
        for outcome in first {
            #expect(outcome.ticks == 90)
            #expect(Set(outcome.players.map(\.policy)) == ["hasher", "novice"])
        }
    }

    @Test func aStepIsOneMessageWithAllViewsOfTheBatch() throws {
        let program = InlineProgram()
        _ = try play(program)
        let heard = program.heard
        #expect(heard[0].hasPrefix("{\"hyoshi_bots\":1,\"game\":\"arena\",\"seed\":\"7\","))
        // Three matches side by side, with two bots each.
        #expect(heard[1].components(of: "\"command_tick\"") == 6)
        #expect(heard[1].components(of: "\"world\":2}") == 2)
        #expect(heard[1].hasSuffix("\"ended\":[]}\n"))
        // 90 steps of the first batch and 90 of the second, the hello and the last word.
        #expect(heard.count == 182)
        #expect(heard[91].components(of: "\"ticks\":90") == 3)
        #expect(heard[181].components(of: "\"ticks\":90") == 2)
        #expect(heard[181].contains("\"views\":[],"))
    }

    @Test(arguments: [1, 7, 20, 45, 59, 60])
    func botsDecideAsOftenASecondAsTheyAreTo(_ rate: Int) throws {
        let program = InlineProgram()
        _ = try play(program) { settings in
            settings.choices = [.program(program)]
            settings.ticks = 120
            settings.decisionsPerSecond = rate
        }
        let decisions = program.heard.reduce(0) { $0 + $1.components(of: "\"command_tick\"") }
        // Five matches of four bots and two seconds.
        #expect(decisions == 5 * 4 * 2 * rate)
    }

    @Test func aGameWithoutPointsIsPlayedToo() throws {
        let program = InlineProgram { _, views, _ in
            "{\"inputs\":[\(Array(repeating: "[true]", count: views).joined(separator: ","))]}"
        }
        let outcomes = try play(program, game: tag)
        #expect(outcomes.allSatisfy { $0.players.allSatisfy { $0.score == nil && $0.seat != nil } })
        #expect(program.heard[1].contains("\"score\":null"))
    }

    /// What a program answers, and what is said of it.
    static let nonsense: [(String, String)] = [
        ("{\"inputs\": []}", "answered step 3 with 0 inputs for 6 views"),
        ("{\"inputs\": [[0, 0]]}", "1 inputs for 6 views"),
        (
            "{\"inputs\": [[0],[0],[0],[0],[0],[0]]}",
            "an input of 1 numbers where 2 are wanted"
        ),
        ("{\"inputs\": [[0, 0, 0]]}", "an input of more than 2 numbers"),
        (
            "{\"inputs\": [[256,0],[0,0],[0,0],[0,0],[0,0],[0,0]]}",
            "match 0, bot 0, with steer = 256; 0 to 255 are allowed"
        ),
        (
            "{\"inputs\": [[0,0],[0,0],[0,0],[0,0],[0,0],[0,-1]]}",
            "match 2, bot 2, with fire = -1; 0 to 1 are allowed"
        ),
        ("{\"inputs\": [[0.5,0]]}", "where a whole number is wanted at column"),
        ("{\"inputs\": [[99999999999999999999,0]]}", "a whole number"),
        ("Traceback (most recent call last):", "'Traceback (most recent call last):', where '{'"),
        ("{\"actions\": []}", "where \"inputs\" is wanted"),
        ("{\"inputs\": [[0,0],[0,0],[0,0],[0,0],[0,0],[0,0]]", "where '}' is wanted"),
        ("{\"inputs\": [[0,0],[0,0],[0,0],[0,0],[0,0],[0,0]]} x", "the end of the line"),
        ("", "where '{' is wanted"),
    ]

    @Test(arguments: nonsense)
    func nonsenseIsNamed(_ answer: String, _ complaint: String) throws {
        let program = InlineProgram { step, views, hash in
            step == 3 ? answer : InlineProgram.presses(step, views, hash)
        }
        do {
            _ = try play(program)
            Issue.record("played on")
        } catch {
            #expect("\(error)".contains(complaint), "\(error)")
            #expect("\(error)".contains("'hasher' answered step 3"))
        }
    }

    @Test func aSeriesThatIsStoppedKeepsWhatWasPlayed() throws {
        let stop = StopFlag()
        let program = InlineProgram { step, views, hash in
            if step == 130 { stop.raise() }
            return InlineProgram.presses(step, views, hash)
        }
        let outcomes = try MatchSeries(settings(program), matches: 5) { arena }
            .run(cores: 2, stop: stop)
        #expect(outcomes.map(\.number) == [0, 1, 2])
        let none = try MatchSeries(MatchSeriesTests.settings(), matches: 5) { arena }
            .run(cores: 2, stop: stop)
        #expect(none == [])
    }
}
