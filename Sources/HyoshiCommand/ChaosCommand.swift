import ArgumentParser
import HyoshiProgram
import NetworkModel
import NetworkTransport

/// `hyoshi chaos`: a faulty way between real sockets.
struct ChaosCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Put a faulty network between a client and a server: a small TCP proxy.",
        discussion: """
            Listens on one port and carries each connection to another, over a way that delays, \
            stalls, cuts and breaks it: the same network model that the simulator's virtual \
            matches play over, here for browsers and for clients of your own.

              hyoshi serve --port 8080
              hyoshi chaos --listen 9000 --to 8080 --net awful --seed 7

            and the page is at http://127.0.0.1:9000/.

            --net is a name, settings, or a name and then settings that change it, as in \
            4g,stall=5%. The names:

            \(Self.profiles)

            The settings:

              latency=80ms      mean time there and back; half of it each way
              jitter=20ms       how far that time varies around its mean
              stall=1%          reads that are lost on the way and come again ...
              stall-time=200ms  ... after this long; what is behind them waits too
              rate=64KB         bytes a second, each way
              piece=97          bytes arrive in pieces of random sizes up to this,
                                a tenth of a millisecond apart
              reset=0.1%        reads that break the connection instead (RST)
              buffer=64KB       bytes on their way, each way; when they are that
                                many the proxy stops reading, and the writer waits

            The two directions are independent, and a side that ends its own (half-close) can go \
            on reading. What befalls the n-th read of a connection follows from the seed and the \
            connection's number alone. Reads are at most 16 KiB; how a peer's writes fall into \
            reads is up to the kernel.

            Only this machine can connect, and be connected to, unless an address is named: \
            --listen 0.0.0.0:9000, --to 192.0.2.7:8080, --to [::1]:8080. Do not leave it open to \
            the internet.

            A line for each connection that is over, and a table on Ctrl-C or SIGTERM, which ends \
            it. A target that does not answer is said once; its clients are reset until it does.

            Exit codes: 0 ended as asked, 64 a wrong option, 69 the port could not be opened.
            """)

    @Option(help: "TCP port to listen on, or ADDRESS:PORT; port 0 takes a free one.")
    var listen = "9000"

    @Option(help: "Where connections lead: a TCP port of this machine, or ADDRESS:PORT.")
    var to: String

    @Option(help: "The network: clean, wifi, 4g, far, awful, or settings; see above.")
    var net = "awful"

    @Option(help: "What all draws follow from.")
    var seed: UInt64 = 1

    @Option(help: "Connections at the same time (up to 1 MiB each); further ones are closed.")
    var maxConnections = 256

    @Flag(help: "Print the results as JSON at the end, and everything else to standard error.")
    var json = false

    /// The named profiles as the help lists them.
    private static var profiles: String {
        NetworkProfile.named.map { name, text in
            // Two lines where the settings are too long for one of a terminal's.
            var lines = [text.isEmpty ? "no delay, no loss" : text]
            if text.count > 60, let comma = text.prefix(60).lastIndex(of: ",") {
                lines = [String(text[...comma]), String(text[comma...].dropFirst())]
            }
            let fill = String(repeating: " ", count: max(0, 7 - name.count))
            return "  " + name + fill + lines.joined(separator: "\n         ")
        }.joined(separator: "\n")
    }

    func validate() throws {
        _ = try settings()
    }

    private func settings() throws -> ChaosSettings {
        guard let listen = ChaosAddress(listen) else {
            throw ValidationError(
                "--listen is \"\(listen)\": it must be a port (9000) or a numeric address and a "
                    + "port (127.0.0.1:9000, [::1]:9000).")
        }
        guard let target = ChaosAddress(to), target.port > 0 else {
            throw ValidationError(
                "--to is \"\(to)\": it must be a port (8080) or a numeric address and a port "
                    + "(127.0.0.1:8080, [::1]:8080).")
        }
        guard listen != target else {
            throw ValidationError("--listen and --to are the same: the proxy would call itself.")
        }
        guard (1...4_096).contains(maxConnections) else {
            throw ValidationError(
                "--max-connections is \(maxConnections): it must be from 1 to 4,096.")
        }
        var settings = ChaosSettings(listen: listen, target: target)
        do {
            settings.profile = try NetworkProfile(net)
        } catch {
            throw ValidationError("--net \(net): \(error)")
        }
        settings.seed = seed
        settings.connectionsMax = maxConnections
        return settings
    }

    func run() throws {
        try CommandFailure.reported(carry)
    }

    private func carry() throws {
        StopSignals.claim()
        let settings = try settings()
        let lines = json ? Terminal.Stream.errors : .output
        let target = settings.target.text(port: settings.target.port)
        var report = ChaosReport(listen: "", target: target, network: net, seed: seed)
        let proxy: ChaosProxy
        do {
            let descriptorCount = try ProcessSettings.raiseDescriptorLimit()
            guard descriptorCount >= 2 * maxConnections + 32 else {
                throw CommandFailure(
                    .unavailable,
                    "--max-connections \(maxConnections): this process may open "
                        + "\(descriptorCount) descriptors, and each connection takes two")
            }
            proxy = try ChaosProxy(settings) { notice in
                switch notice {
                case .over(let account):
                    report.add(account)
                    Terminal.writeLine(ChaosReport.line(account), to: lines)
                case .unreachable(let reason):
                    Terminal.writeLine(
                        "--to \(target) does not answer (\(reason)): clients are reset until it "
                            + "does", to: .errors)
                case .full:
                    Terminal.writeLine(
                        "\(maxConnections) connections are open (--max-connections): further ones "
                            + "are closed", to: .errors)
                }
            }
        } catch let failure as ChaosFailure {
            throw CommandFailure(.unavailable, "--listen \(listen): \(failure)")
        } catch let failure as TransportError {
            throw CommandFailure(.unavailable, "\(failure)")
        }
        report.listen = settings.listen.text(port: proxy.port)
        Terminal.writeLine(
            "\(report.listen) leads to \(target) over \"\(net)\", seed \(seed). Ctrl-C ends it.",
            to: lines)
        proxy.run { StopSignals.wait(nanoseconds: 0) != nil }
        if json {
            Terminal.writeLine(try report.json())
        } else {
            Terminal.writeLine()
            for line in report.table { Terminal.writeLine(line) }
        }
    }
}
