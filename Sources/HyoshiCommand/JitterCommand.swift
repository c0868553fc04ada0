import ArgumentParser
import Histogram
import HyoshiProgram
import NetworkTransport

/// `hyoshi jitter`: the beat of this machine alone.
struct JitterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jitter",
        abstract: "Measure how late this machine wakes a thread that asked for a beat.",
        discussion: """
            A server that ticks 60 times a second sleeps until one deadline after another. \
            The kernel wakes it late: by the timer's slack, by the way from the timer's \
            interrupt to the thread, and by whatever else the processor is busy with. That \
            lateness is the floor of every room's beat on this machine. It is measured here \
            without clients or a game.

            Deadlines are absolute: tick n is due n/60 s after the first, so that a late \
            wake-up does not delay the next ones and the long-run rate stays 60.0000 Hz. A \
            strategy that cannot keep that rate shows it in the column "rate Hz", which is \
            fitted through all wake-ups so that one late one is no drift; "missed" \
            counts wake-ups that were late by a whole tick or more.

            Strategies:
              slack1    clock_nanosleep with a timer slack of 1 ns, as hyoshi serve does
              sleep     the same with the kernel's default slack of 50 \u{B5}s
              fifo      slack1 under the real-time class SCHED_FIFO (privileged)
              spin      sleep until 200 \u{B5}s before the deadline, then spin on the clock
              epoll-ns  epoll_pwait2 with a relative timeout in nanoseconds
              epoll-ms  epoll_wait in whole milliseconds, as many event loops do

            The picture has lateness to the right and the number of wake-ups upwards, both on \
            logarithmic scales, so that the one bad wake-up in ten thousand can be seen.

              hyoshi jitter
              hyoshi jitter --strategy all --seconds 5
              hyoshi jitter --strategy fifo --seconds 60 --json > beat.json

            Exit codes: 0 measured, 1 the system refused every strategy, 64 a wrong option.
            """)

    @Option(help: "How long each strategy is measured, 1 to 86,400 seconds.")
    var seconds = 10

    @Option(help: "Ticks a second, 1 to 1,000.")
    var rate = 60

    @Option(help: "How to sleep; the strategies are explained above.")
    var strategy = StrategyChoice.slack1

    @Flag(help: "Measure every strategy under SCHED_FIFO (needs root or CAP_SYS_NICE).")
    var fifo = false

    @Flag(help: "Print the result as JSON instead of a table and a picture.")
    var json = false

    func validate() throws {
        guard (1...86_400).contains(seconds) else {
            throw ValidationError("--seconds is \(seconds): it must be from 1 to 86,400.")
        }
        guard (1...1_000).contains(rate) else {
            throw ValidationError("--rate is \(rate): it must be from 1 to 1,000.")
        }
    }

    func run() throws {
        StopSignals.claim()
        var report = JitterReport(rate: rate, isFirstInFirstOut: fifo)
        for choice in strategy.choices {
            let plan = BeatPlan(
                strategy: choice.sleep, rate: rate, beatCount: seconds * rate,
                isFirstInFirstOut: fifo)
            var row = JitterReport.Row(name: choice.rawValue)
            var isStopped = false
            do throws(TransportError) {
                (row.result, isStopped) = try measure(plan, name: choice.rawValue)
            } catch {
                row.refusal = "refused: \(error)"
            }
            if row.refusal != nil || row.result.lateness.totalCount > 0 { report.rows.append(row) }
            if isStopped {
                report.isStoppedEarly = true
                break
            }
        }
        if json { Terminal.writeLine(try report.json()) } else { show(report) }
        if report.rows.allSatisfy({ $0.refusal != nil }) { throw ExitCode.failure }
    }

    /// Measures and shows how far it is; the result of what was done where Ctrl-C ends it.
    private func measure(
        _ plan: BeatPlan, name: String
    ) throws(TransportError) -> (BeatResult, isStopped: Bool) {
        let measurement = try BeatMeasurement.start(plan)
        let isInteractive = Terminal.isInteractive(.errors)
        defer { if isInteractive { Terminal.write("\r\u{1B}[K", to: .errors) } }
        var isStopped = false
        while true {
            // Seldom: what this thread does is a disturbance to the other.
            if StopSignals.wait(nanoseconds: 200_000_000) != nil {
                isStopped = true
                measurement.stop()
            }
            if let result = try measurement.result() { return (result, isStopped) }
            guard isInteractive else { continue }
            let bar = ProgressBar.text(
                measurement.progress, width: 40, usesUnicode: Terminal.usesUnicode)
            let done = Int(measurement.progress * Double(seconds))
            Terminal.write(
                "\r\u{1B}[K\(name.padded(to: 9)) \(bar) \(done) of \(seconds) s", to: .errors)
        }
    }

    private func show(_ report: JitterReport) {
        let style = PictureStyle(
            usesUnicode: Terminal.usesUnicode, usesColour: Terminal.usesColour(.output))
        Terminal.writeLine(
            "Lateness of \(rate) wake-ups a second, \(seconds) s each"
                + (fifo ? ", under SCHED_FIFO" : "")
                + (report.isStoppedEarly ? ", stopped early." : "."))
        Terminal.writeLine()
        for line in report.table(usesUnicode: style.usesUnicode) { Terminal.writeLine(line) }
        let height = report.rows.count > 1 ? 4 : 10
        for row in report.rows where row.refusal == nil {
            Terminal.writeLine()
            if report.rows.count > 1 { Terminal.writeLine(row.name) }
            let picture = LatenessPicture(row.result.lateness)
            for line in picture.lines(height: height, style: style) { Terminal.writeLine(line) }
        }
    }
}

/// A strategy by its name on the command line, or all of them.
enum StrategyChoice: String, ExpressibleByArgument, CaseIterable {
    case slack1
    case sleep
    case fifo
    case spin
    case epollNanoseconds = "epoll-ns"
    case epollMilliseconds = "epoll-ms"
    case all

    /// The single strategies that are meant.
    var choices: [StrategyChoice] {
        self == .all ? Self.allCases.filter { $0 != .all } : [self]
    }

    /// How the measuring thread sleeps.
    var sleep: SleepStrategy {
        switch self {
        case .slack1, .all: .slack1
        case .sleep: .sleep
        case .fifo: .sleepFIFO
        case .spin: .spin
        case .epollNanoseconds: .epollNanoseconds
        case .epollMilliseconds: .epollMilliseconds
        }
    }
}

/// A line that fills up.
enum ProgressBar {
    /// The bar for a part of 0 to 1, `width` columns wide.
    static func text(_ part: Double, width: Int, usesUnicode: Bool) -> String {
        let filled = Int((min(max(part, 0), 1) * Double(width)).rounded(.down))
        let (full, empty) = usesUnicode ? ("█", "░") : ("#", ".")
        return String(repeating: full, count: filled)
            + String(repeating: empty, count: width - filled)
    }
}

extension String {
    /// The text with spaces behind it up to a width.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
