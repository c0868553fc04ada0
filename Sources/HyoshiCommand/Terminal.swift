import Glibc

/// What a program knows of the terminal that it writes to.
enum Terminal {
    /// Where text goes.
    enum Stream: Int32, Sendable {
        case output = 1
        case errors = 2
    }

    /// Writes text at once, whatever stands behind the stream.
    static func write(_ text: String, to stream: Stream = .output) {
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
    static func writeLine(_ text: String = "", to stream: Stream = .output) {
        write(text + "\n", to: stream)
    }

    /// Whether a person is likely to look at the stream.
    static func isInteractive(_ stream: Stream) -> Bool {
        isatty(stream.rawValue) == 1
    }
}
