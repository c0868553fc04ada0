/// Integer vectors and bearings on a plane whose y axis points down, as on a screen.
///
/// Only additions, products and one square root, which IEEE 754 defines to the last bit: the same
/// on every machine, as decisions from a seed must be.
package struct Vector: Equatable, Sendable {
    /// To the right.
    package var x: Int64
    /// Downwards.
    package var y: Int64

    /// Makes a vector.
    package init(x: Int64, y: Int64) {
        self.x = x
        self.y = y
    }

    /// No length.
    package static let zero = Vector(x: 0, y: 0)

    package static func + (left: Vector, right: Vector) -> Vector {
        Vector(x: left.x &+ right.x, y: left.y &+ right.y)
    }

    package static func - (left: Vector, right: Vector) -> Vector {
        Vector(x: left.x &- right.x, y: left.y &- right.y)
    }

    package static func * (vector: Vector, factor: Int64) -> Vector {
        Vector(x: vector.x &* factor, y: vector.y &* factor)
    }

    package static func / (vector: Vector, divisor: Int64) -> Vector {
        Vector(x: vector.x / divisor, y: vector.y / divisor)
    }

    /// The scalar product.
    package func dot(_ other: Vector) -> Int64 {
        x &* other.x &+ y &* other.y
    }

    /// The length, rounded down.
    package var length: Int64 {
        Int64(Double(dot(self)).squareRoot())
    }

    /// The vector in the same direction with this length; zero stays zero.
    package func scaled(toLength wanted: Int64) -> Vector {
        let length = length
        return length == 0 ? self : self * wanted / length
    }

    /// The shortest way on a torus with this side.
    @inline(__always)
    package func wrapped(side: Int64) -> Vector {
        Vector(x: Vector.wrapped(x, side), y: Vector.wrapped(y, side))
    }

    @inline(__always)
    private static func wrapped(_ distance: Int64, _ side: Int64) -> Int64 {
        let half = side / 2
        var offset = (distance &+ half) % side
        if offset < 0 { offset += side }
        return offset - half
    }
}

/// A direction: 65,536 steps a turn, 0 to the right, a quarter downwards.
package struct Bearing: Equatable, Sendable {
    /// The direction as a number of steps.
    package var rawValue: UInt16

    /// The direction of this number of steps; any number of turns.
    package init(_ steps: Int) {
        rawValue = UInt16(truncatingIfNeeded: steps)
    }

    /// atan(2^−i) in steps, for i from 0.
    private static let angles: [Int] = [
        8192, 4836, 2555, 1297, 651, 326, 163, 81, 41, 20, 10, 5, 3, 1,
    ]

    /// The direction of a vector by rotation in ever smaller steps (CORDIC; Volder 1959), right to
    /// within 8 steps, a twentieth of a degree; 0 for no length.
    package init(of vector: Vector) {
        guard vector != .zero else {
            self.init(0)
            return
        }
        // Room for the shifts below; the coordinates of games have far fewer bits.
        var x = min(max(vector.x, -(1 << 40)), 1 << 40) << 16
        var y = min(max(vector.y, -(1 << 40)), 1 << 40) << 16
        var steps = 0
        if x < 0 {
            (x, y) = (-x, -y)
            steps = 32_768
        }
        for (shift, angle) in Bearing.angles.enumerated() {
            if y > 0 {
                (x, y) = (x + (y >> shift), y - (x >> shift))
                steps += angle
            } else if y < 0 {
                (x, y) = (x - (y >> shift), y + (x >> shift))
                steps -= angle
            }
        }
        self.init(steps)
    }

    /// The shortest turn from `other` to this direction; positive is clockwise on a screen.
    ///
    /// From −32,768 to 32,767 steps.
    package func turn(from other: Bearing) -> Int {
        Int(Int16(bitPattern: rawValue &- other.rawValue))
    }
}
