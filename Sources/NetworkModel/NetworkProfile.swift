/// How the way between a client and a server behaves, for whole connections at a time.
///
/// Bytes keep their order, as on TCP: what is late makes what comes after it late.
package struct NetworkProfile: Sendable, Equatable {
    /// The mean time there and back, half of it each way.
    package var latencyNanoseconds: UInt64 = 0
    /// How far that time varies around its mean, either way: evenly, half of it each way.
    package var jitterNanoseconds: UInt64 = 0
    /// Of a million writes, how many are lost on the way and come again after `stallNanoseconds`.
    package var stallsPerMillion: UInt64 = 0
    /// How long a lost write takes to come again, and holds up what is behind it.
    package var stallNanoseconds: UInt64 = 200_000_000
    /// Bytes a second each way; 0 for any number.
    package var bytesPerSecond: UInt64 = 0
    /// Bytes arrive in pieces of random sizes up to this; 0 for as they were written.
    package var pieceByteCountMax = 0
    /// Of a million writes, how many end in a reset of the connection.
    package var resetsPerMillion: UInt64 = 0
    /// Bytes that may be on their way before their sender is told that they wait.
    package var bufferByteCount = 256 * 1024

    /// A way without any trouble.
    package init() {}

    /// No delay, no loss.
    package static let clean = NetworkProfile()

    /// The profiles that have a name.
    package static let named: [(name: String, text: String)] = [
        ("clean", ""),
        ("wifi", "latency=20ms,jitter=10ms,stall=0.2%,stall-time=100ms"),
        ("4g", "latency=60ms,jitter=25ms,stall=0.5%,rate=1250KB"),
        ("far", "latency=150ms,jitter=30ms,stall=1%"),
        (
            "awful",
            "latency=250ms,jitter=80ms,stall=2%,stall-time=300ms,rate=64KB,piece=97,reset=0.005%"
        ),
    ]
}

/// Why a text describes no profile.
package struct NetworkProfileError: Error, Equatable, CustomStringConvertible {
    package let description: String
}

extension NetworkProfile {
    /// Reads a profile: a name of ``named``, or settings like `latency=80ms,jitter=20ms,stall=1%`.
    ///
    /// Times are `ms`, `us` or `s`; shares are `%` of writes; `rate` is bytes a second with `B`,
    /// `KB` or `MB`; `piece` and `buffer` are bytes. A name may stand first and be changed:
    /// `4g,stall=5%`.
    package init(_ text: String) throws(NetworkProfileError) {
        self.init()
        for (position, part) in text.split(separator: ",").enumerated() {
            if let known = Self.named.first(where: { $0.name == part }) {
                guard position == 0 else {
                    throw NetworkProfileError(description: "'\(part)' must stand first")
                }
                self = try NetworkProfile(known.text)
                continue
            }
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else {
                let names = Self.named.map(\.name).joined(separator: ", ")
                throw NetworkProfileError(
                    description: "'\(part)' is neither a setting (name=value) nor one of \(names)")
            }
            try set(String(sides[0]), to: sides[1])
        }
    }

    private mutating func set(
        _ name: String, to value: Substring
    ) throws(NetworkProfileError) {
        let times: [(String, UInt64)] = [("ms", 1_000_000), ("us", 1_000), ("s", 1_000_000_000)]
        let shares: [(String, UInt64)] = [("%", 10_000)]
        let bytes: [(String, UInt64)] = [("KB", 1_000), ("MB", 1_000_000), ("B", 1), ("", 1)]
        func number(_ units: [(String, UInt64)]) throws(NetworkProfileError) -> UInt64 {
            guard let number = Self.number(value, units: units) else {
                let known = units.map(\.0).filter { !$0.isEmpty }.joined(separator: ", ")
                throw NetworkProfileError(
                    description: "'\(value)' is no value of \(name); its units are \(known)")
            }
            return number
        }
        switch name {
        case "latency": latencyNanoseconds = try number(times)
        case "jitter": jitterNanoseconds = try number(times)
        case "stall": stallsPerMillion = min(try number(shares), 1_000_000)
        case "stall-time": stallNanoseconds = try number(times)
        case "rate": bytesPerSecond = try number(bytes)
        case "piece": pieceByteCountMax = Int(clamping: try number(bytes))
        case "reset": resetsPerMillion = min(try number(shares), 1_000_000)
        case "buffer": bufferByteCount = Int(clamping: try number(bytes))
        default:
            throw NetworkProfileError(
                description: "there is no setting '\(name)'; there are latency, jitter, stall, "
                    + "stall-time, rate, piece, reset, buffer")
        }
    }

    /// A decimal number of up to nine digits before and six behind the point, times its unit.
    private static func number(_ text: Substring, units: [(String, UInt64)]) -> UInt64? {
        for (suffix, factor) in units where text.hasSuffix(suffix) {
            let digits = text.dropLast(suffix.count)
            let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
            guard let whole = parts.first, (1...2).contains(parts.count),
                (1...9).contains(whole.count), digits.utf8.allSatisfy({ isDigitOrPoint($0) }),
                var number = UInt64(whole)
            else { continue }
            number *= factor
            if parts.count == 2 {
                guard (1...6).contains(parts[1].count), let rest = UInt64(parts[1]) else {
                    continue
                }
                var scale: UInt64 = 1
                for _ in 0..<parts[1].count { scale *= 10 }
                number += rest * factor / scale
            }
            return number
        }
        return nil
    }

    private static func isDigitOrPoint(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ".")
    }
}
