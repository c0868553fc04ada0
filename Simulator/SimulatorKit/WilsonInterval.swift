/// What a share of wins in a number of trials says about the chance behind it.
///
/// The score interval of E. B. Wilson ("Probable Inference, the Law of Succession, and Statistical
/// Inference", 1927) at 95 %: right also for few trials and for shares near 0 and 1.
package struct WilsonInterval: Sendable, Equatable {
    /// The share itself, 0 to 1; a half where nothing was tried.
    package let share: Double
    /// The least chance that fits.
    package let lowest: Double
    /// The greatest chance that fits.
    package let highest: Double

    /// The 97.5th percentile of the normal distribution.
    private static let deviations = 1.959963984540054

    /// The interval of `wins` in `trials`; numbers beyond the trials count as all of them.
    package init(wins: Int, trials: Int) {
        guard trials > 0 else {
            (share, lowest, highest) = (0.5, 0, 1)
            return
        }
        let count = Double(trials)
        let share = Double(min(max(wins, 0), trials)) / count
        let squared = Self.deviations * Self.deviations
        let centre = (share + squared / (2 * count)) / (1 + squared / count)
        let variance = share * (1 - share) / count + squared / (4 * count * count)
        let reach = Self.deviations * variance.squareRoot() / (1 + squared / count)
        self.share = share
        // Rounding must not take all wins, or none, out of their own interval.
        lowest = wins <= 0 ? 0 : max(centre - reach, 0)
        highest = wins >= trials ? 1 : min(centre + reach, 1)
    }
}
