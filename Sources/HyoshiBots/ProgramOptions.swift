import ArgumentParser
import SimulatorKit

/// The options of programs that decide for bots.
struct ProgramOptions: ParsableArguments {
    @Option(help: "How messages are written: json, a line for each, or msgpack.")
    var botFormat = BotFormat.json

    @Option(help: "Seconds that a program may take for an answer; 60 at least for the first one.")
    var botTimeout = 30.0

    func validate() throws {
        guard botTimeout.isFinite, (0.01...86_400).contains(botTimeout) else {
            throw ValidationError("--bot-timeout must be 0.01 to 86400.")
        }
    }

    /// What a policy's name or `run:COMMAND` means.
    ///
    /// - Parameter starts: Whether a program is started; else a presser stands for it.
    func choice(_ name: String?, option: String, starts: Bool) throws -> BotChoice {
        guard let name, let command = ProgramOptions.command(name) else {
            return try BotChoice.read(name, option: option)
        }
        guard command.contains(where: { $0 != " " }) else {
            throw ValidationError("\(option): a command belongs after 'run:'.")
        }
        guard starts else { return .presser }
        do throws(BotProgramError) {
            return .program(
                try BotProcess(
                    command: command, format: botFormat, timeoutSeconds: botTimeout))
        } catch {
            throw ValidationError("\(option): \(error).")
        }
    }

    /// The command of `run:COMMAND`; nil for a name.
    static func command(_ name: String) -> String? {
        name.hasPrefix("run:") ? String(name.dropFirst(4)) : nil
    }
}

extension BotFormat: ExpressibleByArgument {}
