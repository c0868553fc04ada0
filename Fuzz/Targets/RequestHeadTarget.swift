import WebSocketProtocol

/// Invariant: a request head comes to the same decision and the same answer however it is cut, at
/// most two steps a byte, and nothing behind the head is consumed.
enum RequestHeadTarget {
    private struct Outcome: Equatable {
        var consumedByteCount: Int?
        var answer: [UInt8] = []
    }

    static func run(_ input: [UInt8]) throws(InvariantBroken) {
        var reader = InputReader(input)
        let segment = max(Int(reader.byte()), 1)
        let head = reader.rest()
        let whole = try outcome(of: head, segment: max(head.count, 1))
        for size in [1, segment] {
            let cut = try outcome(of: head, segment: size)
            try require(cut == whole, "pieces of \(size) bytes: \(cut), whole: \(whole)")
        }
    }

    private static func outcome(
        of head: [UInt8], segment: Int
    ) throws(InvariantBroken) -> Outcome {
        var policy = HandshakePolicy(
            origins: .sameHost(orListed: ["https://example.org"]), subprotocols: ["hyoshi.v1"])
        policy.deflate = DeflatePolicy(isEnabled: true)
        var parser = RequestHeadParser()
        var offset = 0
        while offset < head.count {
            let end = min(head.count, offset + segment)
            let progress = parser.feed(head.span.extracting(offset..<end))
            try require(parser.stepCount <= 2 * end + 2, "\(parser.stepCount) steps, \(end) bytes")
            switch progress {
            case .incomplete:
                break
            case .rejected(let violation):
                var answer: [UInt8] = []
                HTTPRejection(violation).write(into: &answer)
                return Outcome(answer: answer)
            case .complete(let request, let consumed):
                return Outcome(
                    consumedByteCount: offset + consumed, answer: answer(to: request, policy))
            }
            offset = end
        }
        return Outcome()
    }

    private static func answer(to head: HTTPRequestHead, _ policy: HandshakePolicy) -> [UInt8] {
        var answer: [UInt8] = []
        switch ServerHandshake.decide(head, policy: policy) {
        case .reject(let violation):
            HTTPRejection(violation, method: head.method).write(into: &answer)
        case .plainRequest(let method, let target):
            // What routing asks of a target.
            _ = try? target.segment(at: 1, byteCountMax: 48)
            _ = try? target.queryValue("game", byteCountMax: 48)
            HTTPRejection(.notFound, method: method).write(into: &answer)
        case .upgrade(let agreement):
            agreement.write(into: &answer)
        }
        return answer
    }
}
