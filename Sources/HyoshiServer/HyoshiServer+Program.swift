import Foundation
public import Hyoshi
import NetworkTransport

/// A server as a whole program.
extension HyoshiServer {
    /// Hosts the games until Ctrl-C or SIGTERM, and ends the program: the one line of its main file.
    ///
    /// The settings are the defaults, then what `change` makes of them, then the environment:
    /// `HYOSHI_PORT=9000 HYOSHI_LOOPS=2`, each named like the option of `hyoshi serve`. Modules in
    /// `.build/web` of the working directory are served unless the settings name another place.
    ///
    /// The exit code is 0 where it was asked to end, 64 for a wrong setting, and 69 where a port
    /// could not be opened; then one line on the standard error says why.
    public static func serve(
        games: [Game], _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) -> Never {
        StopSignals.claim()
        var configuration = ServerConfiguration(games: games)
        change(&configuration)
        configuration.findModules(in: ".build/web")
        do throws(ServerError) {
            try configuration.read(environment: ProcessInfo.processInfo.environment)
            _ = try? ProcessSettings.raiseDescriptorLimit()
            let server = try HyoshiServer.start(configuration)
            print(server.addresses(configuration))
            fflush(nil)
            _ = StopSignals.wait()
            server.stop()
            exit(0)
        } catch {
            let name = EnvironmentSettings.variable(error.setting)
            FileHandle.standardError.write(Data("error: \(name): \(error.message)\n".utf8))
            exit(error.code == .transport ? 69 : 64)
        }
    }

    /// Where the server is, for people: a line for the rooms, the page and the metrics each.
    package func addresses(_ configuration: ServerConfiguration) -> String {
        let host = configuration.host == "0.0.0.0" ? "127.0.0.1" : configuration.host
        var lines = ["hyoshi is listening on ws://\(host):\(port)/rooms/<room>"]
        if configuration.servesPage { lines.append("play:    http://\(host):\(port)/") }
        if let adminPort {
            lines.append("metrics: http://\(configuration.adminHost):\(adminPort)/")
        }
        return lines.joined(separator: "\n")
    }
}

extension ServerConfiguration {
    /// Serves the modules of a directory where there are some, unless another one is set.
    package mutating func findModules(in directory: String) {
        guard modulesDirectory == nil else { return }
        let names = try? FileManager.default.contentsOfDirectory(atPath: directory)
        if names?.contains(where: { $0.hasSuffix(".wasm") }) == true {
            modulesDirectory = directory
        }
    }
}
