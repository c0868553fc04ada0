import ArgumentParser

/// Why a command could not do what it was asked for, though its options make sense.
package struct CommandFailure: Error, CustomStringConvertible {
    /// Exit codes by what they mean (sysexits.h).
    package enum Reason: Int32, Sendable {
        /// EX_DATAERR: what a file says.
        case dataError = 65
        /// EX_NOINPUT: a file that cannot be read.
        case noInput = 66
        /// EX_UNAVAILABLE: a port or a server.
        case unavailable = 69
        /// EX_CANTCREAT: a file.
        case cannotCreate = 73
    }

    /// The exit code.
    package let reason: Reason
    /// One line for people, which names the setting at fault.
    package let description: String

    /// Makes a failure.
    package init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }

    /// Runs a command; where it fails so, prints the line and ends the program with the code.
    package static func reported(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let failure as CommandFailure {
            Terminal.writeLine("error: \(failure.description)", to: .errors)
            throw ExitCode(failure.reason.rawValue)
        }
    }
}
