/// Whole numbers and how they are spread.
package struct Distribution: Sendable, Equatable {
    /// Ascending.
    private let numbers: [Int]

    /// The spread of these numbers.
    package init(_ numbers: [Int]) {
        self.numbers = numbers.sorted()
    }

    /// How many there are.
    package var count: Int { numbers.count }
    /// The least; 0 where there is none.
    package var lowest: Int { numbers.first ?? 0 }
    /// The greatest; 0 where there is none.
    package var highest: Int { numbers.last ?? 0 }

    /// The mean; 0 where there is none.
    package var mean: Double {
        numbers.isEmpty ? 0 : Double(numbers.reduce(0, +)) / Double(numbers.count)
    }

    /// The least number that at least this share (0 to 1) of all do not exceed.
    package func quantile(_ share: Double) -> Int {
        guard !numbers.isEmpty else { return 0 }
        let rank = Int((share * Double(numbers.count)).rounded(.up))
        return numbers[min(max(rank, 1), numbers.count) - 1]
    }

    /// How many fall into each of `bins` equal parts of a range.
    package func bins(_ bins: Int, of range: ClosedRange<Int>) -> [Int] {
        var counts = Array(repeating: 0, count: max(bins, 1))
        let width = range.upperBound - range.lowerBound + 1
        for number in numbers where range.contains(number) {
            counts[(number - range.lowerBound) * counts.count / width] += 1
        }
        return counts
    }

    /// A picture of one line: a column for each part of the range, higher where more numbers are.
    ///
    /// What is there at all is seen: only an empty part is a space.
    package func picture(width: Int, of range: ClosedRange<Int>? = nil) -> String {
        let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        let counts = bins(width, of: range ?? lowest...highest)
        guard let most = counts.max(), most > 0 else {
            return String(repeating: " ", count: max(width, 1))
        }
        return String(
            counts.map { count in
                count == 0 ? " " : blocks[min((count * blocks.count - 1) / most, blocks.count - 1)]
            })
    }
}
