import Foundation
import Hyoshi
import Testing

/// Numbers at which arithmetic breaks first.
private let edges: [Int32] = [
    .min, .min + 1, -65_537, -65_536, -65_535, -2, -1, 0, 1, 2, 3, 65_535, 65_536, 65_537,
    46_340, 46_341, 1 << 30, .max - 1, .max,
]

@Suite struct AngleTests {
    @Test func sineAndCosineStayWithinTheirBound() {
        var worst = 0.0
        for number in 0...UInt16.max {
            let radians = Double(number) / 65_536 * 2 * Double.pi
            let angle = Angle(number)
            worst = max(worst, abs(Double(angle.sine) - sin(radians) * 65_536))
            worst = max(worst, abs(Double(angle.cosine) - cos(radians) * 65_536))
        }
        #expect(worst < 0.51)
        // The bound is no looser than it must be: rounding alone costs a half.
        #expect(worst > 0.49)
    }

    @Test func quartersAreExactAndSymmetric() {
        #expect([0, 0x4000, 0x8000, 0xC000].map { Angle($0).sine } == [0, 65_536, 0, -65_536])
        #expect([0, 0x4000, 0x8000, 0xC000].map { Angle($0).cosine } == [65_536, 0, -65_536, 0])
        for number in 0...UInt16.max {
            #expect(Angle(number).sine == -Angle(0 &- number).sine)
            #expect(Angle(number).cosine == Angle(0 &- number).cosine)
        }
    }

    @Test func directionsOfVectorsAreWithinOneStep() {
        var random = DeterministicRandom(seed: 1)
        var vectors: [(Int32, Int32)] = edges.flatMap { x in edges.map { (x, $0) } }
        for _ in 0..<20_000 {
            let shift = random.number(in: 0...30)
            vectors.append(
                (
                    random.number(in: .min ... .max) >> shift,
                    random.number(in: .min ... .max) >> shift
                ))
        }
        for (x, y) in vectors where x != 0 || y != 0 {
            let exact = atan2(Double(y), Double(x)) / (2 * Double.pi) * 65_536
            let apart = (Double(Angle(x: x, y: y).rawValue) - exact).remainder(dividingBy: 65_536)
            #expect(abs(apart) < 1, "\(x) \(y)")
        }
        #expect(Angle(x: 0, y: 0) == Angle(0))
    }

    @Test func theDirectionOfAnAnglesVectorIsTheAngle() {
        for number in 0...UInt16.max {
            let angle = Angle(number)
            let back = Angle(x: angle.cosine, y: angle.sine)
            #expect(abs(angle.difference(to: back)) <= 1)
        }
    }

    @Test func eighthsOfATurnAreExact() {
        let axes: [(Int32, Int32)] = [
            (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1),
        ]
        #expect(axes.map { Angle(x: $0.0, y: $0.1).rawValue / 0x2000 } == [0, 1, 2, 3, 4, 5, 6, 7])
        #expect(axes.allSatisfy { Angle(x: $0.0, y: $0.1).rawValue % 0x2000 == 0 })
    }

    @Test func stepsOfATurn() {
        #expect(Angle(steps: 64, turn: 256) == Angle(0x4000))
        #expect(Angle(steps: -64, turn: 256) == Angle(0xC000))
        #expect(Angle(steps: 256 * 7 + 1, turn: 256) == Angle(0x100))
        #expect(Angle(steps: 5, turn: 0) == Angle(0))
        for steps in edges {
            for turn in edges { _ = Angle(steps: steps, turn: turn) }
        }
        #expect(Angle(steps: .max, turn: .max) == Angle(0))
        #expect(Angle(steps: .max - 1, turn: .max) == Angle(0xFFFF))
    }

    @Test func turningTakesTheShortWay() {
        let (start, goal) = (Angle(65_000), Angle(1000))
        #expect(start.difference(to: goal) == 1536)
        #expect(goal.difference(to: start) == -1536)
        #expect(Angle(0).difference(to: Angle(0x8000)) == -32_768)
        #expect(start.turned(towards: goal, atMost: 600) == Angle(64))
        #expect(goal.turned(towards: start, atMost: 600) == Angle(400))
        #expect(start.turned(towards: goal, atMost: 2000) == goal)
        #expect(Angle(0).turned(towards: Angle(0x8000), atMost: .max) == Angle(0x8000))
        #expect(start + Angle(1000) == Angle(464))
        #expect(Angle(0) - Angle(1) == Angle(0xFFFF))
    }
}

@Suite struct FixedPointTests {
    @Test func productsRoundAndClamp() {
        let one = FixedPoint.one
        #expect(FixedPoint.product(3 * one, one / 2) == 3 * one / 2)
        #expect(FixedPoint.product(-7, one) == -7)
        #expect(FixedPoint.product(1, one / 2) == 1)
        #expect(FixedPoint.product(-1, one / 2) == 0)
        #expect(FixedPoint.product(.max, .max) == .max)
        #expect(FixedPoint.product(.min, .max) == .min)
        #expect(FixedPoint.product(.min, .min) == .max)
        for left in edges {
            for right in edges {
                let exact = (Double(left) * Double(right) / 65_536 + 0.5).rounded(.down)
                let clamped = min(max(exact, Double(Int32.min)), Double(Int32.max))
                #expect(Double(FixedPoint.product(left, right)) == clamped)
            }
        }
    }

    @Test func quotientsOfEverything() {
        let one = FixedPoint.one
        #expect(FixedPoint.quotient(one, 2 * one) == one / 2)
        #expect(FixedPoint.quotient(1, 3) == 21_845)
        #expect(FixedPoint.quotient(-1, 3) == -21_845)
        #expect(FixedPoint.quotient(0, 0) == 0)
        #expect(FixedPoint.quotient(5, 0) == .max)
        #expect(FixedPoint.quotient(-5, 0) == .min)
        for left in edges {
            for right in edges where right != 0 {
                let exact = (Double(left) * 65_536 / Double(right)).rounded(.towardZero)
                let clamped = min(max(exact, Double(Int32.min)), Double(Int32.max))
                #expect(Double(FixedPoint.quotient(left, right)) == clamped)
            }
        }
    }

    /// Whether `root` is the greatest integer whose square is at most `value`.
    private func isRoot(_ root: UInt32, of value: UInt64) -> Bool {
        let root = UInt64(root)
        let (square, above) = (root * root, (root + 1).multipliedReportingOverflow(by: root + 1))
        return square <= value && (above.overflow || above.partialValue > value)
    }

    @Test func squareRootsAreExact() {
        for value in UInt64(0)...70_000 {
            #expect(isRoot(FixedPoint.squareRoot(value), of: value))
        }
        for shift in UInt64(0)..<64 {
            let power = UInt64(1) << shift
            for value in [power - 1, power, power + 1] {
                #expect(isRoot(FixedPoint.squareRoot(value), of: value))
            }
        }
        #expect(FixedPoint.squareRoot(.max) == .max)
        var random = DeterministicRandom(seed: 2)
        for _ in 0..<20_000 {
            let value = random.next() >> UInt64(random.number(in: 0...63))
            #expect(isRoot(FixedPoint.squareRoot(value), of: value))
            let square =
                UInt64(UInt32(truncatingIfNeeded: value))
                * UInt64(UInt32(truncatingIfNeeded: value))
            #expect(FixedPoint.squareRoot(square) == UInt32(truncatingIfNeeded: value))
        }
    }

    @Test func lengths() {
        #expect(FixedPoint.length(3, -4) == 5)
        #expect(FixedPoint.squaredLength(.min, .min) == 1 << 63)
        #expect(FixedPoint.length(.min, .min) == 3_037_000_499)
        #expect(FixedPoint.length(0, 0) == 0)
        var random = DeterministicRandom(seed: 3)
        var vectors: [(Int32, Int32)] = edges.flatMap { x in edges.map { (x, $0) } }
        for _ in 0..<20_000 {
            let shift = random.number(in: 0...31)
            vectors.append(
                (
                    random.number(in: .min ... .max) >> shift,
                    random.number(in: .min ... .max) >> shift
                ))
        }
        for (x, y) in vectors {
            let exact = (Double(x) * Double(x) + Double(y) * Double(y)).squareRoot()
            #expect(abs(Double(FixedPoint.approximateLength(x, y)) - exact) <= exact * 0.041 + 1)
            #expect(isRoot(FixedPoint.length(x, y), of: FixedPoint.squaredLength(x, y)))
        }
    }
}

@Suite struct TorusTests {
    @Test(arguments: [1, 2, 3, 9, 10, 1 << 20, .max] as [Int32])
    func everyPositionComesBackInside(size: Int32) {
        let axis = Torus(size: size)
        for start in edges {
            for end in edges {
                let moved = axis.position(start, movedBy: end)
                #expect(moved >= 0 && moved < size)
                let exact = (Int64(start) + Int64(end)) % Int64(size)
                #expect(Int64(moved) == (exact < 0 ? exact + Int64(size) : exact))
                let way = axis.difference(from: start, to: end)
                #expect(Int64(way) >= -Int64(size) / 2 && Int64(way) <= (Int64(size) - 1) / 2)
                #expect(axis.position(start, movedBy: way) == axis.wrapped(Int64(end)))
            }
        }
        #expect(axis.wrapped(.min) >= 0 && axis.wrapped(.max) < size)
    }

    @Test func tiesAreNegativeAndSizesAtLeastOne() {
        #expect(Torus(size: 10).difference(from: 0, to: 5) == -5)
        #expect(Torus(size: 10).difference(from: 8, to: 2) == 4)
        #expect(Torus(size: 9).difference(from: 0, to: 4) == 4)
        #expect(Torus(size: 9).difference(from: 0, to: 5) == -4)
        #expect(Torus(size: 0).size == 1)
        #expect(Torus(size: .min).wrapped(-7) == 0)
    }
}

@Suite struct MathematicsHashTests {
    /// One hash over every function: debug and release builds, and every machine, must agree.
    @Test func everyFunctionGivesTheSameBitsEverywhere() {
        var hash = StateHash()
        for number in 0...UInt16.max {
            hash.combine(UInt32(bitPattern: Angle(number).sine))
        }
        var random = DeterministicRandom(seed: 4)
        for _ in 0..<20_000 {
            let wide = random.next()
            let x = Int32(truncatingIfNeeded: wide) >> (random.number(in: 0...31))
            let y = Int32(truncatingIfNeeded: wide >> 32) >> (random.number(in: 0...31))
            hash.combine(UInt32(Angle(x: x, y: y).rawValue))
            hash.combine(UInt32(Angle(steps: x, turn: y).rawValue))
            hash.combine(FixedPoint.squareRoot(wide >> UInt64(random.number(in: 0...63))))
            hash.combine(FixedPoint.length(x, y))
            hash.combine(FixedPoint.approximateLength(x, y))
            hash.combine(UInt32(bitPattern: FixedPoint.product(x, y)))
            hash.combine(UInt32(bitPattern: FixedPoint.quotient(x, y)))
            hash.combine(UInt32(bitPattern: Torus(size: y).difference(from: x, to: y)))
            hash.combine(UInt32(bitPattern: Torus(size: y).position(x, movedBy: x)))
        }
        #expect(hash.value == 14_592_197_096_386_481_954)
    }
}
