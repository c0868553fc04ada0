import FaultRuns
import Testing

@Suite struct FaultKindTests {
    @Test func namesAreUnique() {
        let names = Set(FaultKind.allCases.map(\.rawValue))
        #expect(names.count == FaultKind.allCases.count)
    }
}
