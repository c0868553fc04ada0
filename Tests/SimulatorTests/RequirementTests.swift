import SimulatorKit
import Testing

@Suite struct RequirementTests {
    struct Valid: Sendable {
        let text: String
        let metric: Metric
        let comparison: Requirement.Comparison
        let wanted: Double
    }

    static let valid: [Valid] = [
        Valid(text: "lateness_p99<2ms", metric: .latenessP99, comparison: .below, wanted: 2e6),
        Valid(
            text: "lateness_max<=1.5s", metric: .latenessMax, comparison: .atMost, wanted: 1.5e9),
        Valid(text: "lateness_p50<80us", metric: .latenessP50, comparison: .below, wanted: 8e4),
        Valid(text: "lateness_p50<80µs", metric: .latenessP50, comparison: .below, wanted: 8e4),
        Valid(text: "round_trip_p50>5ns", metric: .roundTripP50, comparison: .above, wanted: 5),
        Valid(text: "delivered>0.99", metric: .delivered, comparison: .above, wanted: 0.99),
        Valid(text: "delivered>=99%", metric: .delivered, comparison: .atLeast, wanted: 0.99),
        Valid(
            text: "snapshots_min>=59.5Hz", metric: .snapshotsMin, comparison: .atLeast, wanted: 59.5
        ),
        Valid(text: "reconnects=0", metric: .reconnects, comparison: .equal, wanted: 0),
        Valid(text: "reconnects==0", metric: .reconnects, comparison: .equal, wanted: 0),
        Valid(text: "joined!=0", metric: .joined, comparison: .notEqual, wanted: 0),
        Valid(
            text: "bytes_per_client<33kB", metric: .bytesPerClient, comparison: .below,
            wanted: 33_000),
        Valid(
            text: "bytes_per_client<8KiB", metric: .bytesPerClient, comparison: .below,
            wanted: 8_192),
    ]

    @Test(arguments: valid)
    func readsNameComparisonAndUnit(_ valid: Valid) throws {
        let requirement = try Requirement(valid.text)
        #expect(requirement.metric == valid.metric)
        #expect(requirement.comparison == valid.comparison)
        #expect(abs(requirement.wanted - valid.wanted) <= abs(valid.wanted) * 1e-12)
        #expect(requirement.text == valid.text)
    }

    @Test func readsAListWithSpaces() throws {
        let list = try Requirement.list("lateness_p99 < 2ms, delivered>0.99")
        #expect(list.map(\.text) == ["lateness_p99<2ms", "delivered>0.99"])
    }

    @Test(arguments: [
        "", ",", "delivered", "delivered>", "delivered>x", "<2ms", "delivered>0.99,",
        "delivered!0.5", "delivered>1.2.3", "delivered>--1", "delivered>nan", "lateness_p99~2ms",
    ])
    func refusesWhatIsNoRequirement(text: String) {
        #expect(throws: RequirementError.self) { try Requirement.list(text) }
    }

    @Test(arguments: [
        "lateness_p99<2", "lateness_p99<2m", "delivered>99ms", "joined>3%", "reconnects<1kB",
        "bytes_per_client<2ms", "snapshots_min>59%",
    ])
    func refusesAUnitThatDoesNotFit(text: String) {
        #expect {
            try Requirement.list(text)
        } throws: { error in
            guard case .wrongUnit = error as? RequirementError else { return false }
            return true
        }
    }

    @Test func anUnknownNameIsAnsweredWithTheNames() throws {
        let error = #expect(throws: RequirementError.self) {
            try Requirement.list("lateness<2ms")
        }
        #expect(error == .unknownName("lateness"))
        let description = try #require(error).description
        for metric in Metric.allCases { #expect(description.contains(metric.rawValue)) }
    }

    @Test func namesAndExplanationsAreUnique() {
        #expect(Set(Metric.allCases.map(\.rawValue)).count == Metric.allCases.count)
        for metric in Metric.allCases {
            #expect(Metric(name: metric.rawValue) == metric)
            #expect(!metric.explanation.isEmpty)
        }
    }

    @Test func judgesMeasuredValues() throws {
        var values = MetricValues()
        values[.latenessP99] = 1_900_000
        values[.delivered] = 0.98
        let lateness = try Requirement("lateness_p99<2ms")
        let delivered = try Requirement("delivered>0.99")
        let roundTrip = try Requirement("round_trip_p99<1s")
        #expect(lateness.failure(in: values) == nil)
        #expect(delivered.failure(in: values) == "delivered>0.99: delivered is 98.00 %")
        #expect(
            roundTrip.failure(in: values)
                == "round_trip_p99<1s: round_trip_p99 could not be measured")
    }

    @Test func comparisonsAreWhatTheySay() {
        let table: [(Requirement.Comparison, [Bool])] = [
            (.below, [true, false, false]), (.atMost, [true, true, false]),
            (.equal, [false, true, false]), (.atLeast, [false, true, true]),
            (.above, [false, false, true]), (.notEqual, [true, false, true]),
        ]
        for (comparison, expected) in table {
            #expect([1.0, 2, 3].map { comparison.holds($0, 2) } == expected)
        }
    }
}
