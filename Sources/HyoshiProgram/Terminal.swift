import Glibc

/// What a program knows of the terminal that it writes to.
package enum Terminal {
    /// Where text goes.
    package enum Stream: Int32, Sendable {
        case output = 1
        case errors = 2
    }

    /// Writes text at once, whatever stands behind the stream.
    package static func write(_ text: String, to stream: Stream = .output) {
        var text = text
        text.withUTF8 { buffer in
            var written = 0
            while written < buffer.count {
                let rest = UnsafeBufferPointer(rebasing: buffer[written...])
                let count = Glibc.write(stream.rawValue, rest.baseAddress, rest.count)
                guard count > 0 || (count < 0 && errno == EINTR) else { return }
                written += max(count, 0)
            }
        }
    }

    /// Writes a line at once.
    package static func writeLine(_ text: String = "", to stream: Stream = .output) {
        write(text + "\n", to: stream)
    }

    /// Whether a person is likely to look at the stream.
    package static func isInteractive(_ stream: Stream) -> Bool {
        isatty(stream.rawValue) == 1
    }

    /// Whether colours may be used: on a terminal that has them, unless NO_COLOR is set.
    package static func usesColour(_ stream: Stream) -> Bool {
        guard isInteractive(stream), setting("NO_COLOR") == nil else { return false }
        return setting("TERM") != "dumb"
    }

    /// Whether the locale says that more than ASCII can be shown.
    package static var usesUnicode: Bool {
        // POSIX: the first of these that is set decides.
        let locale = setting("LC_ALL") ?? setting("LC_CTYPE") ?? setting("LANG") ?? ""
        let name = locale.lowercased()
        return name.contains("utf-8") || name.contains("utf8")
    }

    /// An environment variable; nil where it is not set or empty.
    private static func setting(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}
