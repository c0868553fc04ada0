import Dispatch
import Hyoshi
import Replication
import Synchronization

/// Matches in which programs decide: a batch of them side by side, step by step, so that each program
/// gets one message with all of its bots' views and gives one answer.
///
/// The order of what a program is asked depends on the series alone: matches by number, batches one
/// after another, bots by number. Cores share the matches between two questions.
struct MatchBatch {
    let settings: MatchSettings
    let game: Game
    let total: Int
    let cores: Int
    let stop: StopFlag?

    /// Plays all matches; of a series that is stopped, those that have come to their end.
    func play(ended: (MatchOutcome) -> Void) throws(MatchError) {
        let schema: Schema
        do throws(SchemaError) {
            schema = try Schema(game)
        } catch {
            throw .unplayable("the game '\(game.name)' cannot be declared: \(error)")
        }
        let talks = try greet(schema)
        var first = 0
        while first < total, stop?.isRaised != true {
            let numbers = first..<min(first + max(settings.batch, 1), total)
            try play(numbers, talks, ended: ended)
            first = numbers.upperBound
        }
        guard stop?.isRaised != true else { return }
        // The last outcomes are told, too.
        for talk in talks { _ = try ask(talk, []) }
    }

    /// A conversation with each program, begun.
    private func greet(_ schema: Schema) throws(MatchError) -> [ProgramTalk] {
        var talks: [ProgramTalk] = []
        for choice in settings.choices {
            guard let program = choice.program,
                !talks.contains(where: { $0.program === program })
            else { continue }
            let talk = ProgramTalk(program, schema: schema)
            do throws(BotProgramError) {
                try talk.sayHello(
                    game: game.name, seed: settings.seed, tickRate: MatchSettings.tickRate,
                    decisionsPerSecond: settings.decisionsPerSecond, matches: total,
                    bots: settings.bots)
            } catch {
                throw .program(error)
            }
            talks.append(talk)
        }
        return talks
    }

    private func play(
        _ numbers: Range<Int>, _ talks: [ProgramTalk], ended: (MatchOutcome) -> Void
    ) throws(MatchError) {
        var matches: [any MatchRun] = []
        for number in numbers { matches.append(try settings.makeMatch(number, game: game)) }
        while !matches.isEmpty {
            if stop?.isRaised == true { return }
            try advance(matches)
            for match in matches {
                guard let outcome = match.outcome else { continue }
                for talk in talks { talk.end(outcome) }
                ended(outcome)
            }
            matches.removeAll { $0.outcome != nil }
            try decide(matches, talks)
        }
    }

    /// Moves every match on until it needs decisions or is over, on all cores.
    private func advance(_ matches: [any MatchRun]) throws(MatchError) {
        let lanes = Lanes(matches, count: min(max(cores, 1), matches.count), stop: stop)
        if lanes.count == 1 {
            lanes.run(0)
        } else {
            DispatchQueue.concurrentPerform(iterations: lanes.count) { lanes.run($0) }
        }
        if let error = lanes.firstError { throw error }
    }

    /// Asks the programs for what the matches need, and gives it to them.
    private func decide(_ matches: [any MatchRun], _ talks: [ProgramTalk]) throws(MatchError) {
        for talk in talks {
            var requests: [BotRequest] = []
            var places: [(match: Int, request: Int)] = []
            for (position, match) in matches.enumerated() {
                for (number, request) in match.requests.enumerated()
                where programOf(request) === talk.program {
                    requests.append(request)
                    places.append((position, number))
                }
            }
            guard !requests.isEmpty else { continue }
            let numbers = try ask(talk, requests)
            let width = numbers.count / requests.count
            for (position, place) in places.enumerated() {
                matches[place.match].decide(
                    place.request, numbers[position * width..<(position + 1) * width])
            }
        }
    }

    private func programOf(_ request: BotRequest) -> (any BotProgram)? {
        settings.choice(ofBot: request.bot, match: request.match).program
    }

    private func ask(
        _ talk: ProgramTalk, _ requests: [BotRequest]
    ) throws(MatchError) -> [Int32] {
        do throws(BotProgramError) {
            try talk.ask(requests)
            return try talk.answers(to: requests)
        } catch {
            throw .program(error)
        }
    }
}

/// The matches of a step, dealt to threads: no two threads touch the same match, and what they find
/// is read when all have come back.
private final class Lanes: @unchecked Sendable {
    let count: Int
    private let matches: [any MatchRun]
    private let errors: Mutex<[MatchError?]>
    private let stop: StopFlag?

    init(_ matches: [any MatchRun], count: Int, stop: StopFlag?) {
        self.matches = matches
        self.count = count
        self.stop = stop
        errors = Mutex(Array(repeating: nil, count: count))
    }

    /// Of several the one of the first lane, whose matches have the lowest numbers.
    var firstError: MatchError? { errors.withLock { $0.compactMap { $0 }.first } }

    func run(_ lane: Int) {
        let range = (matches.count * lane / count)..<(matches.count * (lane + 1) / count)
        do throws(MatchError) {
            for match in matches[range] {
                repeat {
                    if stop?.isRaised == true { return }
                    try match.advance()
                } while match.outcome == nil && match.requests.isEmpty
            }
        } catch {
            errors.withLock { $0[lane] = error }
        }
    }
}
