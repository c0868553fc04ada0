import ArgumentParser
import Glibc
import HyoshiProgram
import NetworkTransport
import WebSocketProtocol

/// `hyoshi echo`: a WebSocket echo server on the production transport.
struct EchoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo",
        abstract: "Send every WebSocket message back: for conformance and load tests.",
        discussion: """
            Serves ws://HOST:PORT/ (any path) on the event loops and the WebSocket layer of \
            hyoshi serve, without a game. Text comes back as text, binary as binary, and \
            permessage-deflate is agreed on with the windows that a client asks for.

            Unlike hyoshi serve it wakes on arrival, not on a beat, and its limits are those \
            that conformance suites need: messages of up to 32 MiB in up to 70,000 fragments, \
            64 MiB of unread echoes for each connection. Do not leave it open to the internet.

              hyoshi echo --port 9001
              hyoshi echo --port 0 --loops 2 --no-compression

            Ctrl-C or SIGTERM ends it: peers are told (close 1001), and the exit code is 0.

            Exit codes: 0 ended as asked, 64 a wrong option, 69 the port could not be opened, \
            73 the file for the transcripts could not be created.
            """)

    @Option(help: "TCP port to listen on; 0 takes a free one and prints it.")
    var port: UInt16 = 9001

    @Option(help: "Numeric address to listen on; \"::\" takes peers from everywhere.")
    var host = "127.0.0.1"

    @Option(help: "Event loops, each on a thread of its own: at most one for each core.")
    var loops = 1

    @Option(help: "Connections at the same time; further ones are closed at once.")
    var maxConnections = 1_000

    @Flag(inversion: .prefixedNo, help: "Agree on permessage-deflate (RFC 7692).")
    var compression = true

    @Option(
        help: ArgumentHelp(
            "Write what goes over the wire after each handshake to this file.",
            discussion: "One transcript for each connection, with the cuts between reads.",
            valueName: "file"))
    var recordTranscripts: String?

    func validate() throws {
        guard (1...256).contains(loops) else {
            throw ValidationError("--loops is \(loops): it must be from 1 to 256.")
        }
        guard (1...1_000_000).contains(maxConnections) else {
            throw ValidationError(
                "--max-connections is \(maxConnections): it must be from 1 to 1,000,000.")
        }
    }

    func run() throws {
        try CommandFailure.reported(echo)
    }

    private func echo() throws {
        StopSignals.claim()
        var settings = EchoSettings()
        settings.compresses = compression
        let recorder = try recordTranscripts.map(TranscriptRecorder.init(path:))
        let group: LoopGroup
        do throws(TransportError) {
            try ProcessSettings.raiseDescriptorLimit()
            group = try LoopGroup.start(loopOptions(settings)) { [settings] _ in
                EchoDriver(settings: settings, recorder: recorder)
            }
        } catch {
            throw CommandFailure(.unavailable, "--host \(host) --port \(port): \(error)")
        }
        let shown = host.contains(":") ? "[\(host)]" : host
        Terminal.writeLine(
            "Echoing on ws://\(shown):\(group.port)/ with \(loops) loop\(loops == 1 ? "" : "s"), "
                + "compression \(compression ? "on" : "off"). Ctrl-C ends it.")
        _ = StopSignals.wait()
        group.shutDown()
        group.waitUntilStopped()
    }

    private func loopOptions(_ settings: EchoSettings) -> LoopGroupOptions {
        var options = LoopGroupOptions()
        options.loopCount = loops
        options.listen = ListenAddress(host: host, port: port)
        options.wakePolicy = .onArrival
        options.threadName = "hyoshi-echo"
        options.limits = .echo(settings, connectionsMax: maxConnections)
        return options
    }
}

extension TransportLimits {
    /// Limits under which every echo that ``EchoSettings`` allows can wait.
    static func echo(_ settings: EchoSettings, connectionsMax: Int) -> TransportLimits {
        var limits = TransportLimits()
        limits.connectionsMax = connectionsMax
        // What waits in a connection goes to the transport in one piece, behind nothing but a
        // Close; an echo may exceed the queue by one message.
        limits.waitingByteCountMax =
            settings.queueByteCountMax + settings.webSocket.messageByteCountMax + 1024 * 1024
        limits.sendBufferByteCount = 1024 * 1024
        limits.shutDownNanoseconds = 1_000_000_000
        limits.userTimeoutMilliseconds = 60_000
        return limits
    }
}
