import SimulatorKit
import Testing

@Suite struct FormatTests {
    @Test(arguments: [
        (0.0, "0 ns"), (7, "7 ns"), (850, "850 ns"), (999, "999 ns"), (1_000, "1 µs"),
        (12_340, "12.3 µs"), (999_499, "999 µs"), (999_500, "1.00 ms"), (1_254_000, "1.25 ms"),
        (16_666_667, "16.7 ms"), (2_500_000_000, "2.50 s"), (61_000_000_000, "61.0 s"),
    ])
    func times(nanoseconds: Double, text: String) {
        #expect(Format.time(nanoseconds: nanoseconds) == text)
    }

    @Test(arguments: [
        (0.0, "0 B"), (512, "512 B"), (33_140, "33.1 kB"), (1_200_000, "1.20 MB"),
        (999_500, "1.00 MB"), (5e9, "5 GB"),
    ])
    func bytes(count: Double, text: String) {
        #expect(Format.bytes(count) == text)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_234, "-1,234"),
    ])
    func counts(number: Int, text: String) {
        #expect(Format.count(number) == text)
    }

    @Test(arguments: [
        (1.0, "100.00 %"), (0.99999, "99.99 %"), (0.9987, "99.87 %"), (0, "0.00 %"),
    ])
    func aRatioIsWholeOnlyWhereNothingIsMissing(ratio: Double, text: String) {
        #expect(Format.ratio(ratio) == text)
    }

    @Test(arguments: [
        (59.999, 2, "60.00"), (-0.004, 2, "0.00"), (-1.5, 1, "-1.5"), (2.0, 0, "2"),
        (0.05, 2, "0.05"),
    ])
    func fixedDecimals(number: Double, decimals: Int, text: String) {
        #expect(Format.fixed(number, decimals: decimals) == text)
    }

    @Test func whatIsNoNumberDoesNotTrap() {
        #expect(Format.fixed(.infinity, decimals: 2) == "inf")
        #expect(Format.fixed(.nan, decimals: 2) == "nan")
    }
}
