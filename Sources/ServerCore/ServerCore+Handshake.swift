import Hyoshi
import TransportInterface
import WebSocketProtocol

/// The opening: the request head, the choice of loop, the upgrade, and plain requests.
extension ServerCore {
    /// The longest room name, in bytes.
    package static let roomNameByteCountMax = 48

    func receiveHandshake(
        _ bytes: Span<UInt8>, on connection: ServerConnection, now: MonotonicInstant
    ) {
        guard let opening = connection.opening, !connection.closesAfterFlush else { return }
        switch opening.parser.feed(bytes) {
        case .incomplete:
            append(bytes, to: &opening.received)
        case .rejected(let violation):
            refuse(connection, HTTPRejection(violation))
        case .complete(let head, let consumedByteCount):
            switch ServerHandshake.decide(head, policy: settings.handshake) {
            case .reject(let violation):
                refuse(connection, HTTPRejection(violation, method: head.method))
            case .plainRequest(let method, let target):
                answer(target, method: method, head.fields, on: connection, now: now)
            case .upgrade(let agreement):
                open(agreement, bytes, consumedByteCount, on: connection, now: now)
            }
        }
    }

    private func open(
        _ agreement: HandshakeAgreement, _ bytes: Span<UInt8>, _ consumedByteCount: Int,
        on connection: ServerConnection, now: MonotonicInstant
    ) {
        guard let opening = connection.opening else { return }
        // RFC 6455 §7.2.3: peers come back all at once after a failure; they are asked to wait.
        guard connection.handedOver || handshakes.take(now: now),
            !settings.faults.strikes(.handshakeRefused)
        else {
            refuse(connection, HTTPRejection(.serviceUnavailable, retryAfterSeconds: 2))
            return
        }
        guard let (room, game) = roomAndGame(of: agreement.target) else {
            refuse(connection, HTTPRejection(.notFound))
            return
        }
        guard !isShuttingDown else {
            refuse(connection, HTTPRejection(.serviceUnavailable, retryAfterSeconds: 5))
            return
        }
        connection.roomName = room
        connection.gamePosition = game
        if !connection.holdsPlace {
            guard let loop = environment.placeRoom(room, preferring: nil) else {
                refuse(connection, HTTPRejection(.serviceUnavailable, retryAfterSeconds: 5))
                return
            }
            if loop != settings.loopIndex {
                append(bytes, to: &opening.received)
                handOver(connection, to: loop, received: opening.received)
                return
            }
            connection.holdsPlace = true
        }
        agreement.write(into: &connection.outbox)
        connection.endpoint = WebSocketEndpoint(
            role: .server, limits: settings.webSocket, deflate: agreement.deflate)
        // The shared compressor looks back further than some peers keep.
        connection.compresses =
            (connection.endpoint.ownWindowBits ?? 0) >= ServerCore.sharedWindowBits
        connection.opening = nil
        connection.phase = .greeting
        connection.deadline = now.advanced(bySeconds: settings.limits.helloSeconds)
        counters.upgrades &+= 1
        markDirty(connection)
        if consumedByteCount < bytes.count {
            receiveFrames(
                bytes.extracting(consumedByteCount..<bytes.count), on: connection, now: now)
        }
    }

    /// Moves the connection to the loop on which its room lives: what it sent is read again there.
    private func handOver(_ connection: ServerConnection, to loop: Int, received: [UInt8]) {
        let start = effects.bytes.count
        effects.bytes.append(contentsOf: received)
        effects.effects.append(
            .handOver(
                connection.id, loop: loop,
                received: ByteRange(start: start, count: received.count)))
        // The peer may be gone before the effect is carried out: until then `closed` may come, and
        // what was counted for the connection must be given back here.
        connection.phase = .handedOver
        connection.opening = nil
        connection.holdsPlace = true
        handedOver.append(connection.id)
    }

    /// The hand-overs have been carried out: their connections live elsewhere.
    func forgetHandedOver() {
        for id in handedOver where connection(id) != nil {
            connections[Int(id.slot)] = nil
            connectionCount -= 1
        }
        handedOver.removeAll(keepingCapacity: true)
    }

    /// `/rooms/<room>?game=<game>`, or nil.
    private func roomAndGame(of target: RequestTarget) -> (room: String, game: Int)? {
        guard target.segmentCount == 2, target.segmentEquals(0, "rooms"),
            let room = try? target.segment(at: 1, byteCountMax: ServerCore.roomNameByteCountMax),
            ServerCore.isRoomName(room)
        else { return nil }
        guard let wanted = try? target.queryValue("game", byteCountMax: 64) else {
            return (room, 0)
        }
        guard let game = settings.games.firstIndex(where: { $0.name == wanted }) else {
            return nil
        }
        return (room, game)
    }

    /// Whether a room may have this name: 1 to 48 letters, digits, `.`, `_` and `-`.
    package static func isRoomName(_ name: String) -> Bool {
        let bytes = name.utf8
        guard !bytes.isEmpty, bytes.count <= roomNameByteCountMax else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    private func answer(
        _ target: RequestTarget, method: HTTPMethod, _ fields: HeadFields,
        on connection: ServerConnection, now: MonotonicInstant
    ) {
        var path = ""
        for index in 0..<target.segmentCount {
            guard let segment = try? target.segment(at: index, byteCountMax: 64) else {
                refuse(connection, HTTPRejection(.notFound, method: method))
                return
            }
            path += "/" + segment
        }
        guard let document = environment.document(path: path) else {
            let isRoom = target.segmentCount == 2 && target.segmentEquals(0, "rooms")
            refuse(
                connection, HTTPRejection(isRoom ? .upgradeRequired : .notFound, method: method))
            return
        }
        var response = HTTPResponse(
            status: .ok, contentType: document.contentType,
            cacheControl: document.changes ? .noStore : .noCache)
        response.entityTag = document.entityTag
        var body = document.bytes
        if let compressed = document.compressed {
            // RFC 9110 §12.5.5: whoever keeps one form must know that there are two.
            response.contentEncoding = fields.acceptsGzip ? .gzip : .identityOfTwo
            if response.contentEncoding == .gzip {
                response.entityTag = compressed.entityTag
                body = compressed.bytes
            }
        }
        if let tag = response.entityTag, fields.ifNoneMatch(holds: tag) {
            // RFC 9110 §15.4.5: the fields that a 200 would have, and no body.
            response.status = .notModified
        } else if method == .get {
            connection.opening?.document = body
        }
        response.writeHead(bodyByteCount: body.count, into: &connection.outbox)
        counters.requestsAnswered &+= 1
        connection.closesAfterFlush = true
        connection.deadline = now.advanced(bySeconds: settings.limits.documentSeconds)
        markDirty(connection)
    }

    /// Appends the next piece of a document, as far as this wake-up's share allows.
    ///
    /// So a large module neither holds a tick up nor takes memory for each of its readers.
    func writeDocument(of opening: ServerConnection.Opening, into bytes: inout [UInt8]) {
        let count = min(
            opening.documentRestCount, settings.limits.documentBytesPerWakeUp, documentBytesLeft)
        guard count > 0 else { return }
        let start = opening.documentSentCount
        bytes.append(contentsOf: opening.document[start..<(start + count)])
        opening.documentSentCount += count
        documentBytesLeft -= count
    }

    private func refuse(_ connection: ServerConnection, _ rejection: HTTPRejection) {
        counters.handshakesRefused &+= 1
        rejection.write(into: &connection.outbox)
        connection.closesAfterFlush = true
        markDirty(connection)
    }

    private func append(_ bytes: Span<UInt8>, to array: inout [UInt8]) {
        array.reserveCapacity(array.count + bytes.count)
        for index in bytes.indices { array.append(bytes[index]) }
    }
}
