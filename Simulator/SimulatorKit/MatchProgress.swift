/// The line that is shown while matches are played, and the one that says how fast it went.
package enum MatchProgress {
    /// A bar, how many are done, and how long the rest will take at the speed so far.
    package static func line(done: Int, total: Int, seconds: Double) -> String {
        let width = 30
        let filled = total > 0 ? min(done * width / total, width) : width
        var line =
            "[" + String(repeating: "#", count: filled)
            + String(repeating: "·", count: width - filled)
            + "] \(Format.count(done)) of \(Format.count(total)) matches"
        if done > 0, done < total {
            let rest = seconds / Double(done) * Double(total - done)
            line += "   \(span(rest)) left"
        }
        return line
    }

    /// How much was played in how long.
    package static func speed(_ played: Double, in seconds: Double, cores: Int) -> String {
        let factor = seconds > 0 ? played / seconds : 0
        return "  \(Format.left("played", 22))\(span(played)) in \(span(seconds)) on \(cores) "
            + "\(cores == 1 ? "core" : "cores"): "
            + "\(Format.count(Int(factor.rounded()))) × real time"
    }

    /// A length of time in its two largest units: `4.2 s`, `3 min 20 s`, `2 h 5 min`.
    package static func span(_ seconds: Double) -> String {
        if seconds < 10 { return "\(Format.fixed(max(seconds, 0), decimals: 1)) s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
    }
}
