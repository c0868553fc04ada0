import Glibc
import SimulatorKit

/// What people see while a run lasts: only where somebody looks, in colour only where it shows.
enum Terminal {
    private static let errorIsTerminal = isatty(STDERR_FILENO) == 1
    private static let outputIsTerminal =
        isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil

    /// Columns of standard output; nil where it is no terminal.
    static var width: Int? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0,
            size.ws_col > 0
        else { return nil }
        return Int(size.ws_col)
    }

    /// A requirement with its verdict.
    static func verdict(_ text: String, isMet: Bool) -> String {
        let line = isMet ? "  met     \(text)" : "  missed  \(text)"
        guard outputIsTerminal else { return line }
        return isMet ? "\u{1B}[32m\(line)\u{1B}[0m" : "\u{1B}[31m\(line)\u{1B}[0m"
    }

    /// Shows a line in the place of the last one; nothing where standard error is no terminal.
    static func show(_ line: String) {
        guard errorIsTerminal else { return }
        write("\r\u{1B}[K\(line)")
    }

    /// Takes the line away.
    static func clear() {
        guard errorIsTerminal else { return }
        write("\r\u{1B}[K")
    }

    /// Writes a line for people to standard error.
    static func complain(_ text: String) {
        clear()
        write("\(BotCatalog.current.fullName): \(text)\n")
    }

    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}
