/// A seed that has found something, with how it is played.
package struct RegressionSeed: Sendable, Equatable {
    /// The seed.
    package var seed: UInt64
    /// How it is played.
    package var options: RunOptions
    /// What it has found, in a sentence.
    package var sentence: String

    /// Reads the lines of RegressionSeeds.txt: `SEED SECONDS sentence`; `#` begins a comment.
    ///
    /// - Returns: nil where a line cannot be read.
    package static func read(_ text: String) -> [RegressionSeed]? {
        var seeds: [RegressionSeed] = []
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count == 3, let seed = UInt64(words[0]), let seconds = Int(words[1]) else {
                return nil
            }
            var options = RunOptions()
            options.seconds = seconds
            seeds.append(
                RegressionSeed(seed: seed, options: options, sentence: String(words[2])))
        }
        return seeds
    }
}
