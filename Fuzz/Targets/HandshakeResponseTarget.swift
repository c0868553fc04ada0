import WebSocketProtocol

/// Invariant: a client comes to the same judgement of a server's answer however it is cut, and agrees
/// only to what it has offered.
enum HandshakeResponseTarget {
    static func run(_ input: [UInt8]) throws(InvariantBroken) {
        var reader = InputReader(input)
        let segment = max(Int(reader.byte()), 1)
        let offersDeflate = reader.byte() & 1 == 1
        let answer = reader.rest()
        let whole = try outcome(of: answer, segment: max(answer.count, 1), offersDeflate)
        for size in [1, segment] {
            let cut = try outcome(of: answer, segment: size, offersDeflate)
            try require(cut == whole, "pieces of \(size) bytes: \(cut), whole: \(whole)")
        }
        if case .open(let agreement, _) = whole {
            try require(
                agreement.subprotocol ?? "hyoshi.v1" == "hyoshi.v1", "a foreign subprotocol")
            try require(offersDeflate || agreement.deflate == nil, "compression not offered")
        }
    }

    private static func outcome(
        of answer: [UInt8], segment: Int, _ offersDeflate: Bool
    ) throws(InvariantBroken) -> ClientHandshakeProgress {
        // RFC 6455 §1.3: the nonce of the sample handshake.
        let nonce: [16 of UInt8] = [
            0x74, 0x68, 0x65, 0x20, 0x73, 0x61, 0x6D, 0x70, 0x6C, 0x65, 0x20, 0x6E, 0x6F, 0x6E,
            0x63, 0x65,
        ]
        let request = ClientRequest(
            host: "server.example.com", target: "/rooms/r", subprotocols: ["hyoshi.v1"],
            deflate: offersDeflate ? DeflateOffer() : nil)
        do throws(ClientRequestError) {
            var handshake = try ClientHandshake(request: request, nonce: nonce)
            var offset = 0
            while offset < answer.count {
                let end = min(answer.count, offset + segment)
                switch handshake.receive(answer.span.extracting(offset..<end)) {
                case .incomplete: break
                case .open(let agreement, let consumed):
                    return .open(agreement, consumedByteCount: offset + consumed)
                case .failed(let error): return .failed(error)
                }
                offset = end
            }
            return .incomplete
        } catch {
            throw InvariantBroken("our own request: \(error)")
        }
    }
}
