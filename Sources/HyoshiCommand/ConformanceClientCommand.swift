import ArgumentParser
import HyoshiProgram
import NetworkTransport
import TransportInterface

/// `hyoshi conformance-client`: our client role, tried out by Autobahn's fuzzing server.
struct ConformanceClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance-client",
        abstract: "Let a conformance server try out the client role of our WebSocket layer.",
        discussion: """
            For Autobahn|Testsuite in the mode "fuzzingserver". Asks it for the number of its \
            cases (/getCaseCount), runs them one after another (/runCase?case=N&agent=NAME), \
            sends every message back, and has it write its reports (/updateReports). The \
            verdicts stand in those reports: the exit code only says whether all cases have \
            been run.

              wstest -m fuzzingserver -s fuzzingserver.json
              hyoshi conformance-client --url ws://127.0.0.1:9001 --agent hyoshi

            Exit codes: 0 all cases run, 64 a wrong option, 69 the server cannot be reached or \
            stopped in between, 73 the file for the transcripts could not be created.
            """)

    @Option(help: "Where the server is: ws://, a numeric IPv4 address or localhost, and a port.")
    var url = "ws://127.0.0.1:9001"

    @Option(help: "Our name in the reports: letters, digits, \"-\", \".\", \"_\" and \"~\".")
    var agent = "hyoshi"

    @Flag(inversion: .prefixedNo, help: "Offer permessage-deflate (RFC 7692).")
    var compression = true

    @Option(
        help: ArgumentHelp(
            "Write what goes over the wire after each handshake to this file.",
            valueName: "file"))
    var recordTranscripts: String?

    func validate() throws {
        guard SocketAddress(url: url) != nil else {
            throw ValidationError(
                "--url is \"\(url)\": it must be like ws://127.0.0.1:9001, without a path.")
        }
        let isUnreserved = agent.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": true
            default: false
            }
        }
        guard !agent.isEmpty, isUnreserved else {
            throw ValidationError(
                "--agent is \"\(agent)\": only letters, digits and -._~ may be in it.")
        }
    }

    func run() throws {
        try CommandFailure.reported(runCases)
    }

    private func runCases() throws {
        StopSignals.claim()
        guard let address = SocketAddress(url: url) else { return }
        let recorder = try recordTranscripts.map(TranscriptRecorder.init(path:))
        var settings = EchoSettings()
        settings.compresses = compression
        let target = ConformanceDriver.Target(
            address: address, host: String(url.dropFirst("ws://".count)), agent: agent)
        let progress = ConformanceProgress()
        var options = LoopGroupOptions()
        options.wakePolicy = .onArrival
        options.threadName = "hyoshi-client"
        options.limits = .echo(settings, connectionsMax: 4)
        let group = try LoopGroup.start(options) { [settings] _ in
            ConformanceDriver(
                target: target, settings: settings, recorder: recorder, progress: progress)
        }
        let isStopped = follow(progress)
        group.shutDown()
        group.waitUntilStopped()
        let state = progress.now
        if let failure = state.failure {
            throw CommandFailure(.unavailable, "--url \(url): \(failure)")
        }
        Terminal.writeLine("\(state.finishedCount) of \(state.caseCount) cases run.")
        if isStopped { throw CommandFailure(.unavailable, "stopped before all cases were run") }
    }

    /// Shows the progress until the run is over; true where a signal has stopped it.
    private func follow(_ progress: ConformanceProgress) -> Bool {
        let isInteractive = Terminal.isInteractive(.errors)
        defer { if isInteractive { Terminal.write("\r\u{1B}[K", to: .errors) } }
        while true {
            if StopSignals.wait(nanoseconds: 50_000_000) != nil { return true }
            let state = progress.now
            if state.isOver { return false }
            if isInteractive {
                Terminal.write(
                    "\r\u{1B}[Kcase \(state.finishedCount + 1) of \(state.caseCount)", to: .errors)
            }
        }
    }
}

extension SocketAddress {
    /// The address in `ws://a.b.c.d:port`; nil where it is none.
    init?(url: String) {
        guard url.hasPrefix("ws://") else { return nil }
        let parts = url.dropFirst("ws://".count).split(
            separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let port = UInt16(parts[1]), port > 0 else { return nil }
        let host = parts[0] == "localhost" ? "127.0.0.1" : parts[0]
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        guard octets.count == 4 else { return nil }
        var address: UInt32 = 0
        for octet in octets {
            guard octet.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = UInt8(octet)
            else { return nil }
            address = address << 8 | UInt32(value)
        }
        self.init(ipv4: address, port: port)
    }
}
