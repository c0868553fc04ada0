import Histogram

/// How much a terminal can show.
struct PictureStyle: Sendable, Equatable {
    /// Whether block characters may be used; otherwise ASCII.
    var usesUnicode: Bool
    /// Whether colours may be used.
    var usesColour: Bool
}

/// A histogram of lateness as columns of characters.
///
/// Both axes are logarithmic: a column is a tenth of a decade of lateness, from 100 ns to 100 ms,
/// and each row of a column is a factor in the number of wake-ups. One wake-up in a million still
/// shows: those are the ones that players feel.
struct LatenessPicture {
    /// Wake-ups in each column.
    let counts: [UInt64]
    /// The columns in which the median, the 99th percentile and the worst lie.
    let medianColumn: Int
    let percentile99Column: Int
    let worstColumn: Int

    /// Columns to a factor of ten.
    static let columnsPerDecade = 10
    /// 10² ns to 10⁸ ns, and what lies beyond in the last column.
    static let columnCount = 6 * columnsPerDecade

    /// Lower ends of the columns, in nanoseconds; the first column begins at 0.
    static let lowerEnds: [UInt64] = {
        // Tenth roots of ten, in thousandths: no floating point decides where a count belongs.
        let steps: [UInt64] = [
            1_000, 1_259, 1_585, 1_995, 2_512, 3_162, 3_981, 5_012, 6_310, 7_943,
        ]
        var ends: [UInt64] = []
        var decade: UInt64 = 100
        while ends.count < columnCount {
            for step in steps { ends.append(decade * step / 1_000) }
            decade *= 10
        }
        ends[0] = 0
        return ends
    }()

    /// Sorts a histogram of nanoseconds into columns.
    init(_ lateness: Histogram<UInt32>) {
        var counts = [UInt64](repeating: 0, count: Self.columnCount)
        for value in lateness.recordedValues() {
            counts[Self.column(of: value.value)] += UInt64(value.count)
        }
        self.counts = counts
        medianColumn = Self.column(of: lateness.valueAtPercentile(50))
        percentile99Column = Self.column(of: lateness.valueAtPercentile(99))
        worstColumn = Self.column(of: lateness.maxRecorded)
    }

    /// The column of a lateness in nanoseconds.
    static func column(of nanoseconds: UInt64) -> Int {
        (lowerEnds.firstIndex { $0 > nanoseconds } ?? columnCount) - 1
    }

    /// The picture, `height` rows high, with its axis; lines without line feeds.
    func lines(height: Int, style: PictureStyle) -> [String] {
        let heights = columnHeights(height: height)
        var lines: [String] = []
        for row in stride(from: height - 1, through: 0, by: -1) {
            var line = leftMargin(row: row, height: height, style)
            var colour = Colour.none
            // Nothing stands behind the last column that reaches this row.
            let end = (heights.lastIndex { $0 > row * 8 } ?? -1) + 1
            for column in 0..<end {
                let eighths = max(0, min(8, heights[column] - row * 8))
                let wanted = eighths == 0 ? colour : Self.colour(ofColumn: column)
                if style.usesColour, wanted != colour {
                    line += wanted.rawValue
                    colour = wanted
                }
                line += Self.glyph(eighths: eighths, style)
            }
            if colour != .none { line += Colour.none.rawValue }
            lines.append(line)
        }
        return lines + axis(style) + [Self.trimmed(markers)]
    }

    // MARK: Columns

    /// Heights in eighths of a row; a column with a single wake-up has one row's eighth at least.
    private func columnHeights(height: Int) -> [Int] {
        let largest = counts.max() ?? 0
        let full = Double(height * 8)
        return counts.map { count in
            guard count > 0 else { return 0 }
            guard largest > 1 else { return height * 8 }
            // One is an eighth of a row, the largest is full.
            let share = Self.logarithm(count) / Self.logarithm(largest)
            return max(1, Int((1 + share * (full - 1)).rounded()))
        }
    }

    /// The binary logarithm, by the position of the highest bit and a line between powers of two.
    private static func logarithm(_ count: UInt64) -> Double {
        guard count > 0 else { return 0 }
        let exponent = UInt64.bitWidth - 1 - count.leadingZeroBitCount
        return Double(exponent) + Double(count) / Double(UInt64(1) << UInt64(exponent)) - 1
    }

    private func leftMargin(row: Int, height: Int, _ style: PictureStyle) -> String {
        let bar = style.usesUnicode ? "│" : "|"
        guard row == height - 1 else {
            return row == 0 ? "        1 " + bar : "          " + bar
        }
        let largest = String(counts.max() ?? 0)
        return String(repeating: " ", count: max(0, 9 - largest.count)) + largest + " " + bar
    }

    private static func glyph(eighths: Int, _ style: PictureStyle) -> String {
        let glyphs =
            style.usesUnicode
            ? [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
            : [" ", ".", ".", ":", ":", "|", "|", "#", "#"]
        return glyphs[eighths]
    }

    // MARK: Colours

    private enum Colour: String {
        case none = "\u{1B}[0m"
        case good = "\u{1B}[32m"
        case fair = "\u{1B}[33m"
        case poor = "\u{1B}[31m"
    }

    /// Good up to 200 µs, about one hundredth of a tick at 60 Hz; poor from 2 ms, an eighth of it.
    private static func colour(ofColumn column: Int) -> Colour {
        let nanoseconds = lowerEnds[column]
        if nanoseconds < 200_000 { return .good }
        return nanoseconds < 2_000_000 ? .fair : .poor
    }

    // MARK: Axis

    private func axis(_ style: PictureStyle) -> [String] {
        let line = style.usesUnicode ? "─" : "-"
        let tick = style.usesUnicode ? "┴" : "+"
        var axis = "          " + (style.usesUnicode ? "└" : "+")
        var labels = String(repeating: " ", count: 11)
        let micro = style.usesUnicode ? "µ" : "u"
        let names = ["100 ns", "1 \(micro)s", "10 \(micro)s", "100 \(micro)s", "1 ms", "10 ms"]
        for name in names {
            axis += tick + String(repeating: line, count: Self.columnsPerDecade - 1)
            labels += name + String(repeating: " ", count: Self.columnsPerDecade - name.count)
        }
        return [axis, Self.trimmed(labels)]
    }

    /// Names below the columns of the median, the 99th percentile and the worst.
    private var markers: String {
        var line = Array(repeating: Character(" "), count: 11 + Self.columnCount + 8)
        var free = 0
        for (column, name) in [
            (medianColumn, "^p50"), (percentile99Column, "^p99"), (worstColumn, "^max"),
        ] {
            // Where two coincide the later one moves aside.
            let start = max(11 + column, free)
            guard start + name.count <= line.count else { continue }
            for (offset, character) in name.enumerated() { line[start + offset] = character }
            free = start + name.count + 1
        }
        return String(line)
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}
