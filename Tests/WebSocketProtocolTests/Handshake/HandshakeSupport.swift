import WebSocketProtocol

/// What a request came to, in a form that can be compared.
struct Outcome: Equatable, CustomStringConvertible {
    var violation: HandshakeViolation?
    var method: HTTPMethod?
    var target = ""
    var consumedByteCount = 0
    var fieldCount = 0
    /// What followed the head in the bytes that were fed.
    var rest: [UInt8] = []

    var description: String {
        violation.map { "rejected: \($0)" }
            ?? "\(method.map { "\($0)" } ?? "incomplete") \(target), \(consumedByteCount) bytes"
    }
}

/// Feeds `bytes` in segments that end at `cuts` (ascending) and at the end.
func outcome(
    of bytes: [UInt8], cuts: [Int] = [], limits: HandshakeLimits = HandshakeLimits()
) -> Outcome {
    var parser = RequestHeadParser(limits: limits)
    var start = 0
    for cut in cuts + [bytes.count] {
        let segment = Array(bytes[start..<cut])
        switch parser.feed(segment.span) {
        case .incomplete: break
        case .complete(let head, let consumedByteCount):
            let end = start + consumedByteCount
            return Outcome(
                method: head.method, target: text(head.target.bytes), consumedByteCount: end,
                fieldCount: head.fields.count, rest: Array(bytes[end...]))
        case .rejected(let violation):
            return Outcome(violation: violation)
        }
        start = cut
    }
    return Outcome()
}

func outcome(of request: String, limits: HandshakeLimits = HandshakeLimits()) -> Outcome {
    outcome(of: Array(request.utf8), limits: limits)
}

/// The head of a request that must be good.
func head(_ request: String) -> HTTPRequestHead? {
    var parser = RequestHeadParser()
    guard case .complete(let head, _) = parser.feed(Array(request.utf8).span) else { return nil }
    return head
}

/// A handshake request; `fields` replace or add to those of the RFC's example.
func upgradeRequest(
    target: String = "/chat", method: String = "GET", replacing fields: [String: String?] = [:],
    adding lines: [String] = []
) -> String {
    let standard: [(String, String)] = [
        ("Host", "server.example.com"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
    ]
    var request = "\(method) \(target) HTTP/1.1\r\n"
    for (name, value) in standard {
        guard let replacement = fields[name] else {
            request += "\(name): \(value)\r\n"
            continue
        }
        if let replacement { request += "\(name): \(replacement)\r\n" }
    }
    for line in lines { request += line + "\r\n" }
    return request + "\r\n"
}

/// What the server decides and writes for a request whose head is good.
func respond(
    _ request: String, _ policy: HandshakePolicy = HandshakePolicy()
) -> (decision: HandshakeDecision, response: String)? {
    guard let head = head(request) else { return nil }
    var output: [UInt8] = []
    let decision = ServerHandshake.respond(to: head, policy: policy, into: &output)
    return (decision, text(output))
}

/// The violation for which a handshake is refused, by its head or by its content.
func violation(
    _ request: String, _ policy: HandshakePolicy = HandshakePolicy()
) -> HandshakeViolation? {
    if let violation = outcome(of: request).violation { return violation }
    guard case .reject(let violation)? = respond(request, policy)?.decision else { return nil }
    return violation
}

/// What the server agrees to.
func agreement(
    _ request: String, _ policy: HandshakePolicy = HandshakePolicy()
) -> HandshakeAgreement? {
    guard case .upgrade(let agreement)? = respond(request, policy)?.decision else { return nil }
    return agreement
}
