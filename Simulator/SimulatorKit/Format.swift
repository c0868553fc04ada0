/// Numbers as people read them: three significant digits, units last.
package enum Format {
    /// A time: `850 ns`, `12.3 µs`, `1.25 ms`, `2.50 s`.
    package static func time(nanoseconds: Double) -> String {
        let magnitude = nanoseconds.magnitude
        if magnitude < 1_000 { return "\(significant(nanoseconds)) ns" }
        if magnitude < 999_500 { return "\(significant(nanoseconds / 1_000)) µs" }
        if magnitude < 999_500_000 { return "\(significant(nanoseconds / 1_000_000)) ms" }
        return "\(significant(nanoseconds / 1_000_000_000)) s"
    }

    /// A number of bytes: `512 B`, `33.1 kB`, `1.20 MB`.
    package static func bytes(_ count: Double) -> String {
        let magnitude = count.magnitude
        if magnitude < 1_000 { return "\(significant(count)) B" }
        if magnitude < 999_500 { return "\(significant(count / 1_000)) kB" }
        if magnitude < 999_500_000 { return "\(significant(count / 1_000_000)) MB" }
        return "\(significant(count / 1_000_000_000)) GB"
    }

    /// A whole number with separated thousands: `1,234,567`.
    package static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = number < 0 ? "-" : ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// A part of a whole: `99.87 %`; 100 only where it is whole.
    package static func ratio(_ ratio: Double) -> String {
        let shown = ratio < 1 ? min(ratio * 100, 99.99) : ratio * 100
        return "\(fixed(shown, decimals: 2)) %"
    }

    /// A metric's number in its own unit.
    package static func value(_ number: Double, of metric: Metric) -> String {
        switch metric.dimension {
        case .count: count(Int(number.rounded()))
        case .ratio: ratio(number)
        case .rate: "\(fixed(number, decimals: 2)) /s"
        case .time: time(nanoseconds: number)
        case .bytes: "\(bytes(number))/s"
        }
    }

    /// A number with this many decimals, rounded half away from zero.
    package static func fixed(_ number: Double, decimals: Int) -> String {
        guard number.isFinite, number.magnitude < 1e15 else { return "\(number)" }
        var scale = 1
        for _ in 0..<max(decimals, 0) { scale *= 10 }
        let scaled = Int((number.magnitude * Double(scale)).rounded())
        let sign = number < 0 && scaled != 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % scale)
        let zeros = String(repeating: "0", count: decimals - fraction.count)
        return "\(sign)\(scaled / scale).\(zeros)\(fraction)"
    }

    /// Three significant digits of a number below 1,000; larger ones whole.
    static func significant(_ number: Double) -> String {
        let magnitude = number.magnitude
        if magnitude == magnitude.rounded(), magnitude < 10 { return fixed(number, decimals: 0) }
        if magnitude < 9.995 { return fixed(number, decimals: 2) }
        if magnitude < 99.95 { return fixed(number, decimals: 1) }
        return fixed(number, decimals: 0)
    }

    /// The text, filled with spaces on its left to this width.
    package static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }

    /// The text, filled with spaces on its right to this width.
    package static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }
}
